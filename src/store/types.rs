//! What goes in and out of the store: plain rows and requests.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    About, Address, Alert, AlertId, CancelReason, Channel, Counts, DestinationId, Known,
    NotificationId, Outcome, RuleId, Series, Settings, Snapshot, SubjectRef, SubscriptionId,
    UnixMillis, VideoId, VideoKey,
};

use super::Places;

/// When the next videos are to be looked at; `None`: none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NextPolls {
    /// For the first time.
    pub first: Option<UnixMillis>,
    /// Again.
    pub again: Option<UnixMillis>,
}

impl NextPolls {
    /// The earlier of the two.
    #[must_use]
    pub fn earliest(self) -> Option<UnixMillis> {
        self.first.into_iter().chain(self.again).min()
    }
}

/// A video and what the poller remembers of it.
#[derive(Debug, Clone)]
pub struct DueVideo {
    /// Its row.
    pub key: VideoKey,
    /// The video.
    pub id: VideoId,
    /// The poller's memory, opaque here.
    pub memory: Option<String>,
    /// When to look again. What stands here holds, also where the memory says a later time: see [`super::Store::set_back`].
    pub next_poll: Option<UnixMillis>,
}

/// The poller's memory after a look.
#[derive(Debug, Clone)]
pub struct Polled {
    /// The video's row.
    pub key: VideoKey,
    /// The memory to keep.
    pub memory: String,
    /// The title, where known.
    pub title: Option<String>,
    /// What else is known of it.
    pub about: About,
    /// When to look again.
    pub next_poll: UnixMillis,
}

/// A channel or playlist whose members are to be listed.
#[derive(Debug, Clone)]
pub struct DueSubject {
    /// Its row.
    pub id: i64,
    /// What it is.
    pub subject: SubjectRef,
    /// The lister's memory, opaque here.
    pub memory: Option<String>,
    /// Members held now.
    pub members: usize,
    /// How many members it may hold: the newest stay.
    pub members_max: usize,
    /// Whether its watchers were told that it is gone.
    pub gone: bool,
}

/// A row of a channel's uploads or of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMember {
    /// The video.
    pub id: VideoId,
    /// Its title, where the list shows one.
    pub title: Option<String>,
    /// When it was published (uploads) or added (playlists), where the list says so.
    pub at: Option<UnixMillis>,
}

/// The members of a channel or playlist as YouTube lists them.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The subject's row.
    pub subject: i64,
    /// Its title, where the answer says.
    pub title: Option<String>,
    /// The channel that a handle, or a list of all uploads, stands for, once YouTube has said so.
    pub same_as: Option<SubjectRef>,
    /// The lister's memory to keep.
    pub memory: String,
    /// Members, in any order.
    pub members: Vec<ListedMember>,
    /// True for a full listing: members that are not in it have left. False for some of the newest.
    pub complete: bool,
    /// How many there are in all, where the answer says.
    pub total: Option<u64>,
    /// How many members a subject may hold: the newest stay.
    pub members_max: usize,
    /// Whether the list is there: `Some(false)` when it is gone for sure, `None` when nothing was learned.
    pub presence: Option<bool>,
    /// When to list again.
    pub next_listing: UnixMillis,
}

/// What a listing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listed {
    /// New members. The router tells of those that are new to the world, from their first snapshot.
    pub joined: usize,
    /// Members that left.
    pub left: usize,
    /// Whether watchers are to be told that the list is gone, or back.
    pub is_news: bool,
}

/// How many videos channels and playlists may make tubebell poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListLimits {
    /// A list holds no more, whoever watches it.
    pub per_list: usize,
    /// What one owner watches holds no more in all; the operator has no such limit.
    pub per_owner: usize,
}

/// How many channels and playlists are watched, for planning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCounts {
    /// Channels and playlists.
    pub lists: usize,
    /// Pages of 50 members that reading all of them whole takes.
    pub pages: usize,
}

