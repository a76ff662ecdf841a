//! The fields of `templates/why/`: the answer to `/why`.

use std::time::Duration;

use serde::Serialize;

use crate::model::{CancelReason, Outcome, Value};
use crate::render::cut::List;
use crate::render::link::Link;
use crate::render::numbers::{self, Ago, At, Grouped, Moment, Near, Numbers, Period};
use crate::render::prose::Prose;
use crate::render::sample::{
    COUNTS, HIDDEN, HOSTILE, NOW, channel, hostile_link, moment, seen, video,
};
use crate::render::view::View;

/// The answer to `/why`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The video.
    pub subject: Link,
    /// The counts now.
    pub numbers: Option<Numbers>,
    /// When they were read.
    pub seen: Option<Ago>,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// One entry per rule; empty: the video is not watched here.
    pub rules: List<WhyRule>,
    /// A percentage or a rate of now stands above: said because YouTube's terms want computed numbers told apart.
    pub computed: bool,
}

impl View for Why {
    const NAME: &'static str = "why";

    fn samples() -> Vec<Self> {
        let told = |outcome: &Outcome, previous: &str, current: &str| WhyAlert {
            at: moment(60),
            previous: Some(previous.to_owned()),
            current: Some(current.to_owned()),
            outcome: WhyOutcome::from(outcome),
        };
        let dead = Outcome::Dead(format!("refused: `{HOSTILE}`"));
        let fired = WhyRule {
            watch: None,
            is_presence: false,
            window: None,
            is_spent: false,
            text: "views every 1000".to_owned(),
            next: Some(WhyNext { at: Grouped(12_000), now: Some(Grouped(11_340)) }),
            is_unset: false,
            is_ended: false,
            alerts: List::new(vec![
                told(&Outcome::Waiting, "10,870", "11,340"),
                told(&Outcome::Sent, "9,950", "10,870"),
                told(&Outcome::Cancelled(CancelReason::NetZero), "9,960", "9,950"),
                WhyAlert { previous: None, current: None, ..told(&Outcome::Sent, "", "") },
            ]),
            suppressed: vec![WhySuppressed {
                reason: "muted".to_owned(),
                count: Grouped(2),
                first: moment(600),
                last: moment(500),
            }],
        };
        let quiet = WhyRule {
            watch: Some(channel()),
            is_presence: false,
            window: None,
            is_spent: false,
            text: "likes +5%".to_owned(),
            next: None,
            is_unset: true,
            is_ended: false,
            alerts: List::default(),
            suppressed: Vec::new(),
        };
        let window = |is_armed, now: Option<&str>| {
            Some(WhyWindow {
                growth: "+5 % views".to_owned(),
                now: now.map(str::to_owned),
                window: "hour".to_owned(),
                is_armed,
            })
        };
        let near = |minutes_ahead: i64| {
            let moment = moment(-minutes_ahead);
            Near { at: moment.at, now: NOW, tz: moment.tz }
        };
        let held = [
            WhyHeld::Barred { until: near(30) },
            WhyHeld::Quiet { until: near(600) },
            WhyHeld::AtMost { at_most: "15m".to_owned(), left: Period(Duration::from_secs(420)) },
            WhyHeld::Digest { at: At(near(600)) },
            WhyHeld::Budget { pings: Grouped(10), at: At(near(60 * 30)) },
        ];
        let held = held.map(|held| WhyAlert {
            outcome: WhyOutcome::held(held),
            ..told(&Outcome::Waiting, "10,870", "11,340")
        });
        let others = vec![
            WhyRule { window: window(true, Some("+3.2 %")), is_unset: false, ..quiet.clone() },
            WhyRule { window: window(false, None), is_unset: false, ..quiet.clone() },
            WhyRule { alerts: List::new(held.to_vec()), is_unset: false, ..quiet.clone() },
            WhyRule { is_spent: true, is_unset: false, ..quiet.clone() },
            WhyRule { is_presence: true, is_unset: false, ..quiet.clone() },
            WhyRule { is_presence: true, is_unset: false, is_ended: true, ..quiet.clone() },
        ];
        let hostile = WhyRule {
            watch: Some(hostile_link()),
            text: HOSTILE.to_owned(),
            next: Some(WhyNext { at: Grouped(1), now: None }),
            is_ended: true,
            alerts: List::new(vec![told(&dead, HOSTILE, HOSTILE); 20]),
            ..fired.clone()
        };
        vec![
            Why {
                subject: video(),
                numbers: Some(Numbers(COUNTS)),
                seen: Some(seen()),
                muted_until: None,
                rules: List::new(vec![fired, quiet]),
                computed: false,
            },
            Why {
                subject: video(),
                numbers: None,
                seen: None,
                muted_until: Some(moment(-60)),
                rules: List::default(),
                computed: false,
            },
            Why {
                subject: video(),
                numbers: None,
                seen: None,
                muted_until: None,
                rules: List::new(others),
                computed: true,
            },
            Why {
                subject: hostile_link(),
                numbers: Some(Numbers(HIDDEN)),
                seen: None,
                muted_until: None,
                rules: List::new(vec![hostile; 20]),
                computed: false,
            },
        ]
    }
}

