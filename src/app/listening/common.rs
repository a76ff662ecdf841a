//! What is the same of listening to any service.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hearing::Hearing;
use crate::control::{Administrators, Control, ControlOptions, Lookup, Reply};
use crate::deliver::Wakers;
use crate::draw::Painter;
use crate::model::Clock;
use crate::notify::SendError;
use crate::render::Renderer;
use crate::store::Registry;

/// The first and the longest wait after a service did not do what was asked.
pub(super) const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How long to wait after so many failures in a row, at most `longest`.
pub(super) fn back_off(failures: u32, longest: Duration) -> Duration {
    (BACK_OFF.0 * 2u32.saturating_pow(failures.clamp(1, 10) - 1)).min(longest)
}

/// What every listener is given.
#[derive(Clone)]
pub(in crate::app) struct Common {
    pub(in crate::app) store: Arc<dyn Registry>,
    pub(in crate::app) renderer: Arc<Renderer>,
    pub(in crate::app) lookup: Arc<dyn Lookup>,
    /// Draws the pictures of answers.
    pub(in crate::app) painter: Painter,
    /// Without the name of the bot, which the service says.
    pub(in crate::app) options: ControlOptions,
    /// Whether the operator's own invitation is shown.
    pub(in crate::app) invite: bool,
    pub(in crate::app) clock: Clock,
    /// Rung when a watch may have been made.
    pub(in crate::app) watched: Wakers,
    /// Rung when something may wait to be sent.
    pub(in crate::app) wakers: Wakers,
    /// Whose the tasks are that work off what was heard.
    pub(in crate::app) tracker: TaskTracker,
}

impl Common {
    /// What does what is asked of a bot with this name.
    pub(super) fn control(
        &self,
        bot: &str,
        administrators: Arc<dyn Administrators>,
        reply: Arc<dyn Reply>,
    ) -> Control {
        Control::new(
            Arc::clone(&self.store),
            Arc::clone(&self.renderer),
            Arc::clone(&self.lookup),
            administrators,
            reply,
            ControlOptions { bot: bot.to_owned(), ..self.options.clone() },
        )
    }

    /// To be called after whatever was heard has had its effect: wakes all that it may concern.
    pub(super) fn after(&self) -> impl Fn() + Send + Sync + 'static {
        let (watched, wakers) = (self.watched.clone(), self.wakers.clone());
        move || {
            watched.wake();
            wakers.wake();
        }
    }
}

/// Asks a service who we are until it answers; `None`: the program stops first.
pub(super) async fn meet<B, F: Future<Output = Result<B, SendError>>>(
    known: Option<B>,
    ask: impl Fn() -> F,
    hearing: &Hearing,
    stop: &CancellationToken,
) -> Option<B> {
    let mut bot = known;
    let mut wait = BACK_OFF.0;
    while bot.is_none() {
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(wait) => {}
        }
        wait = (wait * 2).min(BACK_OFF.1);
        match ask().await {
            Ok(found) => bot = Some(found),
            Err(error) => drop(hearing.fails(&error.to_string())),
        }
    }
    bot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_again_and_again_is_tried_ever_more_rarely() {
        let wait = |failures| back_off(failures, BACK_OFF.1).as_secs();
        assert_eq!((0..9).map(wait).collect::<Vec<_>>(), [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back_off(u32::MAX, BACK_OFF.1), BACK_OFF.1);
    }
}
