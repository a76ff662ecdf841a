//! `tubebell why`: what every rule did about a video, and what it waits for.

use std::io::{self, Write};

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::plain;
use crate::model::{
    Address, CancelReason, Condition, Counts, Event, Metric, Outcome, Series, Signal, SubjectRef,
    TriggerRow, UnixMillis, Value, VideoId,
};
use crate::render::numbers::{Moment, Numbers, grouped, percent_of_hundredths, signed, window};
use crate::render::views::value_text;
use crate::route::{language, trigger};
use crate::store::{Access, History, RuleStory, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The video: its id or address
    #[arg(allow_hyphen_values = true)]
    pub(super) video: String,
    /// Only what concerns one destination, such as telegram:1234
    #[arg(long, value_name = "DESTINATION")]
    to: Option<Address>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let video = match SubjectRef::from_text(&args.video) {
        Ok(SubjectRef::Video(id)) => id,
        Ok(other) => return Err(Fault::wrong(format!("{other} is no video"))),
        Err(error) => return Err(Fault::wrong(error.to_string())),
    };
    let config = context.config()?;
    let store = context.store(&config, Access::Existing)?;
    let (history, rules) = block_on(async {
        let history = store.history(video, UnixMillis::MIN, 1).await?;
        Ok((history, store.why(video, args.to.clone()).await?))
    })?;
    let explained = Explained { video, tz: config.defaults.tz, rules };
    let mut out = stdout();
    explained.write(history.as_ref(), &mut out)?;
    Ok(out.flush()?)
}

struct Explained {
    video: VideoId,
    tz: String,
    rules: Vec<RuleStory>,
}

impl Explained {
    fn moment(&self, at: UnixMillis) -> Moment {
        Moment { at, tz: self.tz.clone() }
    }

    fn write(&self, history: Option<&History>, out: &mut impl Write) -> io::Result<()> {
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
        writeln!(out, "  {}  (since {})", why.rule_text, self.moment(why.since))?;
        writeln!(out, "    {}", state(why))?;
        for (alert, outcome, ended) in &why.alerts {
            let value =
                |value: &Value| value_text(value).map_or_else(|| "–".to_owned(), |t| plain(&t));
            let ended = ended.map(|at| format!(", {}", self.moment(at))).unwrap_or_default();
            writeln!(
                out,
                "    {}: {} → {}: {}{ended}",
                self.moment(alert.observed_at),
                value(&alert.previous),
                value(&alert.current),
                self::outcome(outcome),
            )?;
        }
        for (reason, count, first, last) in &why.suppressions {
            let times = grouped(i64::try_from(*count).unwrap_or(i64::MAX));
            let (first, last) = (self.moment(*first), self.moment(*last));
            writeln!(out, "    crossed and not told ({reason}) {times} ×, {first} to {last}")?;
        }
        Ok(())
    }
}

/// What the rule waits for.
fn state(why: &RuleStory) -> String {
    let condition = language::parse(&why.rule_text).ok().map(|rule| rule.condition);
    match (why.trigger, &condition) {
        _ if why.ended => "ended".to_owned(),
        _ if why.rule == TriggerRow::NO_RULE => {
            "told without a rule: that it is gone, or back".to_owned()
        }
        (_, Some(Condition::Event(Event::Upload))) => "fires for a new video".to_owned(),
        (_, Some(Condition::Event(event))) => format!("fires when the {} changes", event.name()),
        (None, _) => "spent: all its values have been passed".to_owned(),
        (Some((series, value)), condition) => {
            // Over a window, a rule that fired waits in the other direction until it is armed again.
            let armed = condition.as_ref().is_none_or(|one| trigger::series(one) == series);
            let unset = why.unset && !matches!(condition, Some(Condition::Any(_)));
            waiting(series, value, unset, armed, &why.now)
        }
    }
}

fn waiting(series: Series, value: i64, unset: bool, armed: bool, now: &Counts) -> String {
    let at = series.scale(value);
    // Computed from history at each look: there is no value of now to show.
    let computed = |at: String, metric: Metric, window_s: u32| {
        let verb = if armed { "fires" } else { "has fired, and is armed again" };
        format!("{verb} at {at} {metric} in the last {}", window(window_s))
    };
    match series.signal {
        Signal::Event(event) => format!("fires when the {} changes", event.name()),
        Signal::Count(metric) => match now.get(metric).map(grouped) {
            None => "waits for a number to count from".to_owned(),
            Some(now) if unset => format!("waits for a number to count from; now {now}"),
            Some(now) if value == i64::MIN => format!("fires at any change; now {now}"),
            Some(now) => format!("next at {}; now {now}", grouped(at)),
        },
        Signal::Gain { metric, window_s } => computed(signed(at), metric, window_s),
        Signal::Growth { metric, window_s } => {
            computed(percent_of_hundredths(at), metric, window_s)
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
                CancelReason::Disabled => "the destination could not be reached",
                CancelReason::Expired => "the watch had ended",
            };
            format!("not sent: {reason}")
        }
        Outcome::Dead(cause) => format!("could not be delivered: {}", plain(cause)),
    }
}
