//! How much everybody may ask for, and how often they are answered.

use std::time::Duration;

use super::answer::Stop;
use super::flood::{Flood, Grant};
use super::turn::Turn;

/// What is counted, of whom.
#[derive(Debug)]
pub(super) struct Shares {
    /// Commands and buttons per person: in a group nobody uses up the share of another.
    commands: Flood,
    /// Of these, per group: what anybody there may ask for, and refusals.
    answers: Flood,
    /// All that were within these shares, per group: work for one crowd makes others wait.
    crowds: Flood,
    /// Refusals of those who may not decide for a group, per person: soon nobody is asked any more whether they may.
    pub(super) vain_orders: Flood,
    /// Refusals of strangers per chat.
    pub(super) refusals: Flood,
    /// Attempts of strangers to use an invitation, per person.
    pub(super) codes: Flood,
    /// Codes of somebody's other address that are none, per chat.
    pub(super) wrong_codes: Flood,
    /// Apologies for a failing store, per chat.
    pub(super) apologies: Flood,
    /// Presses that are answered without an effect, per chat and person.
    pub(super) vain_presses: Flood,
}

impl Default for Shares {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        const HOUR: Duration = Duration::from_secs(3600);
        Shares {
            commands: Flood::new(20, MINUTE),
            answers: Flood::new(20, MINUTE),
            crowds: Flood::new(200, MINUTE),
            vain_orders: Flood::new(3, MINUTE),
            refusals: Flood::new(1, HOUR),
            codes: Flood::new(10, HOUR),
            wrong_codes: Flood::new(5, HOUR),
            apologies: Flood::new(1, 5 * MINUTE),
            vain_presses: Flood::new(5, MINUTE),
        }
    }
}

impl Turn<'_> {
    /// Counts a command against the share of whoever wrote.
    pub(super) fn count(&self) -> Result<(), Stop> {
        if self.has_failed_before() {
            return Ok(());
        }
        let grant = self.control.shares.commands.take(&self.speaker(), self.now);
        if grant == Grant::FirstRefused {
            // This answer is one of those that a group has so many of, too.
            self.count_answer()?;
        }
        self.slow_down(grant)
    }

    /// Counts what a group is worked for. Behind the other shares: what these refuse takes nothing from the crowd's.
    pub(super) fn count_work(&self) -> Result<(), Stop> {
        if self.private
            || self.has_failed_before()
            || self.control.shares.crowds.take(&self.group().lane(), self.now) == Grant::Granted
        {
            return Ok(());
        }
        self.slow_down(Grant::Refused)
    }

    /// Counts an answer that anybody in a group may have against the share of the group, so that it does not fill up by
    /// them. In a private chat nobody else is there.
    pub(super) fn count_answer(&self) -> Result<(), Stop> {
        if self.private || self.has_failed_before() {
            return Ok(());
        }
        self.slow_down(self.control.shares.answers.take(&self.group().lane(), self.now))
    }

    fn has_failed_before(&self) -> bool {
        self.control.failed.has(self.mark)
    }

    /// Ends the turn where there is no answer: that is said once, and at each button, which waits for a word.
    fn slow_down(&self, grant: Grant) -> Result<(), Stop> {
        match grant {
            Grant::Granted => Ok(()),
            Grant::Refused if !self.is_button() => Err(Stop::Answer(Box::default())),
            Grant::FirstRefused | Grant::Refused => Err(self.refuse(
                "Too many commands. I ignore what you write for up to a minute; then send it again.",
            )),
        }
    }
}
