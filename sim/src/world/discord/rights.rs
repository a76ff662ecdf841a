//! What people and bots may do in a guild, and how that is computed.
//!
//! Source: <https://discord.com/developers/docs/topics/permissions> (read 2026-11).

use std::ops::{BitAnd, BitOr, Not};

use super::{Channel, Guild, Whom};

/// A set of rights. The bits are Discord's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(pub u64);

impl Rights {
    /// None at all.
    pub const NONE: Rights = Rights(0);
    /// Whoever has it has all others, whatever a channel says.
    pub const ADMINISTRATOR: Rights = Rights(1 << 3);
    /// May change channels.
    pub const MANAGE_CHANNELS: Rights = Rights(1 << 4);
    /// May change the guild; who decides what a bot does there.
    pub const MANAGE_GUILD: Rights = Rights(1 << 5);
    /// Sees the channel.
    pub const VIEW_CHANNEL: Rights = Rights(1 << 10);
    /// May write in channels, threads aside.
    pub const SEND_MESSAGES: Rights = Rights(1 << 11);
    /// May delete messages of others.
    pub const MANAGE_MESSAGES: Rights = Rights(1 << 13);
    /// Their embeds are shown.
    pub const EMBED_LINKS: Rights = Rights(1 << 14);
    /// May bring files along.
    pub const ATTACH_FILES: Rights = Rights(1 << 15);
    /// May look at messages of the past.
    pub const READ_MESSAGE_HISTORY: Rights = Rights(1 << 16);
    /// May ring everybody, and roles that others can't mention.
    pub const MENTION_EVERYONE: Rights = Rights(1 << 17);
    /// May make webhooks.
    pub const MANAGE_WEBHOOKS: Rights = Rights(1 << 29);
    /// May use commands of bots.
    pub const USE_APPLICATION_COMMANDS: Rights = Rights(1 << 31);
    /// May open locked threads.
    pub const MANAGE_THREADS: Rights = Rights(1 << 34);
    /// May write in threads.
    pub const SEND_MESSAGES_IN_THREADS: Rights = Rights(1 << 38);
    /// All that there are.
    pub const ALL: Rights = Rights((1 << 53) - 1);
    /// What everybody may do in a new guild: look, write, embed, attach, use commands.
    pub const EVERYBODY: Rights = Rights(
        Rights::VIEW_CHANNEL.0
            | Rights::SEND_MESSAGES.0
            | Rights::EMBED_LINKS.0
            | Rights::ATTACH_FILES.0
            | Rights::READ_MESSAGE_HISTORY.0
            | Rights::USE_APPLICATION_COMMANDS.0
            | Rights::SEND_MESSAGES_IN_THREADS.0,
    );
    /// What both may do in a conversation.
    pub(crate) const CONVERSATION: Rights = Rights::EVERYBODY;

    /// Whether all of `wanted` are among them.
    #[must_use]
    pub const fn have(self, wanted: Rights) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

impl BitOr for Rights {
    type Output = Rights;

    fn bitor(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }
}

impl BitAnd for Rights {
    type Output = Rights;

    fn bitand(self, other: Rights) -> Rights {
        Rights(self.0 & other.0)
    }
}

impl Not for Rights {
    type Output = Rights;