/// One destination.
#[derive(Debug, Clone)]
pub struct DestinationRow {
    /// Its row.
    pub id: DestinationId,
    /// Where it is.
    pub address: Address,
    /// Whose limits count.
    pub owner: String,
    /// What it has set.
    pub settings: Settings,
    /// Muted until then.
    pub muted_until: Option<UnixMillis>,
    /// Why it can't be reached, if so: nothing is tried until something proves that it is there again.
    pub disabled: Option<String>,
    /// Since when.
    pub off_since: Option<UnixMillis>,
    /// Why nothing arrives there for now, if so: it is tried now and then.
    pub barred: Option<Barred>,
}

impl DestinationRow {
    /// Why nothing arrives there, if so.
    #[must_use]
    pub fn shut(&self) -> Option<Shut> {
        match (&self.disabled, &self.barred) {
            (Some(reason), _) => Some(Shut::Off { reason: reason.clone(), since: self.off_since }),
            (None, Some(barred)) => Some(Shut::Barred(barred.clone())),
            (None, None) => None,
        }
    }
}

/// Why nothing arrives at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shut {
    /// It is out of reach: nothing is tried until something proves that it is there again.
    Off {
        /// What the channel said.
        reason: String,
        /// Since when, where it is known.
        since: Option<UnixMillis>,
    },
    /// It takes nothing for now, and is tried now and then.
    Barred(Barred),
}

/// A destination that takes nothing for now, by what may pass by itself: rights that the bot lacks, a closed topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barred {
    /// What the channel says.
    pub reason: String,
    /// Since when.
    pub since: UnixMillis,
    /// When it is tried again.
    pub until: UnixMillis,
}

/// What waits for one watch and is told together.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The watch.
    pub subscription: SubscriptionId,
    /// Where it rings.
    pub destination: DestinationRow,
    /// What the watch has set.
    pub settings: Settings,
    /// What is watched.
    pub subject: SubjectRef,
    /// The title of a channel or playlist, where known.
    pub subject_title: Option<String>,
    /// Whether these are its urgent alerts.
    pub is_urgent: bool,
    /// When the last message of this kind left.
    pub last_sent: Option<UnixMillis>,
    /// What waits, by video: each once, the one with the oldest alert first.
    pub videos: Vec<VideoAlerts>,
}

/// The waiting alerts of one video, oldest first.
#[derive(Debug, Clone)]
pub struct VideoAlerts {
    /// The video; `None`: they are about the channel or playlist as a whole.
    pub video: Option<VideoId>,
    /// The video's title, where known.
    pub title: Option<String>,
    /// What the router last handled of the video.
    pub known: Option<Known>,
    /// What else is known of the video.
    pub about: About,
    /// The alerts: at least one, and one per rule or little more.
    pub alerts: Vec<Alert>,
}

/// What becomes of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Composed {
    /// It leaves now.
    Send {
        /// Without a sound: it comes late.
        silent: bool,
        /// The messages. Those of a chat follow each other: the next one leaves when the one before it has ended.
        messages: Vec<ComposedMessage>,
        /// Alerts that are in no message, and why.
        cancelled: Vec<(AlertId, CancelReason)>,
    },
    /// It waits, with all that comes meanwhile; asked again then, or when a command changes its settings.
    Hold(UnixMillis),
    /// All of it ends.
    Cancel(CancelReason),
    /// It can't be rendered: one line.
    Dead(String),
}

/// One message of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedMessage {
    /// The rendered body.
    pub body: String,
    /// The video, where it is about one alone.
    pub video: Option<VideoId>,
    /// Whether it sums up several changes.
    pub is_coalesced: bool,
    /// The alerts that it tells; each alert of the unit stands in one message, or is cancelled.
    pub alerts: Vec<AlertId>,
    /// When the oldest snapshot in it was made.
    pub observed_at: UnixMillis,
}

