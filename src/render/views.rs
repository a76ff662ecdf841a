//! The fields of every reply: one type per message, filled by `control`, printed by `templates/<name>/`.
//!
//! A view holds values and no wording: numbers, times and links, in the types that print themselves. A field that is
//! `None` is left out by its template.

use serde::Serialize;
use serde_json::Value as Json;

use super::alert::AlertView;
use super::alerts::AlertsView;
use super::cut::List;
use super::numbers::{self, Ago, Grouped, Moment, Numbers, Passed, Period};
use super::prose::Prose;
use crate::model::{Button, Outcome, Quiet, SubjectRef, Value, VideoId, is_blank};

/// A message that can be rendered: its fields, its buttons and its samples.
pub trait View: Serialize + Sized {
    /// The folder of its template, and what `preview` calls it.
    const NAME: &'static str;

    /// Values that take every branch of the template. The first is shown by `preview`; the last is hostile.
    fn samples() -> Vec<Self>;

    /// The rows of buttons under it.
    fn buttons(&self) -> Vec<Vec<Button>> {
        Vec::new()
    }

    /// Whether the chat may show a preview of the first link.
    fn preview(&self) -> bool {
        false
    }
}

/// One rendered-to-be sample.
pub(super) struct Sample {
    pub(super) view: Json,
    pub(super) buttons: Vec<Vec<Button>>,
}

/// One message with its samples.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) samples: Vec<Sample>,
}

fn kind<V: View>() -> Kind {
    let sample = |view: &V| Sample {
        view: serde_json::to_value(view).expect("views are structs of texts, with string keys"),
        buttons: view.buttons(),
    };
    Kind { name: V::NAME, samples: V::samples().iter().map(sample).collect() }
}

/// All messages.
pub(super) fn kinds() -> Vec<Kind> {
    vec![
        kind::<AlertView>(),
        kind::<AlertsView>(),
        kind::<ErrorView>(),
        kind::<Help>(),
        kind::<Invite>(),
        kind::<Watches>(),
        kind::<Mute>(),
        kind::<NotAllowed>(),
        kind::<Notice>(),
        kind::<QuietHours>(),
        kind::<Rules>(),
        kind::<SettingsView>(),
        kind::<Start>(),
        kind::<Stats>(),
        kind::<Test>(),
        kind::<Unwatch>(),
        kind::<Watch>(),
        kind::<WatchOffer>(),
        kind::<WelcomeInvited>(),
        kind::<Why>(),
    ]
}

/// A title and where it leads. Titles stand inside links, because plain text grows mentions, hashtags and commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Exactly as typed by whoever wrote it.
    pub title: String,
    /// Its page.
    pub url: String,
}

impl Link {
    /// A video; its id stands in for a title that is not known or can't be seen.
    #[must_use]
    pub fn video(id: &VideoId, title: &str) -> Link {
        let title = if is_blank(title) { id.as_str() } else { title };
        Link { title: title.to_owned(), url: id.url() }
    }

    /// What a watch looks at; its reference stands in for a title that is not known.
    #[must_use]
    pub fn subject(subject: &SubjectRef, title: Option<&str>) -> Link {
        let reference = subject.to_string();
        let id = reference.split_once(':').map_or(reference.as_str(), |(_, id)| id);
        let title = title.filter(|title| !is_blank(title)).unwrap_or(id);
        Link { title: title.to_owned(), url: subject.url() }
    }
}

impl Link {
    /// The title as plain text for a place without links, where nothing pings: on one line, at most `max_chars` long.
    #[must_use]
    pub fn one_line(&self, max_chars: usize) -> String {
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let shown: String = self.title.chars().take(max_chars).map(clean).collect();
        let more = if self.title.chars().nth(max_chars).is_some() { "…" } else { "" };
        format!("{}{more}", super::bidi::closed(&shown))
    }
}

/// One rule of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// Its text.
    pub text: String,
    /// The value at which it fires next, where there is one for a single video.
    pub next: Option<Grouped>,
    /// Values that were passed already when the rule was made, and are skipped.
    pub passed: Option<Passed>,
    /// It came with the change that is being answered.
    pub is_new: bool,
}

/// How many videos of a channel or playlist are watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Members {
    /// So many are watched.
    pub taken: Grouped,
    /// So many there are.
    pub total: Grouped,
    /// Not all are watched.
    pub is_cut: bool,
}

/// What a watch takes of the videos that all watches of its owner may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VideosLeft {
    /// So many it counts.
    pub counted: Grouped,
    /// It counts one.
    pub is_one: bool,
    /// So many are left.
    pub left: Grouped,
    /// So many the owner may have.
    pub max: Grouped,
}

/// What kept messages from a chat until it wrote: that its answer arrives is the proof that it has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Back {
    /// Since when, where it is known.
    pub since: Option<Moment>,
    /// What the chat service said.
    pub reason: Prose,
}

