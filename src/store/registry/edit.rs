//! What a command or a watch file changes, and what it did.

use super::account::{AskedEnough, ReaderEdit};
use crate::model::{
    Address, Body, NextTrigger, Owner, Series, Settings, Snapshot, SubjectRef, SubscriptionId,
    UnixMillis, VideoId,
};
use crate::store::stream::FirstLook;

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
    pub start: Option<Option<NextTrigger>>,
}

/// Where the poller begins with a video that was just looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The poller's memory.
    pub memory: String,
    /// What was seen. It is routed with the watch, ahead of its rules: whatever differs from it later is a change.
    pub snapshot: Snapshot,
    /// Routes it.
    pub first_look: FirstLook,
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
    /// Makes a card, or makes one anew that stands already: its older message is edited no more.
    Card(Box<CardEdit>),
    /// Ends a card of a destination, or all.
    EndCards {
        /// Whose.
        destination: Address,
        /// Of which video; `None`: all.
        video: Option<VideoId>,
    },
    /// Mutes (or, with `None`, unmutes) a destination or one of its watches; what waits is cancelled, and what a digest has
    /// collected stays for after the mute. Unmuting a destination ends the silence of its single watches too, see
    /// [`Edited::Unmuted`].
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
    /// Tells at once, ahead of their time, what the digests of a destination have collected: [`Edited::Done`] with how many
    /// of them have something to tell, or [`Edited::NotFound`].
    DigestNow {
        /// Whose.
        destination: Address,
    },
    /// Makes a destination known, and reachable again if it was disabled.
    Enable {
        /// Which; every thread of the chat, where it names none.
        destination: Address,
        /// Whose limits count, when it is new.
        owner: Owner,
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
    /// Whoever reads at a destination ends it: it is off, and stays so until [`Edit::Allow`]. Makes it known, where it is not.
    Refuse {
        /// Which.
        destination: Address,
    },
    /// What its reader has ended may be made on again, as by [`Edit::Alive`].
    Allow {
        /// Which.
        destination: Address,
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
        owner: Owner,
        /// How many groups they may bring in; `None`: any number. Beyond, nothing is changed: [`Edited::GroupsReached`].
        limit: Option<usize>,
    },
    /// Makes a topic of a chat known, as [`Edit::Enable`] does, so that something can be set there.
    AddTopic {
        /// The topic.
        topic: Address,
        /// The server of which it is a place, where it is one; then the limit is the server's.
        part_of: Option<Address>,
        /// Whose limits count there.
        owner: Owner,
        /// How many topics the chat may have; `None`: any number. Beyond, nothing is changed: [`Edited::TopicsReached`].
        limit: Option<usize>,
    },
    /// Makes a place the feed of a server, where all that it watches rings, instead of any other. A place that is not known, and
    /// with `None` a server that has no feed, is [`Edited::NotFound`].
    Feed {
        /// The server.
        server: Address,
        /// The place; `None`: the server has no feed any more.
        place: Option<Address>,
    },
    /// The bot was removed from a server: all of its places are off.
    Gone {
        /// The server.
        server: Address,
        /// Why.
        reason: String,
    },
    /// A server is back: those of its places are on that [`Edit::Gone`] took off for this reason.
    Back {
        /// The server.
        server: Address,
        /// The reason.
        reason: String,
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
        made_by: Owner,
        /// Until when it can be used.
        expires_at: UnixMillis,
        /// How many they may make within 24 hours, and none by whoever was unlinked within these; `None`: any number. Beyond, none is made:
        /// [`Edited::InvitationsReached`].
        per_day: Option<usize>,
    },
    /// Makes a code: whoever types it at another address becomes one person with whoever asked for it. What they asked for
    /// before and nobody has typed is void. [`Edited::NotForGroups`] where a group asks.
    MakeLinkCode {
        /// Who asks: a private chat.
        by: Address,
        /// The code.
        code: String,
        /// Until when it can be used.
        expires_at: UnixMillis,
    },
    /// Asks the reader of a mailbox: [`Edited::Done`] with 1, or with 0 where the address is theirs already;
    /// [`Edited::AskedEnough`]; [`Edited::Refused`]; [`Edited::NotForGroups`].
    AskReader(Box<ReaderEdit>),
    /// Uses a code: [`Edited::Linked`], [`Edited::BadCode`], [`Edited::NotForGroups`], or [`Edited::AddressesReached`].
    Link {
        /// Its code.
        code: String,
        /// Where it is typed; `None`: the reader of the mailbox uses it who was asked by it.
        at: Option<Address>,
        /// What is told where the code was made, once it is used.
        told: Option<Body>,
    },
    /// Takes an address out of those of its person: [`Edited::Unlinked`], or [`Edited::NotFound`] where it is their only one.
    /// Whoever had come in at it stays in with what is theirs; where nobody has at any of the others, these are out. What rings
    /// at an address that is out ends.
    Unlink {
        /// Which.
        address: Address,
        /// Whether it may use tubebell without its person: by the configuration.
        is_in: bool,
        /// The same of any of the others.
        others_are_in: bool,
    },
    /// Tells something at a destination that stands, like any other message; [`Edited::NotFound`] where none does.
    Tell {
        /// Which.
        to: Address,
        /// What.
        body: Body,
    },
    /// Ends and forgets all that is somebody's: [`Edited::Erased`]. Groups that they brought in stay where they are, and are out
    /// until somebody else brings them in.
    Erase {
        /// One of their addresses.
        person: Address,
    },
}

/// A watch as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchEdit {
    /// Whose.
    pub destination: Address,
    /// Whose limits count, when the destination is new.
    pub owner: Owner,
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

/// A card as asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct CardEdit {
    /// Where it is to stand.
    pub destination: Address,
    /// Whose limits count, when the destination is new.
    pub owner: Owner,
    /// Whose numbers.
    pub video: VideoId,
    /// What was just seen of the video.
    pub beginning: Option<Beginning>,
    /// How many cards the chat may have, with all its topics.
    pub per_chat: usize,
    /// How many videos the owner's watches and cards may have together; `None`: any number.
    pub videos_limit: Option<usize>,
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
    /// The watch or card would count more videos than the owner has left.
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
    /// A card stands, or is about to.
    Carded {
        /// Whether one of the same video stood there before.
        is_again: bool,
    },
    /// The chat has as many cards as allowed.
    CardsReached {
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
    /// An invitation or a code would let in a group: it stays unused.
    NotForGroups,
    /// The code is unknown, used or expired, or not for this.
    BadCode,
    /// An address is one of a person's.
    Linked {
        /// Which.
        address: Address,
        /// Whether it was before: then the code stays unused.
        was_theirs: bool,
    },
    /// Somebody has as many addresses as they may.
    AddressesReached {
        /// The limit.
        limit: usize,
    },
    /// As many readers were asked within a day as may be.
    AskedEnough(AskedEnough),
    /// The reader of a mailbox has ended its mails.
    Refused,
    /// An address is on its own.
    Unlinked {
        /// Whether it is still in; otherwise its watches have ended.
        is_in: bool,
        /// How many watches it has, or had.
        watches: usize,
        /// Whether the others were in by it alone: they are out, and their watches have ended.
        others_are_out: bool,
    },
    /// All is forgotten that was somebody's.
    Erased {
        /// How many watches have ended.
        watches: usize,
    },
}