/// A notification taken for sending.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its row.
    pub id: NotificationId,
    /// Stable and unique among installations: 13 characters of base32.
    pub public_id: String,
    /// The lane's row.
    pub lane: i64,
    /// The lane's key.
    pub lane_key: String,
    /// Where to.
    pub address: Address,
    /// The rendered body.
    pub body: String,
    /// Without a sound.
    pub silent: bool,
    /// Attempts before this one.
    pub attempts: u32,
    /// How long its retries have waited so far. Time in which the channel as a whole was away is none of it.
    pub spent: Duration,
    /// Whether it finds out if a barred destination takes messages again.
    pub is_probe: bool,
    /// When the oldest snapshot in it was made.
    pub observed_at: UnixMillis,
    /// When it was born.
    pub created_at: UnixMillis,
}

/// Where a walk over the lanes that are due stands: behind this one. They are walked by when they became due, then by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandsAt {
    /// When the lane became due.
    pub due_at: UnixMillis,
    /// Its row.
    pub lane: i64,
}

/// How much a claim may take.
#[derive(Clone)]
pub struct Room {
    /// Notifications in all.
    pub limit: usize,
    /// What each lane may have; `None`: whatever the lane itself allows.
    pub places: Option<Arc<dyn Places>>,
    /// Where the walk goes on, as the last claim returned it; `None`: at the lane that is due for the longest.
    pub from: Option<StandsAt>,
}

impl Room {
    /// For so many notifications, whichever.
    #[must_use]
    pub const fn of(limit: usize) -> Room {
        Room { limit, places: None, from: None }
    }
}

/// What a claim found.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// Taken notifications.
    pub claims: Vec<Claim>,
    /// Behind the last lane that got less than it was due, for want of places; `None`: there was none since the walk began.
    /// Lanes that are passed over stay due, and a walk comes back to them when it begins anew.
    pub stands_at: Option<StandsAt>,
    /// When the next lane of the channel behind there is due; `None`: nothing waits.
    pub next_due: Option<UnixMillis>,
    /// What could not be put together and was given up: for whom, and why.
    pub given_up: Vec<(Address, String)>,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The notification.
    pub id: NotificationId,
    /// Its lane.
    pub lane: i64,
    /// When the attempt ended.
    pub at: UnixMillis,
    /// Nothing leaves in this lane earlier.
    pub lane_free_at: UnixMillis,
    /// The receiver has failed, not the message: where it does so several times in a row, nothing leaves in this lane
    /// earlier than this, and one at a time.
    pub lane_failed: Option<UnixMillis>,
    /// As in [`Claim::is_probe`].
    pub is_probe: bool,
    /// What became of it.
    pub result: FinishedAs,
}

/// What became of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishedAs {
    /// Taken by the channel, which calls it so.
    Sent(String),
    /// To be tried again then; counts as an attempt unless the channel as a whole was away.
    Retry {
        /// When.
        at: UnixMillis,
        /// Whether it counts.
        counts: bool,
        /// Why, in one line.
        error: String,
    },
    /// Given up; the cause in one line.
    Dead(String),
    /// The recipient takes nothing for now: tried again then, and until then nothing else is for that destination. Counts
    /// as an attempt.
    Barred {
        /// When.
        at: UnixMillis,
        /// Why, in one line.
        reason: String,
    },
    /// The recipient can't be reached any more: the destination is disabled and what waits for it is cancelled.
    Gone(String),
    /// The chat has a new id for good: the destination moves, the notification is tried again there.
    Moved(Address),
}

/// A notification that could not be delivered.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Its row.
    pub id: NotificationId,
    /// Where it should have gone.
    pub address: Address,
    /// The cause.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub ended: UnixMillis,
    /// The video's title or id, if it is about one.
    pub about: Option<String>,
}

/// Which dead letters are queued again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetters {
    /// All of them.
    All,
    /// These.
    Of(std::sync::Arc<[NotificationId]>),
}

/// What a piece of a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How many dead letters were queued again.
    pub count: usize,
    /// The last one that was looked at; `None`: there are no more.
    pub last: Option<NotificationId>,
}

/// The update of a chat service that asked for an edit.
///
/// Telegram keeps updates for a day, and after a week without any their ids start anew, anywhere: a mark that has not
/// moved for two days protects from nothing any more and is forgotten. They start anew at once where another server
/// answers, or one that has lost its data: an id that is far from the mark, below or above, is of another sequence and
/// says nothing about this one (see [`UpdateMark::is_near`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpdateMark {
    /// Such as `telegram:<bot id>`.
    pub source: String,
    /// Its id, growing.
    pub update_id: i64,
}

