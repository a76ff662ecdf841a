//! A bot with a real store, and a YouTube and a chat service that do as they are told and remember.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tubebell::control::{
    AccessMode, ActionOptions, Administrators, Asker, Author, Control, ControlOptions, HandleError,
    Incoming, IncomingKind, Looked, LookedSubject, Lookup, LookupError, MessageId, NotSaid,
    PersonId, Reply, ReplyError, Said,
};
use tubebell::model::{
    Address, Body, ChatMessage, Effective, Live, Owner, Snapshot, Status, SubjectRef, UnixMillis,
    VideoId,
};
use tubebell::render::Renderer;
use tubebell::store::{
    Access, Beginning, Edit, Registry, Sqlite, UpdateMark, WatchFilter, WatchRow,
};

use crate::bodies;

/// Sat 21 Nov 2026, 13:03 UTC.
pub(super) const NOW: UnixMillis = UnixMillis(1_795_266_180_000);
pub(super) const VIDEO: &str = "dQw4w9WgXcQ";
pub(super) const HOSTILE: &str = "</a><b>&lt; \"@everyone\" #tag /stop `x`";

/// Ana, who talks to the bot in private.
pub(super) const ANA: i64 = 42;
/// A group.
pub(super) const GROUP: i64 = -100_123;

pub(super) fn person(id: i64) -> PersonId {
    PersonId(id.to_string())
}

pub(super) fn chat(id: i64) -> Address {
    Address::Telegram { chat: id, thread: None }
}

/// Checking all templates takes longer than all else.
static RENDERER: LazyLock<Arc<Renderer>> = LazyLock::new(|| Arc::new(Renderer::new(&[]).unwrap()));

#[derive(Default)]
pub(super) struct YouTube {
    pub(super) videos: Mutex<HashMap<VideoId, Snapshot>>,
    pub(super) subjects: Mutex<HashMap<SubjectRef, LookedSubject>>,
    pub(super) failure: Mutex<Option<LookupError>>,
    pub(super) administrators: Mutex<HashSet<(i64, i64)>>,
    pub(super) asked: Mutex<usize>,
    pub(super) askers: Mutex<Vec<Asker>>,
    /// Who is put out while somebody waits for the next answer.
    pub(super) puts_out: Mutex<Option<(Arc<Sqlite>, Address)>>,
}

impl YouTube {
    /// What happens while somebody waits for an answer.
    async fn meanwhile(&self) {
        let puts_out = self.puts_out.lock().unwrap().take();
        if let Some((store, person)) = puts_out {
            store.edit(None, vec![Edit::Expel { person }], NOW).await.unwrap();
        }
    }

    fn answer<T>(&self, value: T) -> Result<T, LookupError> {
        *self.asked.lock().unwrap() += 1;
        match &*self.failure.lock().unwrap() {
            Some(error) => Err(error.clone()),
            None => Ok(value),
        }
    }
}

#[async_trait]
impl Lookup for YouTube {
    async fn video(&self, id: &VideoId, asker: &Asker) -> Result<Option<Looked>, LookupError> {
        self.askers.lock().unwrap().push(asker.clone());
        self.meanwhile().await;
        let snapshot = self.videos.lock().unwrap().get(id).cloned();
        self.answer(snapshot.map(|snapshot| Looked {
            beginning: Beginning {
                memory: "{}".to_owned(),
                snapshot: snapshot.clone(),
                next_poll: snapshot.observed_at.plus(Duration::from_secs(60)),
            },
            snapshot,
        }))
    }

    async fn subject(
        &self,
        subject: &SubjectRef,
        asker: &Asker,
    ) -> Result<Option<LookedSubject>, LookupError> {
        self.askers.lock().unwrap().push(asker.clone());
        let found = self.subjects.lock().unwrap().get(subject).cloned();
        self.answer(found)
    }
}

/// It stands in for the chat service too, so that both fail at once.
#[async_trait]
impl Administrators for YouTube {
    async fn is_administrator(&self, chat: &Address, person: &PersonId) -> Result<bool, NotSaid> {
        self.meanwhile().await;
        let Address::Telegram { chat: id, .. } = chat else { panic!("{chat} is no chat") };
        let who = (*id, person.0.parse().unwrap());
        let is = self.administrators.lock().unwrap().contains(&who);
        self.answer(is).map_err(|_| NotSaid)
    }
}

#[derive(Default)]
pub(super) struct Chats {
    pub(super) messages: Mutex<Vec<(Address, ChatMessage)>>,
    pub(super) toasts: Mutex<Vec<String>>,
    pub(super) edits: Mutex<Vec<(MessageId, ChatMessage)>>,
    /// Answers to questions with an id of their own.
    pub(super) answers: Mutex<Vec<(String, Said)>>,
}