    fn not(self) -> Rights {
        Rights(!self.0)
    }
}

/// What a member may do in the guild as a whole.
pub(super) fn in_guild(guild: &Guild, user: u64) -> Rights {
    let Some(member) = guild.members.get(&user) else { return Rights::NONE };
    if guild.owner == user {
        return Rights::ALL;
    }
    let everybody = guild.roles.get(&guild.id).map_or(Rights::NONE, |role| role.rights);
    let own = member.roles.iter().filter_map(|role| guild.roles.get(role));
    let rights = own.fold(everybody, |rights, role| rights | role.rights);
    if rights.have(Rights::ADMINISTRATOR) { Rights::ALL } else { rights }
}

/// What a member may do in a channel of it.
pub(super) fn in_channel(guild: &Guild, channel: &Channel, user: u64) -> Rights {
    let mut rights = in_guild(guild, user);
    if rights.have(Rights::ADMINISTRATOR) || rights == Rights::NONE {
        return rights;
    }
    let Some(member) = guild.members.get(&user) else { return Rights::NONE };
    // Everybody first, then all roles together, then the member: what comes later wins.
    let concerns: [&dyn Fn(Whom) -> bool; 3] = [
        &|whom| whom == Whom::Role(guild.id),
        &|whom| matches!(whom, Whom::Role(role) if role != guild.id && member.roles.contains(&role)),
        &|whom| whom == Whom::Member(user),
    ];
    for concerns in concerns {
        let (mut allow, mut deny) = (Rights::NONE, Rights::NONE);
        for overwrite in channel.overwrites.iter().filter(|overwrite| concerns(overwrite.whom)) {
            allow = allow | overwrite.allow;
            deny = deny | overwrite.deny;
        }
        rights = (rights & !deny) | allow;
    }
    if rights.have(Rights::VIEW_CHANNEL) { rights } else { Rights::NONE }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::Timestamp;

    use super::super::{ChannelKind, Member, Overwrite, Role};
    use super::*;

    fn guild(roles: &[(u64, Rights)], own: &[u64]) -> Guild {
        let role = |(id, rights): &(u64, Rights)| {
            let role =
                Role { id: *id, name: String::new(), rights: *rights, is_mentionable: false };
            (*id, role)
        };
        let member = Member {
            roles: own.iter().copied().collect::<BTreeSet<_>>(),
            joined_at: Timestamp::UNIX_EPOCH,
        };
        Guild {
            id: 1,
            name: String::new(),
            owner: 9,
            roles: roles.iter().map(role).collect(),
            members: BTreeMap::from([(7, member.clone()), (9, member)]),
            is_away: false,
        }
    }

    fn channel(overwrites: &[(Whom, Rights, Rights)]) -> Channel {
        let mut channel = Channel::new(5, ChannelKind::Text, "x");
        let overwrite = |(whom, allow, deny): &(Whom, Rights, Rights)| Overwrite {
            whom: *whom,
            allow: *allow,
            deny: *deny,
        };
        channel.overwrites = overwrites.iter().map(overwrite).collect();
        channel
    }

    #[test]
    fn what_a_channel_says_of_a_member_wins_over_roles_and_these_over_everybody() {
        let guild = guild(&[(1, Rights::EVERYBODY), (2, Rights::NONE)], &[2]);
        let (see, send) = (Rights::VIEW_CHANNEL, Rights::SEND_MESSAGES);
        let may = |overwrites: &[_]| in_channel(&guild, &channel(overwrites), 7);
        let shut = (Whom::Role(1), Rights::NONE, send);
        let open = (Whom::Role(2), send, Rights::NONE);
        assert!(may(&[]).have(send));
        assert!(!may(&[shut]).have(send));
        assert!(may(&[open, shut]).have(send));
        assert!(!may(&[shut, open, (Whom::Member(7), Rights::NONE, send)]).have(send));
        assert_eq!(may(&[(Whom::Role(1), Rights::NONE, see)]), Rights::NONE);
    }

    #[test]
    fn owners_and_administrators_may_everything_and_strangers_nothing() {
        let shut = channel(&[(Whom::Role(1), Rights::NONE, Rights::ALL)]);
        let plain = guild(&[(1, Rights::EVERYBODY), (2, Rights::ADMINISTRATOR)], &[]);
        assert_eq!(in_channel(&plain, &shut, 9), Rights::ALL);
        assert_eq!(in_channel(&plain, &shut, 7), Rights::NONE);
        assert_eq!(in_channel(&plain, &shut, 8), Rights::NONE);
        let powerful = guild(&[(1, Rights::EVERYBODY), (2, Rights::ADMINISTRATOR)], &[2]);
        assert_eq!(in_channel(&powerful, &shut, 7), Rights::ALL);
    }
}