impl UpdateMark {
    /// Ids of one sequence follow each other with less than this between them.
    ///
    /// Telegram counts by one, and tells again what waited for at most a day, of which a bot hears less than this. A
    /// sequence that starts anew begins anywhere up to a thousand million.
    /// Source: <https://core.telegram.org/bots/api#update>; tdlib, `TQueue.cpp`, `push` (read 2026-11).
    pub const APART_MAX: i64 = 10_000;

    /// Whether two ids belong to one sequence.
    #[must_use]
    pub const fn is_near(one: i64, other: i64) -> bool {
        one.abs_diff(other) < UpdateMark::APART_MAX.unsigned_abs()
    }
}

/// A rule to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    /// Its canonical text.
    pub text: String,
    /// Where a trigger starts that has not seen anything yet.
    pub unset: (Series, i64),
    /// Whether it has a state per video: then every video of a channel or playlist has a row of it.
    pub per_video: bool,
    /// Where the trigger of the watched video starts, when a snapshot is its base; `None` inside: spent from the start.
    pub start: Option<Option<crate::model::NextTrigger>>,
}

/// Where the poller begins with a video that was just looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The poller's memory.
    pub memory: String,
    /// What was seen. It goes into the stream with the watch: whatever differs from it later is a change.
    pub snapshot: Snapshot,
    /// When to look again.
    pub next_poll: UnixMillis,
}

/// A change of what is watched or how it is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Makes a watch, or brings the existing one to these rules and settings; unchanged rules keep their state.
    Watch(Box<WatchEdit>),
    /// Ends a watch.
    Unwatch {
        /// Whose.
        destination: Address,
        /// Of what.
        subject: SubjectRef,
    },
    /// Mutes (or, with `None`, unmutes) a destination or one of its watches; what waits is cancelled. Unmuting a
    /// destination ends the silence of its single watches too, see [`Edited::Unmuted`].
    Mute {
        /// Whose.
        destination: Address,
        /// One watch, or all.
        subject: Option<SubjectRef>,
        /// Until when.
        until: Option<UnixMillis>,
    },
    /// Replaces the settings of a destination or of one of its watches.
    Set {
        /// Whose.
        destination: Address,
        /// One watch, or the destination.
        subject: Option<SubjectRef>,
        /// The new settings.
        settings: Settings,
    },
    /// Makes a destination known, and reachable again if it was disabled.
    Enable {
        /// Which; every thread of the chat, where it names none.
        destination: Address,
        /// Whose limits count, when it is new.
        owner: String,
    },
    /// Something came from there, or arrived: what was off or barred there is on again, and what concerned the chat as a
    /// whole in its other topics too. Makes nothing known.
    Alive {
        /// Where, with the topic.
        destination: Address,
    },
    /// Makes a chat unreachable: what waits is cancelled.
    Disable {
        /// Which; every thread of the chat.
        destination: Address,
        /// Why.
        reason: String,
    },
    /// Follows a chat to its new id.
    Move {
        /// The old address.
        from: Address,
        /// The new one.
        to: Address,
    },
    /// Uses an invitation.
    Admit {
        /// Who.
        person: Address,
        /// With which code.
        code: String,
    },
    /// Lets a group in that counts for whoever brought it in.
    BringIn {
        /// The group, without topic.
        group: Address,
        /// The private chat of whoever brings it in.
        by: Address,
        /// Whose limits count there.
        owner: String,
        /// How many groups they may bring in; `None`: any number. Beyond, nothing is changed: [`Edited::GroupsReached`].
        limit: Option<usize>,
    },
    /// Makes a topic of a chat known, as [`Edit::Enable`] does, so that something can be set there.
    AddTopic {
        /// The topic.
        topic: Address,
        /// Whose limits count there.
        owner: String,
        /// How many topics the chat may have; `None`: any number. Beyond, nothing is changed: [`Edited::TopicsReached`].
        limit: Option<usize>,
    },
    /// Whoever this stands before must still be in: otherwise nothing of the transaction is done, and the update that asked
    /// for it counts as having had its effect.
    IsIn {
        /// Whose row it is: a private chat, or a group.
        person: Address,
    },
    /// Puts somebody out, with the groups that they brought in and the invitations that they made and nobody has used:
    /// [`Edited::Expelled`]. Watches are not ended by it.
    Expel {
        /// A private chat, or a group.
        person: Address,
    },
    /// Withdraws an invitation. One that was used is [`Edited::BadInvite`].
    Revoke {
        /// Its code.
        code: String,
    },
    /// Makes whoever has the operator's own invitation the operator, as long as nobody is. Any other invitation, and one
    /// that somebody else has used or that is too old, is [`Edited::BadInvite`]. A group is [`Edited::NotForGroups`].
    BecomeOperator {
        /// Who: a private chat.
        person: Address,
        /// With which code.
        code: String,
    },
    /// Makes an invitation.
    Invite {
        /// Its code.
        code: String,
        /// By whom.
        made_by: String,
        /// Until when it can be used.
        expires_at: UnixMillis,
        /// How many they may make within 24 hours; `None`: any number. Beyond, none is made:
        /// [`Edited::InvitationsReached`].
        per_day: Option<usize>,
    },
}