#[async_trait]
impl Reply for Chats {
    async fn message(&self, to: &Address, _owner: &Owner, message: Body) -> Result<(), ReplyError> {
        self.messages.lock().unwrap().push((to.clone(), bodies::chat(&message).clone()));
        Ok(())
    }

    async fn toast(&self, _callback: &str, text: &str) {
        self.toasts.lock().unwrap().push(text.to_owned());
    }

    async fn edit(&self, _to: &Address, _owner: &Owner, which: &MessageId, message: Body) {
        self.edits.lock().unwrap().push((which.clone(), bodies::chat(&message).clone()));
    }

    async fn answer(&self, question: &str, said: Said) -> Result<(), ReplyError> {
        self.answers.lock().unwrap().push((question.to_owned(), said));
        Ok(())
    }
}

pub(super) struct World {
    pub(super) control: Control,
    pub(super) store: Arc<Sqlite>,
    pub(super) youtube: Arc<YouTube>,
    pub(super) chats: Arc<Chats>,
    pub(super) now: UnixMillis,
    pub(super) path: PathBuf,
    options: ControlOptions,
    next_update: i64,
    _folder: tempfile::TempDir,
}

/// A video with 1,240 views, hidden likes and 1 comment.
pub(super) fn snapshot(id: &str, title: &str) -> Snapshot {
    Snapshot {
        video_id: id.parse().unwrap(),
        observed_at: NOW,
        numbers_at: NOW,
        details_at: NOW,
        views: Some(1_240),
        likes: None,
        comments: Some(1),
        title: Some(title.to_owned()),
        channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".to_owned()),
        channel_title: Some("Rick Astley".to_owned()),
        status: Status::Public,
        live: Live::None,
        published_at: None,
        duration: None,
        starts_at: None,
    }
}

fn control(
    store: &Arc<Sqlite>,
    youtube: &Arc<YouTube>,
    chats: &Arc<Chats>,
    options: ControlOptions,
) -> Control {
    Control::new(
        Arc::<Sqlite>::clone(store),
        Arc::clone(&RENDERER),
        Arc::<YouTube>::clone(youtube),
        Arc::<YouTube>::clone(youtube),
        Arc::<Chats>::clone(chats),
        options,
    )
}

impl World {
    /// A bot that answers everyone.
    pub(super) fn open() -> World {
        World::with(|options| options.access = AccessMode::Open)
    }

    pub(super) fn with(change: impl FnOnce(&mut ControlOptions)) -> World {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tubebell.db");
        let store = Arc::new(Sqlite::open(&path, Access::Run).unwrap());
        let youtube = Arc::new(YouTube::default());
        let title = "Never Gonna Give You Up";
        youtube.videos.lock().unwrap().insert(VIDEO.parse().unwrap(), snapshot(VIDEO, title));
        let chats = Arc::new(Chats::default());
        let mut options = ControlOptions {
            actions: ActionOptions {
                preset: "all".to_owned(),
                list_preset: "uploads".to_owned(),
                defaults: Effective {
                    at_most: Duration::ZERO,
                    quiet: None,
                    tz: "UTC".to_owned(),
                    until: None,
                    digest: None,
                    pings_per_day: None,
                },
                watches_per_owner: 50,
                videos_per_owner: 1_000,
                looks_per_chat: Some(200),
                members_per_subject: 500,
            },
            access: AccessMode::Invite,
            allow: Vec::new(),
            operator: Vec::new(),
            bot: "bell_bot".to_owned(),
            links: None,
        };
        change(&mut options);
        let control = control(&store, &youtube, &chats, options.clone());
        World {
            control,
            store,
            youtube,
            chats,
            options,
            now: NOW,
            path,
            next_update: 1,
            _folder: folder,
        }
    }

    /// Begins anew with what the store knows.
    pub(super) fn restart(&mut self) {
        self.control = control(&self.store, &self.youtube, &self.chats, self.options.clone());
    }

    pub(super) async fn handle(&mut self, kind: IncomingKind) -> Result<(), HandleError> {
        let update_id = self.next_update;
        self.next_update += 1;
        self.hand_in(update_id, kind).await
    }

    /// Hands in an update with a chosen id, such as one that was there before.
    pub(super) async fn hand_in(
        &mut self,
        update_id: i64,
        kind: IncomingKind,
    ) -> Result<(), HandleError> {
        let mark = UpdateMark { source: "telegram:1".to_owned(), update_id };
        self.control.handle(Incoming::new(Some(mark), kind), self.now).await
    }