/// The answer to `/start` of somebody who is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Start {
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// How many watches the chat has, when it has any.
    pub watches: Option<Grouped>,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// Nothing arrived in this chat until now.
    pub back: Option<Back>,
}

/// The answer to `/help`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Help {
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// How many watches one may have; `None`: no limit.
    pub watches_max: Option<Grouped>,
}

/// The answer to `/watch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watch {
    /// What is watched now.
    pub subject: Link,
    /// The video's channel.
    pub channel: Option<Link>,
    /// The watch stood already and has new rules now.
    pub is_changed: bool,
    /// The watch stood already, just so.
    pub is_unchanged: bool,
    /// Nothing is known of it yet; the first look follows.
    pub is_pending: bool,
    /// The video can't be watched at present.
    pub is_unavailable: bool,
    /// The counts now: the base of all rules.
    pub numbers: Option<Numbers>,
    /// When they were read.
    pub seen: Option<Ago>,
    /// How many videos of a channel or playlist are watched.
    pub members: Option<Members>,
    /// What this watch takes of the videos that its owner may have.
    pub videos: Option<VideosLeft>,
    /// So many lists are watched that telling of a new video may take so long.
    pub delay: Option<Delay>,
    /// The rules in force.
    pub rules: List<RuleLine>,
    /// The texts of rules that were in force before and are no longer.
    pub ended: List<String>,
    /// A channel or playlist is watched without the rule that tells of new videos: the command that adds it.
    pub with_upload: Option<String>,
    /// Why YouTube could not be asked just now, and what follows from it.
    pub note: Option<Prose>,
    /// At most one message per this.
    pub at_most: Option<Period>,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// The time zone of the hours.
    pub tz: String,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// When the watch ends.
    pub until: Option<Moment>,
}

/// That a new video of a list may stay unseen for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Delay {
    /// For so long.
    pub time: Period,
    /// With so many lists it would be told within a quarter of an hour.
    pub lists_in_time: Grouped,
}

/// The offer to watch what was pasted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchOffer {
    /// What was pasted.
    pub subject: Link,
    /// The video's channel, where known.
    pub channel: Option<Link>,
    /// The counts now, where known.
    pub numbers: Option<Numbers>,
    /// The command that watches it.
    pub command: String,
    /// What the button watches.
    #[serde(skip)]
    pub reference: SubjectRef,
}

/// The answer to `/unwatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unwatch {
    /// What is no longer watched; `None`: everything.
    pub subject: Option<Link>,
    /// Messages that waited and won't come.
    pub cancelled: Option<Grouped>,
    /// Watches that are left; `None`: none.
    pub left: Option<Grouped>,
}

/// The answer to `/list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watches {
    /// The watches.
    pub watches: List<WatchLine>,
    /// How many there are.
    pub total: Grouped,
    /// How many one may have; `None`: no limit.
    pub max: Option<Grouped>,
    /// Which part of the list this is; `None`: all of it.
    pub page: Option<Page>,
    /// The place of a single video among them: `/why` explains no channel and no playlist.
    pub video: Option<String>,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// Nothing arrived in this chat until now.
    pub back: Option<Back>,
}

/// A part of a list that is too long for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Which, from 1.
    pub number: Grouped,
    /// Of how many.
    pub count: Grouped,
}

/// One watch in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchLine {
    /// Its place in the list, from 1, by which commands may name it.
    pub number: Grouped,
    /// What is watched.
    pub subject: Link,
    /// How many videos of a channel or playlist are watched.
    pub members: Option<Members>,
    /// The texts of its rules.
    pub rules: Vec<String>,
    /// Muted until then.
    pub muted_until: Option<Moment>,
    /// When it ends.
    pub until: Option<Moment>,
    /// The video can't be watched at present.
    pub is_unavailable: bool,
    /// The channel or playlist is no longer there.
    pub is_gone: bool,
}

/// The answer to `/rules`: of one watch, or the language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// Whose rules; `None`: the language is explained.
    pub subject: Option<Link>,
    /// Its rules.
    pub rules: List<RuleLine>,
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
}

/// The answer to `/mute` and `/unmute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mute {
    /// What is muted; `None`: the whole chat.
    pub subject: Option<Link>,
    /// Until then; `None`: it rings again.
    pub until: Option<Moment>,
    /// The command that ends this silence and no other.
    pub undo: String,
    /// Watches whose own silence ended with that of the chat, where there were any.
    pub watches: Option<Unmuted>,
    /// It rings again as far as it is concerned, but the whole chat is silent until then.
    pub chat_until: Option<Moment>,
}

/// Watches that had a silence of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unmuted {
    /// How many.
    pub count: Grouped,
    /// It is one.
    pub is_one: bool,
}