/// A watch as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchEdit {
    /// Whose.
    pub destination: Address,
    /// Whose limits count, when the destination is new.
    pub owner: String,
    /// Of what.
    pub subject: SubjectRef,
    /// The subject's title, where known.
    pub title: Option<String>,
    /// The rules.
    pub rules: Vec<NewRule>,
    /// The settings.
    pub settings: Settings,
    /// `chat`, or the watch file.
    pub origin: String,
    /// What was just seen of the video.
    pub beginning: Option<Beginning>,
    /// How many watches the owner may have.
    pub limit: Option<usize>,
    /// How many videos the owner's watches may have together; `None`: any number.
    pub videos_limit: Option<VideosLimit>,
}

/// How many videos an owner may have, and how many a watch counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideosLimit {
    /// All watches of the owner may have so many together.
    pub limit: usize,
    /// The watch counts so many: 1, or what a channel or playlist has, as many as a list may hold at most.
    pub counted: usize,
}

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// A watch stands.
    Watched {
        /// Its row.
        subscription: SubscriptionId,
        /// Whether it is new (or was ended before).
        created: bool,
        /// Whether anything differs from before.
        changed: bool,
        /// How many videos the watch counts, and how many its owner has left, where they are counted.
        videos: Option<(usize, usize)>,
    },
    /// The watch would count more videos than the owner has left.
    VideosReached {
        /// How many the owner may have.
        limit: usize,
        /// How many are left.
        left: usize,
    },
    /// The owner has as many watches as allowed.
    LimitReached {
        /// The limit.
        limit: usize,
    },
    /// Done; so many rows were touched.
    Done(usize),
    /// A destination rings again.
    Unmuted {
        /// So many of its watches had a silence of their own, which ended with it.
        watches: usize,
    },
    /// There is nothing of that kind.
    NotFound,
    /// The invitation is unknown, used or expired.
    BadInvite,
    /// As many topics of the chat are known as may be.
    TopicsReached,
    /// Somebody has made as many invitations within a day as they may.
    InvitationsReached,
    /// Somebody has brought in as many groups as they may.
    GroupsReached {
        /// The limit.
        limit: usize,
    },
    /// Somebody is out, if they were in.
    Expelled {
        /// Whether they were.
        was_in: bool,
        /// The addresses of the groups that went with them.
        groups: Vec<String>,
        /// How many invitations were withdrawn.
        invitations: usize,
    },
    /// An invitation would let in a group: it stays unused.
    NotForGroups,
}

/// Which watches to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchFilter {
    /// All running ones.
    All,
    /// Those of a destination.
    Of(Address),
    /// One, by its row. One that has ended stands for the running watch that took its place: its chat, or what it
    /// watched, got a new name.
    One(SubscriptionId),
    /// Those that came with this origin.
    Origin(String),
}

