//! Making a watch, or giving a standing one new rules.

use std::collections::HashSet;

use super::{Actions, Asking, Commit, NotThere, Outcome, Seen, Target};
use crate::model::{
    Condition, Counts, Event, Rule, Series, Settings, Signal, SubjectRef, SubscriptionId,
};
use crate::route::language;
use crate::route::trigger::{self, LOWEST};
use crate::store::{Edit, Edited, NewRule, VideosLimit, WatchEdit, WatchRow};

/// Watches something.
#[derive(Debug)]
pub(in crate::control) struct WatchRequest {
    pub(in crate::control) target: Target,
    /// `None`: those that stand, or else the preset.
    pub(in crate::control) rules: Option<Vec<Rule>>,
    /// What it is to have set; `None`: what it has.
    pub(in crate::control) settings: Option<Settings>,
}

/// A watch that stands.
#[derive(Debug)]
pub(in crate::control) struct Watched {
    pub(in crate::control) id: SubscriptionId,
    pub(in crate::control) subject: SubjectRef,
    /// It is new.
    pub(in crate::control) created: bool,
    /// Something differs from before.
    pub(in crate::control) changed: bool,
    /// How many videos it counts, and how many the owner has left.
    pub(in crate::control) videos: Option<(usize, usize)>,
    /// The rules in force.
    pub(in crate::control) rules: Vec<RuleInForce>,
    /// What it has set.
    pub(in crate::control) settings: Settings,
    /// What YouTube said of it.
    pub(in crate::control) seen: Seen,
    /// The watch before, where there was one.
    pub(in crate::control) before: Option<WatchRow>,
}

/// A rule in force.
#[derive(Debug)]
pub(in crate::control) struct RuleInForce {
    pub(in crate::control) text: String,
    /// It tells of new videos.
    pub(in crate::control) is_upload: bool,
    /// The values of its list that are passed already.
    pub(in crate::control) passed: Vec<i64>,
    pub(in crate::control) is_new: bool,
}

/// A refusal of a watch.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) enum NoWatch {
    /// A single video has no new videos.
    UploadOfVideo,
    /// The owner has as many watches as they may.
    TooManyWatches { max: usize },
    /// The owner may have so many videos, of which so many are left.
    TooManyVideos { max: usize, left: usize },
    /// YouTube knows no such thing.
    NotThere(NotThere),
    /// The store did something else.
    Failed,
}

impl Actions {
    /// Makes a watch, or gives a standing one new rules.
    pub(in crate::control) async fn watch<C: Commit>(
        &self,
        commit: &mut C,
        by: &Asking,
        request: WatchRequest,
    ) -> Outcome<Watched, NoWatch, C::Stop> {
        let WatchRequest { target, rules, settings } = request;
        let is_upload = |rule: &Rule| rule.condition == Condition::Event(Event::Upload);
        if matches!(target.subject, SubjectRef::Video(_)) && rules.iter().flatten().any(is_upload) {
            return Ok(Err(NoWatch::UploadOfVideo));
        }
        let limit = self.watches_max(&by.owner);
        if target.watch.is_none()
            && let Some(max) = limit
            && self.store.watches_of_owner(&by.owner).await? >= max
        {
            return Ok(Err(NoWatch::TooManyWatches { max }));
        }
        let seen = match self.look(by, &target).await {
            Ok(seen) => seen,
            Err(not_there) => return Ok(Err(NoWatch::NotThere(not_there))),
        };
        let counts = seen.snapshot().map(Counts::from);
        let wanted = self.wanted(rules, &target, counts.as_ref());
        let Target { subject, watch: before, .. } = target;
        // A standing watch keeps the form in which it is stored: another would be a second watch.
        let named = seen.list().filter(|_| before.is_none()).map(|looked| looked.subject.clone());
        let subject = named.unwrap_or(subject);
        let standing = || before.as_ref().map(|watch| watch.settings.clone());
        let settings = settings.or_else(standing).unwrap_or_default();
        let edit = WatchEdit {
            destination: by.destination.clone(),
            owner: by.owner.clone(),
            subject: subject.clone(),
            title: seen.title().map(str::to_owned),
            rules: wanted.iter().map(|wanted| wanted.rule.clone()).collect(),
            settings: settings.clone(),
            // A watch that a file brought stays the file's: the next `apply` has the last word on it.
            origin: before.as_ref().map_or("chat", |watch| &watch.origin).to_owned(),
            beginning: match &seen {
                Seen::Video(looked) => Some(looked.beginning.clone()),
                Seen::Subject(_) | Seen::Gone | Seen::Unasked(_) => None,
            },
            limit,
            videos_limit: self
                .videos_max(&by.owner)
                .map(|limit| VideosLimit { limit, counted: self.counted(&seen) }),
        };
        let done = commit.commit(vec![Edit::Watch(Box::new(edit))]).await?;
        Ok(match done.first() {
            Some(Edited::Watched { subscription, created, changed, videos }) => Ok(Watched {
                id: *subscription,
                subject,
                created: *created,
                changed: *changed,
                videos: *videos,
                rules: wanted.into_iter().map(Wanted::in_force).collect(),
                settings,
                seen,
                before,
            }),
            Some(Edited::LimitReached { limit }) => Err(NoWatch::TooManyWatches { max: *limit }),
            Some(Edited::VideosReached { limit, left }) => {
                Err(NoWatch::TooManyVideos { max: *limit, left: *left })
            }
            other => {
                tracing::error!(?other, "the store answered a watch with something else");
                Err(NoWatch::Failed)
            }
        })
    }

