//! How often something rings, at which hours, in which time zone, and whether it is collected.

use std::time::Duration;

use super::{Actions, Commit, NotWatched, Outcome};
use crate::model::{Address, Digest, Mention, Quiet, Settings, SubjectRef};
use crate::store::{Edit, Edited, WatchRow};

/// What somebody wants to have set; `None` inside is back to the default.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) enum Wish {
    /// At most one message per this; zero is no limit.
    AtMost(Option<Duration>),
    /// The name of a time zone.
    Zone(Option<String>),
    /// Quiet hours.
    Quiet(Option<Quiet>),
    /// Whether what happens is collected, and when that is told.
    Digest(Option<Digest>),
    /// At most this many messages a day; 0 is no limit.
    PingsPerDay(Option<u32>),
    /// The roles that are mentioned on rules.
    Mentions(Vec<Mention>),
}

impl Wish {
    fn apply(self, settings: &mut Settings) {
        match self {
            Wish::AtMost(length) => settings.at_most_s = length.map(|length| length.as_secs()),
            Wish::Zone(zone) => settings.tz = zone,
            Wish::Quiet(hours) => settings.quiet = hours,
            Wish::Digest(digest) => settings.digest = digest,
            Wish::PingsPerDay(pings) => settings.pings_per_day = pings,
            Wish::Mentions(mentions) => settings.mentions = mentions,
        }
    }
}

/// Changes settings of a destination or of one of its watches.
#[derive(Debug)]
pub(in crate::control) struct Set {
    pub(in crate::control) destination: Address,
    /// One watch, or the destination.
    pub(in crate::control) subject: Option<SubjectRef>,
    /// What is set now.
    pub(in crate::control) settings: Settings,
    pub(in crate::control) wishes: Vec<Wish>,
}

/// Changes settings; returns what is set then.
pub(in crate::control) async fn set<C: Commit>(
    commit: &mut C,
    request: Set,
) -> Outcome<Settings, NotWatched, C::Stop> {
    let Set { destination, subject, mut settings, wishes } = request;
    for wish in wishes {
        wish.apply(&mut settings);
    }
    let edit = Edit::Set { destination, subject, settings: settings.clone() };
    let done = commit.commit(vec![edit]).await?;
    Ok(if done.first() == Some(&Edited::NotFound) { Err(NotWatched) } else { Ok(settings) })
}

/// The steps of “less often”, in seconds.
const STEPS_S: [u64; 4] = [900, 3600, 6 * 3600, 24 * 3600];

/// A refusal of “less often”.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) enum NotLess {
    /// It is as seldom as it gets.
    Already,
    /// The watch has ended meanwhile.
    NotWatched,
}

impl Actions {
    /// Makes a watch ring less often, by a step; returns at most one message per how long that is.
    pub(in crate::control) async fn less_often<C: Commit>(
        &self,
        commit: &mut C,
        watch: &WatchRow,
    ) -> Outcome<Duration, NotLess, C::Stop> {
        let at = &watch.destination;
        let now = Settings::effective(&watch.settings, &at.settings, &self.options.defaults);
        let Some(step) = STEPS_S.into_iter().find(|step| *step > now.at_most.as_secs()) else {
            return Ok(Err(NotLess::Already));
        };
        let step = Duration::from_secs(step);
        let request = Set {
            destination: at.address.clone(),
            subject: Some(watch.subject.clone()),
            settings: watch.settings.clone(),
            wishes: vec![Wish::AtMost(Some(step))],
        };
        Ok(set(commit, request).await?.map(|_| step).map_err(|NotWatched| NotLess::NotWatched))
    }
}