/// A running watch.
#[derive(Debug, Clone)]
pub struct WatchRow {
    /// Its row.
    pub id: SubscriptionId,
    /// Where it rings.
    pub destination: DestinationRow,
    /// What is watched.
    pub subject: SubjectRef,
    /// Its title, where known.
    pub title: Option<String>,
    /// Members held and members in all, of a channel or playlist.
    pub members: Option<(usize, u64)>,
    /// Since when a channel or playlist is no longer there, if its watchers were told so.
    pub gone_since: Option<UnixMillis>,
    /// The texts of its rules.
    pub rules: Vec<String>,
    /// What it has set.
    pub settings: Settings,
    /// Muted until then.
    pub muted_until: Option<UnixMillis>,
    /// Where it came from.
    pub origin: String,
}

/// A running watch as far as a watch file can say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its row.
    pub id: SubscriptionId,
    /// The texts of its rules.
    pub rules: Vec<String>,
    /// What it has set.
    pub settings: Settings,
    /// Where it came from.
    pub origin: String,
}

/// What is at a pair of destination and subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchAt {
    /// The running watch.
    pub watch: Option<Standing>,
    /// Whether the destination has moved: the watch is then one of the place to which it has.
    pub moved: bool,
    /// The row of the subject. Watches of neighbouring rows lie together, and are best written together.
    pub subject: Option<i64>,
    /// The destination's row, and why nothing arrives there, if so.
    pub shut: Option<(DestinationId, Shut)>,
}

/// A destination, and what there is for it.
#[derive(Debug, Clone)]
pub struct DestinationState {
    /// Its row.
    pub row: DestinationRow,
    /// Its running watches.
    pub watches: usize,
    /// Messages that wait to be sent there, or to be tried again.
    pub waiting: usize,
}

/// How somebody, or a group, is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Since when.
    pub since: UnixMillis,
    /// Who made the invitation: a chat, or [`OPERATOR`](super::OPERATOR). `None`: there was none, or it is forgotten.
    pub invited_by: Option<String>,
    /// Of a group: the private chat of whoever brought it in. `None`: it counts for itself.
    pub brought_by: Option<Address>,
}

/// Somebody, or a group, and what stands in that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonState {
    /// The private chat, or the group.
    pub address: Address,
    /// How they are in; `None`: by the configuration alone, or not at all.
    pub row: Option<PersonRow>,
    /// Groups that they brought in.
    pub groups: usize,
    /// Running watches of this chat and its topics, without those of the groups.
    pub watches: usize,
    /// Invitations that they made and that can still be used.
    pub invitations: usize,
}

/// What one rule did about one video.
#[derive(Debug, Clone)]
pub struct RuleStory {
    /// Where it rings.
    pub address: Address,
    /// What its watch looks at: the video, or a channel or playlist in which it is.
    pub subject: SubjectRef,
    /// The title of that, where known.
    pub subject_title: Option<String>,
    /// The rule.
    pub rule: RuleId,
    /// Its text.
    pub rule_text: String,
    /// When it was made.
    pub since: UnixMillis,
    /// Whether it has ended.
    pub ended: bool,
    /// Its trigger: series, value on its scale.
    pub trigger: Option<(Series, i64)>,
    /// Whether the trigger waits for its first observation.
    pub unset: bool,
    /// Its last alerts, newest first: what was compared, what became of it and when, what the channel said.
    pub alerts: Vec<(Alert, Outcome, Option<UnixMillis>)>,
    /// Suppressions: reason, count, first, last.
    pub suppressions: Vec<(String, u64, UnixMillis, UnixMillis)>,
    /// The last counts known.
    pub now: Counts,
}

/// Recorded counts.
#[derive(Debug, Clone)]
pub struct History {
    /// The title.
    pub title: Option<String>,
    /// The router's last state.
    pub known: Option<Known>,
    /// Points: when, counts.
    pub points: Vec<(UnixMillis, Counts)>,
}