    /// How many videos a watch counts for. A list of which nobody knows how many it has may fill up.
    fn counted(&self, seen: &Seen) -> usize {
        let max = self.options.members_per_subject;
        match seen {
            Seen::Subject(looked) => looked
                .members
                .and_then(|all| usize::try_from(all).ok())
                .map_or(max, |all| all.min(max)),
            Seen::Video(_) | Seen::Gone | Seen::Unasked(_) => 1,
        }
    }

    /// The rules that are to be in force: those asked for, else those that are, else the preset.
    fn wanted(
        &self,
        asked: Option<Vec<Rule>>,
        target: &Target,
        counts: Option<&Counts>,
    ) -> Vec<Wanted> {
        let watch = target.watch.as_ref();
        let standing: HashSet<&str> =
            watch.iter().flat_map(|watch| &watch.rules).map(String::as_str).collect();
        match (asked, watch) {
            // Somebody who only names the video must not lose rules that took thought.
            (None, Some(watch)) if !watch.rules.is_empty() => {
                watch.rules.iter().map(|text| Wanted::kept(text)).collect()
            }
            (asked, _) => {
                let rules = asked.unwrap_or_else(|| self.preset(&target.subject));
                rules.iter().map(|rule| Wanted::new(rule, &standing, counts)).collect()
            }
        }
    }

    /// The rules of the preset that is configured for such a watch; the configuration has checked it.
    fn preset(&self, subject: &SubjectRef) -> Vec<Rule> {
        let text = match subject {
            SubjectRef::Video(_) => &self.options.preset,
            SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => {
                &self.options.list_preset
            }
        };
        language::parse_set(text).ok().or_else(|| language::preset("all")).unwrap_or_default()
    }
}

/// A rule that is to be in force.
struct Wanted {
    rule: NewRule,
    passed: Vec<i64>,
    is_new: bool,
}

impl Wanted {
    fn new(rule: &Rule, standing: &HashSet<&str>, counts: Option<&Counts>) -> Wanted {
        let (text, condition) = (rule.to_string(), &rule.condition);
        let start = counts.map(|counts| trigger::initial(condition, Some(counts)));
        Wanted {
            is_new: !standing.contains(text.as_str()),
            passed: start.as_ref().map(|start| start.passed.clone()).unwrap_or_default(),
            rule: NewRule {
                text,
                unset: unset(condition),
                per_video: trigger::is_per_video(condition),
                start: start.map(|start| start.next),
            },
        }
    }

    /// A rule that stands and stays: the store goes by its text and touches nothing.
    fn kept(text: &str) -> Wanted {
        let condition =
            language::parse(text).map_or(Condition::Event(Event::Title), |rule| rule.condition);
        let rule = NewRule {
            text: text.to_owned(),
            unset: unset(&condition),
            per_video: trigger::is_per_video(&condition),
            start: None,
        };
        Wanted { rule, passed: Vec::new(), is_new: false }
    }

    fn in_force(self) -> RuleInForce {
        let Wanted { rule, passed, is_new } = self;
        let (series, _) = rule.unset;
        let is_upload = series.signal == Signal::Event(Event::Upload);
        RuleInForce { text: rule.text, is_upload, passed, is_new }
    }
}

/// Where the trigger of a rule waits that has not seen anything yet.
fn unset(condition: &Condition) -> (Series, i64) {
    trigger::initial(condition, None)
        .next
        .map_or((trigger::series(condition), LOWEST), |next| (next.series, next.value))
}
