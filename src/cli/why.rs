//! `tubebell why`: what every rule did about a video, and what it waits for.

use std::io::{self, Write};

use super::context::{Context, block_on, stdout};
use super::destinations::destination;
use super::fault::Fault;
use super::terminal::plain;
use crate::app;
use crate::control::{self, Held, RuleState};
use crate::model::{
    CancelReason, Effective, Event, Metric, Outcome, Settings, SubjectRef, TriggerRow, UnixMillis,
    Value, VideoId,
};
use crate::render::numbers::{Moment, Numbers, grouped, period, rounded, window};
use crate::render::views::value_text;
use crate::store::{Access, History, Registry, RuleStory, Waits};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The video: its id or address
    #[arg(allow_hyphen_values = true)]
    pub(super) video: String,
    /// Only what concerns one destination, such as telegram:1234
    #[arg(long, value_name = "DESTINATION")]
    to: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let video = match SubjectRef::from_text(&args.video) {
        Ok(SubjectRef::Video(id)) => id,
        Ok(other) => return Err(Fault::wrong(format!("{other} is no video"))),
        Err(error) => return Err(Fault::wrong(error.to_string())),
    };
    let to = args.to.as_deref().map(destination).transpose()?;
    let config = context.config()?;
    let store = context.store(&config, Access::Existing)?;
    let (history, rules) = block_on(async {
        let since = context.now.minus(History::BACK);
        let history = store.history(video, since, History::POINTS_MAX).await?;
        Ok((history, store.why(video, to).await?))
    })?;
    let defaults = app::defaults(&config);
    let explained = Explained { video, now: context.now, defaults, history, rules };
    let mut out = stdout();
    explained.write(&mut out)?;
    Ok(out.flush()?)
}

struct Explained {
    video: VideoId,
    now: UnixMillis,
    defaults: Effective,
    history: Option<History>,
    rules: Vec<RuleStory>,
}

impl Explained {
    fn moment(&self, at: UnixMillis) -> Moment {
        Moment { at, tz: self.defaults.tz.clone() }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let history = self.history.as_ref();
        let known = history.and_then(|history| history.known.as_ref());
        let title = history.and_then(|history| history.title.as_deref());
        match title.or(known.map(|known| known.title.as_str())) {
            Some(title) => writeln!(out, "{}  {}", self.video, plain(title))?,
            None => writeln!(out, "{}", self.video)?,
        }
        match known {
            Some(known) => {
                let (numbers, at) = (Numbers(known.last), self.moment(known.numbers_at));
                writeln!(out, "{numbers}, as of {at}")?;
            }
            None => writeln!(out, "not seen yet")?,
        }
        if self.rules.is_empty() {
            writeln!(out, "no rule looks at this video, and none did lately")?;
        }
        let mut address = None;
        for why in &self.rules {
            if address != Some(&why.address) {
                writeln!(out, "\n{}", why.address.masked())?;
                address = Some(&why.address);
            }
            self.write_rule(why, out)?;
        }
        Ok(())
    }

    fn write_rule(&self, why: &RuleStory, out: &mut impl Write) -> io::Result<()> {
        let rule = if why.rule == TriggerRow::NO_RULE { "gone or back" } else { &why.rule_text };
        let of = match &why.subject {
            SubjectRef::Video(_) => String::new(),
            list => format!("of {list}, "),
        };
        writeln!(out, "  {rule}  ({of}since {})", self.moment(why.since))?;
        writeln!(out, "    {}", self.waits_for(why))?;
        // Of those that wait, it is the newest that is in no message yet.
        let mut held = why.waits.as_ref().map(|waits| self.held(waits));
        for (alert, outcome, ended) in &why.alerts {
            let held = held.take_if(|_| *outcome == Outcome::Waiting);
            let value =
                |value: &Value| value_text(value).map_or_else(|| "–".to_owned(), |t| plain(&t));
            let ended = ended.map(|at| format!(", {}", self.moment(at))).unwrap_or_default();
            writeln!(
                out,
                "    {}: {} → {}: {}{ended}",
                self.moment(alert.observed_at),
                value(&alert.previous),
                value(&alert.current),
                held.unwrap_or_else(|| self::outcome(outcome)),
            )?;
        }
        for (reason, count, first, last) in &why.suppressions {
            let times = grouped(i64::try_from(*count).unwrap_or(i64::MAX));
            let (first, last) = (self.moment(*first), self.moment(*last));
            let reason = if reason == "disabled" { "off" } else { reason };
            writeln!(out, "    crossed and not told ({reason}) {times} ×, {first} to {last}")?;
        }
        Ok(())
    }

    /// What the rule waits for.
    fn waits_for(&self, why: &RuleStory) -> String {
        let now = |metric: Metric| {
            why.now.get(metric).map(|now| format!("; now {}", grouped(now))).unwrap_or_default()
        };
        match control::state(why, self.history.as_ref(), self.now) {
            RuleState::Ended => "ended".to_owned(),
            RuleState::Spent => "spent: all its values have been passed".to_owned(),
            RuleState::Presence => "told without a rule: that it is gone, or back".to_owned(),
            RuleState::Event(Event::Upload) => "fires for a new video".to_owned(),
            RuleState::Event(event) => format!("fires when the {} changes", event.name()),
            RuleState::Unset => "waits for a number to count from".to_owned(),
            RuleState::Change(metric) => format!("fires at any change{}", now(metric)),
            RuleState::Next { metric, at } => format!("next at {}{}", grouped(at), now(metric)),
            RuleState::Window { metric, growth, now, window_s, is_armed } => {
                let verb = if is_armed { "fires" } else { "has fired, and is armed again" };
                let now = now.map(|now| format!("; now {now}")).unwrap_or_default();
                format!("{verb} at {growth} {metric} in the last {}{now}", window(window_s))
            }
        }
    }

    /// What a message waits for.
    fn held(&self, waits: &Waits) -> String {
        match control::held(waits, &self.defaults, self.now) {
            None => outcome(&Outcome::Waiting),
            Some(Held::Barred { until }) => {
                let until = self.moment(until);
                format!("waits: nothing arrives there, tried again on {until}")
            }
            Some(Held::Quiet { until }) => format!("waits: quiet until {}", self.moment(until)),
            Some(Held::AtMost { at_most, left }) => {
                let at_most = Settings::print_duration(at_most);
                format!("waits: at most {at_most}, {} left", period(rounded(left)))
            }
            Some(Held::Digest { at }) => format!("waits: in the digest of {}", self.moment(at)),
            Some(Held::Budget { pings, at }) => {
                let at = self.moment(at);
                format!("waits: the {pings} messages of the day are used, in the digest of {at}")
            }
        }
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Waiting => "waits to be sent".to_owned(),
        Outcome::Sent => "sent".to_owned(),
        Outcome::Cancelled(reason) => {
            let reason = match reason {
                CancelReason::NetZero => "the changes added up to nothing",
                CancelReason::Unwatched => "the watch or the rule was ended",
                CancelReason::Muted => "it was muted",
                CancelReason::Disabled => "the destination was off",
                CancelReason::Expired => "the watch had ended",
            };
            format!("not sent: {reason}")
        }
        Outcome::Dead(cause) => format!("could not be delivered: {}", plain(cause)),
    }
}