    /// Whether an update has had its effect.
    pub(super) async fn is_handled(&self, update_id: i64) -> bool {
        let mark = UpdateMark { source: "telegram:1".to_owned(), update_id };
        self.store.is_handled(&mark).await.unwrap()
    }

    pub(super) fn message(user: i64, to: Address, text: &str) -> IncomingKind {
        IncomingKind::Message {
            private: to == chat(user),
            destination: to,
            author: Author::Person(person(user)),
            text: text.to_owned(),
            is_passed_on: false,
        }
    }

    /// The same, where somebody else had written it.
    pub(super) fn passed_on(user: i64, to: Address, text: &str) -> IncomingKind {
        let mut kind = World::message(user, to, text);
        if let IncomingKind::Message { is_passed_on, .. } = &mut kind {
            *is_passed_on = true;
        }
        kind
    }

    /// Ana writes in private; returns the answers as people see them.
    pub(super) async fn say(&mut self, text: &str) -> String {
        self.say_in(ANA, chat(ANA), text).await
    }

    pub(super) async fn say_in(&mut self, user: i64, to: Address, text: &str) -> String {
        let before = self.sent();
        self.handle(World::message(user, to, text)).await.unwrap();
        self.said_since(before)
    }

    /// Presses a button that its message has; returns the toast.
    pub(super) async fn press(&mut self, user: i64, to: Address, data: &str) -> String {
        self.press_in_vain(user, to, data).await.expect("the button is answered")
    }

    /// Presses a button that its message has, and that may not be answered.
    pub(super) async fn press_in_vain(
        &mut self,
        user: i64,
        to: Address,
        data: &str,
    ) -> Option<String> {
        self.send_press(user, to, data, Some(&[data])).await
    }

    /// Sends the data of a button under a message that has these; `None`: Telegram does not say which.
    pub(super) async fn press_under(
        &mut self,
        user: i64,
        to: Address,
        data: &str,
        buttons: Option<&[&str]>,
    ) -> String {
        self.send_press(user, to, data, buttons).await.expect("the button is answered")
    }

    async fn send_press(
        &mut self,
        user: i64,
        to: Address,
        data: &str,
        buttons: Option<&[&str]>,
    ) -> Option<String> {
        let kind = IncomingKind::Button {
            callback_id: "callback".to_owned(),
            private: to == chat(user),
            destination: to,
            person: person(user),
            message: Some(MessageId("7".to_owned())),
            data: data.to_owned(),
            buttons: buttons.map(|all| all.iter().map(|&one| one.to_owned()).collect()),
        };
        self.handle(kind).await.unwrap();
        self.chats.toasts.lock().unwrap().pop()
    }

    pub(super) fn sent(&self) -> usize {
        self.chats.messages.lock().unwrap().len()
    }

    pub(super) fn said_since(&self, before: usize) -> String {
        let messages = self.chats.messages.lock().unwrap();
        let texts: Vec<String> =
            messages[before..].iter().map(|(_, message)| visible(&message.html)).collect();
        texts.join("\n---\n")
    }

    pub(super) fn last_message(&self) -> ChatMessage {
        self.chats.messages.lock().unwrap().last().expect("an answer").1.clone()
    }

    pub(super) async fn watches(&self, of: Address) -> Vec<WatchRow> {
        self.store.watches(WatchFilter::Of(of), 0, 1000).await.unwrap()
    }

    pub(super) async fn rules(&self, of: Address) -> Vec<String> {
        self.watches(of).await.into_iter().flat_map(|row| row.rules).collect()
    }

    pub(super) fn subject(&self, written: &str, stored: &str, title: &str, members: u64) {
        let looked = LookedSubject {
            delay: None,
            subject: stored.parse().unwrap(),
            title: Some(title.to_owned()),
            members: Some(members),
        };
        self.youtube.subjects.lock().unwrap().insert(written.parse().unwrap(), looked);
    }

    pub(super) fn fails_with(&self, error: Option<LookupError>) {
        *self.youtube.failure.lock().unwrap() = error;
    }

    pub(super) fn later(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }
}

/// What a reader sees of a message.
pub(super) fn visible(html: &str) -> String {
    let mut text = String::new();
    for (index, part) in html.split('<').enumerate() {
        let shown = if index == 0 { part } else { part.split_once('>').expect("a tag").1 };
        text.push_str(shown);
    }
    for (entity, c) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'")]
    {
        text = text.replace(entity, c);
    }
    text.replace("&amp;", "&")
}