/// The sums over all alerts since the database was made: they go on over restarts.
///
/// Created and replayed ones together are those that wait, those in flight, and all that have ended or were folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Alerts that were made.
    pub created: u64,
    /// Ends that were taken back: dead letters that were queued again.
    pub replayed: u64,
    /// Put into an earlier alert of the same rule and video that waited.
    pub folded: u64,
    /// Told.
    pub sent: u64,
    /// Not told on purpose, in the order of [`CancelReason::ALL`].
    pub cancelled: [u64; CancelReason::ALL.len()],
    /// Not told, because they could not be.
    pub dead: u64,
}

impl Ledger {
    /// How many have not ended, as the sums say.
    #[must_use]
    pub fn open(&self) -> u64 {
        let ended = self.folded + self.sent + self.dead + self.cancelled.iter().sum::<u64>();
        (self.created + self.replayed).saturating_sub(ended)
    }
}

/// What can be said at any time at the same small cost, however much there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// The sums over all alerts.
    pub ledger: Ledger,
    /// Snapshots in the log that were not routed yet.
    pub log_backlog: u64,
    /// How long the most overdue lane has waited, in the order of [`Channel::ALL`].
    pub oldest_due: [Option<Duration>; Channel::ALL.len()],
    /// How long the most overdue video has waited for a look.
    pub poll_overdue: Option<Duration>,
    /// Notifications that are on their way now, in the order of [`Channel::ALL`].
    pub in_flight: [u64; Channel::ALL.len()],
    /// Notifications in the dead letters, counted up to ten thousand.
    pub dead_letters: u64,
    /// Size of the database, in bytes.
    pub bytes: u64,
    /// Of these, what is free for new rows.
    pub free_bytes: u64,
    /// Size of the write-ahead log, in bytes.
    pub wal_bytes: u64,
    /// What each thread of the store did.
    pub threads: Vec<ThreadWork>,
    /// How many of the store's answers were errors since the start, by [`StoreError::class`].
    ///
    /// [`StoreError::class`]: super::StoreError::class
    pub errors: Vec<(&'static str, u64)>,
}

/// What a thread of the store did since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadWork {
    /// Its name.
    pub name: &'static str,
    /// Transactions.
    pub jobs: u64,
    /// How long it worked on them.
    pub busy: Duration,
    /// Jobs that wait for it now.
    pub queued: u64,
}

/// What is counted. All of it sees one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Videos that are polled.
    pub videos: u64,
    /// Running watches.
    pub watches: u64,
    /// Snapshots in the log that were not routed yet.
    pub log_backlog: u64,
    /// Pieces of fan-out left over.
    pub fanouts: u64,
    /// Lanes with something due.
    pub lanes_due: u64,
    /// How long the most overdue lane has waited.
    pub oldest_due: Option<Duration>,
    /// Alerts that are neither told nor cancelled nor given up.
    pub alerts_waiting: u64,
    /// Of these, the ones in a notification: on its way, or to be tried again.
    pub alerts_in_flight: u64,
    /// The sums over all alerts.
    pub ledger: Ledger,
    /// Notifications in the dead letters.
    pub dead_letters: u64,
    /// Rows by table. A long history is counted over several calls: its number may be of some time ago.
    pub rows: Vec<(&'static str, u64)>,
    /// Size of the database, in bytes.
    pub bytes: u64,
}

impl Figures {
    /// How many alerts the sums miss, or have too many (negative): 0 unless there is a defect or a damaged row.
    #[must_use]
    pub fn unaccounted(&self) -> i64 {
        self.ledger.open().cast_signed().saturating_sub(self.alerts_waiting.cast_signed())
    }
}

/// How far an older database was brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// It is as this version makes it.
    Done,
    /// What routing has left over comes first: [`super::Store::fan_out`] is to be called until nothing is left.
    FanOut,
    /// So many pieces of so many.
    UnderWay {
        /// Done.
        done: u64,
        /// In all.
        of: u64,
    },
}

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Statistics. YouTube's terms allow 30 days (Developer Policies III.E.4.d).
    pub statistics: Duration,
    /// Ended alerts, notifications and suppressions.
    pub alerts: Duration,
}