/// The answer to `/quiet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuietHours {
    /// The hours; `None`: there are none.
    pub hours: Option<Quiet>,
    /// The time zone of the hours.
    pub tz: String,
    /// The moment of the answer, so that a wrong time zone shows.
    pub now: Moment,
}

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
    /// Not yet told.
    pub waiting: bool,
    /// Told.
    pub sent: bool,
    /// Not told on purpose: why, in words.
    pub cancelled: Option<&'static str>,
    /// Could not be told: the cause.
    pub dead: Option<Prose>,
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
pub fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::None => None,
        Value::Int(value) => Some(numbers::grouped(*value)),
        Value::Text(text) => Some(text.to_string()),
    }
}

/// The answer to `/stats`: the numbers of one video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The video.
    pub subject: Link,
    /// Its channel.
    pub channel: Option<Link>,
    /// The counts now.
    pub numbers: Option<Numbers>,
    /// When they were read.
    pub seen: Option<Ago>,
    /// The video can't be watched at present.
    pub is_unavailable: bool,
    /// It is on air.
    pub is_live: bool,
    /// What was gained lately, computed from the history.
    pub gains: Vec<GainLine>,
    /// When it was published.
    pub published: Option<Moment>,
}

/// What was gained within one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GainLine {
    /// As it follows “in the last”: [`numbers::window`].
    pub window: String,
    /// The gain with its unit, such as `+612 views`.
    pub gain: String,
}

/// The answer to `/test`: a message that shows that messages arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Test {
    /// The moment of the test.
    pub now: Moment,
    /// Where it arrives, as watch files name it: `telegram:1234`.
    pub here: String,
    /// The whole chat is silent until then.
    pub muted_until: Option<Moment>,
    /// Nothing arrived in this chat until now.
    pub back: Option<Back>,
}

/// The answer to `/settings`: what is in force for a chat, or for one of its watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsView {
    /// Which watch; `None`: the chat.
    pub subject: Option<Link>,
    /// At most one message of a watch per this; `None`: no limit.
    pub at_most: Option<Period>,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// The time zone.
    pub tz: String,
    /// Muted until then.
    pub muted_until: Option<Moment>,
    /// Settings of a watch, and the whole chat is silent until then.
    pub chat_muted_until: Option<Moment>,
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// How many watches there are.
    pub watches: Grouped,
    /// How many one may have; `None`: no limit.
    pub watches_max: Option<Grouped>,
}

/// The answer to `/invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invite {
    /// The link to hand on.
    pub url: String,
    /// Until when it works; `None`: for good.
    pub expires: Option<Moment>,
    /// It works once.
    pub is_single_use: bool,
}

/// The answer to something that can't be done as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorView {
    /// What is wrong; parts in backticks are shown as code.
    pub message: Prose,
    /// What was written, when a place in it is to blame.
    pub input: Option<String>,
    /// Spaces and `^` under that place.
    pub pointer: Option<String>,
    /// A line that would work.
    pub example: Option<String>,
}

/// The answer to somebody without an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotAllowed {
    /// Who asked, as the operator would write it: `telegram:1234`.
    pub sender: String,
}

/// The answer to somebody who came with an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WelcomeInvited {
    /// The preset of a watch of a video without a rule.
    pub preset: String,
    /// The preset of a watch of a channel or playlist without a rule.
    pub list_preset: String,
    /// It was the operator's own invitation: what needs a hand is told here.
    pub is_operator: bool,
}

/// A notice to the operator: an object with one field, named after what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// YouTube refuses the key: nothing is polled until it is replaced.
    KeyRefused {
        /// What YouTube says.
        cause: Prose,
    },
    /// The day's quota is used up.
    QuotaSpent {
        /// When polling goes on.
        resets_at: Moment,
    },
    /// Messages were given up.
    DeadLetters {
        /// How many are kept.
        count: Grouped,
        /// The destination of the last, masked.
        destination: String,
        /// Why the last was given up.
        cause: Prose,
    },
    /// A destination is off.
    DestinationOff {
        /// Which, masked.
        destination: String,
        /// What the channel says.
        cause: Prose,
        /// Its number in `tubebell destinations`, where it is known.
        number: Option<String>,
        /// It is a chat: the first word from there makes it on again.
        is_chat: bool,
    },
    /// More destinations are off.
    DestinationsOff {
        /// How many are off now, all together.
        count: Grouped,
        /// The last of them, masked.
        destination: String,
        /// What the channel says of the last.
        cause: Prose,
    },
    /// A channel refuses our credentials or can't be reached: it is paused.
    ChannelPaused {
        /// Which channel.
        channel: String,
        /// Why.
        cause: Prose,
    },
    /// It works again.
    Recovered {
        /// What works again, such as `YouTube` or `telegram`.
        what: String,
    },
}