/// What became of one rule for one video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyRule {
    /// The watch that it is a rule of, where it is the first of several.
    pub watch: Option<Link>,
    /// Its text.
    pub text: String,
    /// Nobody wrote it: whoever watches something is told that it is gone, or back.
    pub is_presence: bool,
    /// Where it fires next.
    pub next: Option<WhyNext>,
    /// What it waits for, where it looks at a window.
    pub window: Option<WhyWindow>,
    /// It waits for the first look at the video.
    pub is_unset: bool,
    /// All its values have been passed.
    pub is_spent: bool,
    /// It is no longer in force.
    pub is_ended: bool,
    /// What fired, newest first.
    pub alerts: List<WhyAlert>,
    /// What was crossed and made no alert.
    pub suppressed: Vec<WhySuppressed>,
}

impl WhyRule {
    /// Whether a number in it is computed by tubebell.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.now.is_some())
    }
}

/// The trigger of a rule that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyNext {
    /// It fires here.
    pub at: Grouped,
    /// The value now; `None` until it was looked at.
    pub now: Option<Grouped>,
}

/// What a rule over a window waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyWindow {
    /// The growth with its unit, such as `+5 % views`.
    pub growth: String,
    /// As much as it is now, where that is known.
    pub now: Option<String>,
    /// As it follows “in the last”: [`numbers::window`].
    pub window: String,
    /// It fires there; otherwise it has fired, and can fire again once growth is back there.
    pub is_armed: bool,
}

/// One alert and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyAlert {
    /// When it was seen.
    pub at: Moment,
    /// Compared with this; see [`value_text`].
    pub previous: Option<String>,
    /// The value then; see [`value_text`].
    pub current: Option<String>,
    /// What became of it.
    pub outcome: WhyOutcome,
}

/// An [`Outcome`] as fields: exactly one is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct WhyOutcome {
    /// Not yet told, and about to be.
    pub waiting: bool,
    /// Not yet told: what holds it back.
    pub held: Option<WhyHeld>,
    /// Told.
    pub sent: bool,
    /// Not told on purpose: why, in words.
    pub cancelled: Option<&'static str>,
    /// Could not be told: the cause.
    pub dead: Option<Prose>,
}

/// What holds back what is not told yet: an object with one field, named after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyHeld {
    /// The chat takes nothing for now; it is tried again then.
    Barred {
        /// When.
        until: Near,
    },
    /// These are quiet hours.
    Quiet {
        /// They end then.
        until: Near,
    },
    /// The watch had a message a short time ago.
    AtMost {
        /// It has at most one in so long, as people write it.
        at_most: String,
        /// So much of that is left.
        left: Period,
    },
    /// It is collected for a digest.
    Digest {
        /// Which comes then.
        at: At,
    },
    /// The messages of the day are used up.
    Budget {
        /// So many there may be.
        pings: Grouped,
        /// What is over comes then.
        at: At,
    },
}

impl WhyOutcome {
    /// Not yet told, by what holds it back.
    #[must_use]
    pub fn held(held: WhyHeld) -> WhyOutcome {
        WhyOutcome { held: Some(held), ..WhyOutcome::default() }
    }
}

impl From<&Outcome> for WhyOutcome {
    fn from(outcome: &Outcome) -> WhyOutcome {
        use crate::model::CancelReason::{Disabled, Expired, Muted, NetZero, Unwatched};
        let mut fields = WhyOutcome::default();
        match outcome {
            Outcome::Waiting => fields.waiting = true,
            Outcome::Sent => fields.sent = true,
            Outcome::Cancelled(reason) => {
                fields.cancelled = Some(match reason {
                    NetZero => "the changes added up to nothing",
                    Unwatched => "the watch or the rule was ended",
                    Muted => "it was muted",
                    Disabled => "this chat was off",
                    Expired => "the watch had ended",
                });
            }
            Outcome::Dead(cause) => fields.dead = Some(Prose::new(cause)),
        }
        fields
    }
}

/// Crossings that made no alert, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhySuppressed {
    /// The reason: [`crate::model::Suppressed::name`].
    pub reason: String,
    /// How often.
    pub count: Grouped,
    /// The first time.
    pub first: Moment,
    /// The last time.
    pub last: Moment,
}

/// The value of an alert as text; `None` where there is none.
#[must_use]
pub(crate) fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::None => None,
        Value::Int(value) => Some(numbers::grouped(*value)),
        Value::Text(text) => Some(text.to_string()),
    }
}
