//! Actions against a real store, and a YouTube that says what it is told to.

mod card;
mod digest;
mod invite;
mod list;
mod mute;
mod settings;
mod stats;
mod test;
mod unwatch;
mod watch;
mod why;

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::control::seams::{Looked, LookedSubject, LookupError};
use crate::model::{Live, Snapshot, Status, SubjectRef, UnixMillis, VideoId};
use crate::route::language;
use crate::store::{Access, Beginning, FirstLook, Sqlite, WatchFilter, WatchRow};

const NOW: UnixMillis = UnixMillis(1_795_266_180_000);
const VIDEO: &str = "video:dQw4w9WgXcQ";
const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
const HANDLE: &str = "channel:@rick";

/// Who knows one video and one channel.
struct YouTube {
    video: Mutex<Option<Snapshot>>,
    failure: Mutex<Option<LookupError>>,
    askers: Mutex<Vec<Asker>>,
}

impl YouTube {
    fn answer<T>(&self, asker: &Asker, answer: T) -> Result<T, LookupError> {
        self.askers.lock().unwrap().push(asker.clone());
        self.failure.lock().unwrap().clone().map_or(Ok(answer), Err)
    }
}

#[async_trait]
impl Lookup for YouTube {
    async fn video(&self, id: &VideoId, asker: &Asker) -> Result<Option<Looked>, LookupError> {
        let snapshot = self.video.lock().unwrap().clone();
        let snapshot = snapshot.map(|snapshot| Snapshot { video_id: *id, ..snapshot });
        self.answer(
            asker,
            snapshot.map(|snapshot| Looked {
                beginning: Beginning {
                    memory: "{}".to_owned(),
                    snapshot: snapshot.clone(),
                    first_look: FirstLook(Arc::new(|_, _| Ok(()))),
                    next_poll: NOW.plus(Duration::from_secs(60)),
                },
                snapshot,
            }),
        )
    }

    async fn subject(
        &self,
        _: &SubjectRef,
        asker: &Asker,
    ) -> Result<Option<LookedSubject>, LookupError> {
        let channel = LookedSubject {
            subject: of(CHANNEL),
            title: Some("Rick Astley".to_owned()),
            members: Some(7),
            delay: None,
        };
        self.answer(asker, Some(channel))
    }
}

fn of(subject: &str) -> SubjectRef {
    subject.parse().unwrap()
}

fn snapshot() -> Snapshot {
    Snapshot {
        video_id: "dQw4w9WgXcQ".parse().unwrap(),
        observed_at: NOW,
        numbers_at: NOW,
        details_at: NOW,
        views: Some(1_240),
        likes: None,
        comments: Some(1),
        title: Some("Never Gonna Give You Up".to_owned()),
        channel_id: None,
        channel_title: None,
        status: Status::Public,
        live: Live::None,
        published_at: None,
        duration: None,
        starts_at: None,
    }
}

/// Applies what actions change, and nothing with it.
struct Direct(Arc<Sqlite>);

#[async_trait]
impl Commit for Direct {
    type Stop = StoreError;

    async fn commit(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, StoreError> {
        let done = self.0.edit(None, edits, NOW).await?;
        Ok(done.expect("what has no mark comes once"))
    }
}

struct Bench {
    actions: Actions,
    commit: Direct,
    youtube: Arc<YouTube>,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("tubebell.db"), Access::Run).unwrap();
        let store = Arc::new(store);
        let youtube = Arc::new(YouTube {
            video: Mutex::new(Some(snapshot())),
            failure: Mutex::default(),
            askers: Mutex::default(),
        });
        let options = ActionOptions {
            preset: "views any".to_owned(),
            list_preset: "uploads".to_owned(),
            defaults: Effective {
                at_most: Duration::ZERO,
                quiet: None,
                tz: "UTC".to_owned(),
                until: None,
                digest: None,
                pings_per_day: None,
            },
            watches_per_owner: 2,
            videos_per_owner: 7,
            looks_per_chat: Some(200),
            members_per_subject: 500,
        };
        let actions =
            Actions::new(Arc::<Sqlite>::clone(&store), Arc::<YouTube>::clone(&youtube), options);
        Bench { actions, commit: Direct(store), youtube, _folder: folder }
    }

    fn fails(&self) {
        let failure = LookupError::Unreachable("it takes too long".to_owned());
        *self.youtube.failure.lock().unwrap() = Some(failure);
    }

    fn asked(&self) -> usize {
        self.youtube.askers.lock().unwrap().len()
    }

    /// Watches something, with the preset where no rules are written.
    async fn watch(&mut self, by: &Asking, subject: &str, rules: &str) -> Result<Watched, NoWatch> {
        let target = self.actions.find(by, of(subject)).await.unwrap();
        let rules = (!rules.is_empty()).then(|| language::parse_set(rules).unwrap());
        let request = WatchRequest { target, rules, settings: None };
        self.actions.watch(&mut self.commit, by, request).await.unwrap()
    }

    async fn watches(&self, of: &Address) -> Vec<WatchRow> {
        self.actions.store.watches(WatchFilter::Of(of.clone()), 0, 100).await.unwrap()
    }
}

/// Somebody in a chat of their own.
fn ana() -> Asking {
    let destination = Address::Telegram { chat: 42, thread: None };
    Asking { owner: Owner::of(&destination), destination }
}
