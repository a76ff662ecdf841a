//! The channels, and what differs between them: one table, which the compiler asks for when a channel is added.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The means by which a destination is reached: one notifier each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A Telegram chat.
    Telegram,
    /// A channel or a person of Discord's, reached by our bot.
    Discord,
    /// A channel of Discord's, reached by a webhook of it and without a bot.
    #[serde(rename = "discord-webhook")]
    DiscordWebhook,
    /// A mailbox.
    Email,
    /// An HTTP endpoint of somebody's program.
    Webhook,
    /// The process itself: keeps what was sent, for tests and the demo.
    Recorder,
}

impl Channel {
    /// All channels.
    pub const ALL: [Channel; 6] = [
        Channel::Telegram,
        Channel::Discord,
        Channel::DiscordWebhook,
        Channel::Email,
        Channel::Webhook,
        Channel::Recorder,
    ];

    /// The word in front of the colon of an address; also the name in metrics and the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Telegram => "telegram",
            Channel::Discord => "discord",
            Channel::DiscordWebhook => "discord-webhook",
            Channel::Email => "email",
            Channel::Webhook => "webhook",
            Channel::Recorder => "recorder",
        }
    }

    /// What differs from other channels. Whoever does not speak to the channel itself asks here, never which one it is.
    #[must_use]
    pub const fn traits(self) -> Traits {
        match self {
            Channel::Telegram => Traits {
                is_chat: true,
                is_told_each_video: false,
                slots: 1,
                receivers: Receivers::OneService,
                reads_texts: true,
                invitation_link: Some(InvitationLink::TELEGRAM),
                names_floods: false,
                can_edit: true,
                shows_pictures: true,
                deciders: Deciders::Administrators,
                has_servers: false,
                mailbox: None,
                is_for_tests: false,
            },
            Channel::Discord => Traits {
                is_chat: true,
                is_told_each_video: false,
                slots: 1,
                receivers: Receivers::OneService,
                reads_texts: false,
                invitation_link: None,
                names_floods: true,
                can_edit: true,
                shows_pictures: true,
                deciders: Deciders::ServerManagers,
                has_servers: true,
                mailbox: None,
                is_for_tests: false,
            },
            Channel::DiscordWebhook => Traits {
                is_chat: false,
                is_told_each_video: false,
                slots: 1,
                receivers: Receivers::OneService,
                reads_texts: false,
                invitation_link: None,
                names_floods: true,
                can_edit: true,
                shows_pictures: true,
                deciders: Deciders::Administrators,
                has_servers: false,
                mailbox: None,
                is_for_tests: false,
            },
            Channel::Email => Traits {
                is_chat: false,
                is_told_each_video: false,
                slots: 1,
                receivers: Receivers::OneService,
                reads_texts: false,
                invitation_link: None,
                names_floods: true,
                can_edit: false,
                shows_pictures: true,
                deciders: Deciders::Administrators,
                has_servers: false,
                mailbox: Some(Mailbox::EMAIL),
                is_for_tests: false,
            },
            Channel::Webhook => Traits {
                is_chat: false,
                is_told_each_video: true,
                slots: 16,
                receivers: Receivers::Servers,
                reads_texts: false,
                invitation_link: None,
                names_floods: true,
                can_edit: false,
                shows_pictures: false,
                deciders: Deciders::Administrators,
                has_servers: false,
                mailbox: None,
                is_for_tests: false,
            },
            Channel::Recorder => Traits {
                is_chat: false,
                is_told_each_video: false,
                slots: 16,
                receivers: Receivers::Ourselves,
                reads_texts: false,
                invitation_link: None,
                names_floods: true,
                can_edit: true,
                shows_pictures: false,
                deciders: Deciders::Administrators,
                has_servers: false,
                mailbox: None,
                is_for_tests: true,
            },
        }
    }
}

impl Channel {
    /// The channel that has mailboxes.
    #[must_use]
    pub fn of_mailboxes() -> Option<(Channel, Mailbox)> {
        Channel::ALL.into_iter().find_map(|channel| Some((channel, channel.traits().mailbox?)))
    }

    /// The channel that somebody means where they name one at which people can be reached, in any case.
    #[must_use]
    pub fn meant_by(word: &str) -> Option<Channel> {
        let word = word.to_ascii_lowercase();
        let is_it = |channel: &Channel| {
            let traits = channel.traits();
            let others = traits.mailbox.map(|mailbox| mailbox.other_names).unwrap_or_default();
            (traits.is_chat || traits.mailbox.is_some())
                && (channel.name() == word || others.contains(&word.as_str()))
        };
        Channel::ALL.into_iter().find(is_it)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What differs between channels, for all who decide by it. A field is here because somebody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// Whether people read it and write back: whoever is let in is let in there, and writing there shows that it can be
    /// reached.
    pub is_chat: bool,
    /// Whether each video has a message of its own, for programs; people get one about all that waits for a watch.
    pub is_told_each_video: bool,
    /// Messages of one lane that may be under way at once: 1 where people read them in their order, more where a server
    /// takes several at once. A lane that fails has one, whatever stands here.
    pub slots: u32,
    /// Who takes the messages.
    pub receivers: Receivers,
    /// Whether we read what people write beside commands, so that they can send a link; where not, commands come with named
    /// parts.
    pub reads_texts: bool,
    /// The link that leads a person to our bot with an invitation in it, where the channel has such links.
    pub invitation_link: Option<InvitationLink>,
    /// Whether a wait that is for all receivers is told as such. Where it is not, several that are asked to wait at once mean
    /// all of them.
    pub names_floods: bool,
    /// Whether a message can be replaced after it was sent: cards are such messages.
    pub can_edit: bool,
    /// Whether pictures go along with its messages.
    pub shows_pictures: bool,
    /// Who decides for a chat of several people.
    pub deciders: Deciders,
    /// Whether its chats of several people are channels of a server, which is one group: one of them can be the place where
    /// all that the server watches rings, its feed.
    pub has_servers: bool,
    /// Whether its addresses are mailboxes, and how people write one. Whoever enters one has to be its reader, which is asked there.
    pub mailbox: Option<Mailbox>,
    /// Whether no configuration switches it on: figures leave it out.
    pub is_for_tests: bool,
}

/// Who decides for a chat of several people, by the name that the service has for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deciders {
    /// Its administrators.
    Administrators,
    /// Whoever has the permission “Manage Server”.
    ServerManagers,
}

/// A link that leads a person to our bot with an invitation in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationLink {
    /// What stands before the name of the bot.
    before_bot: &'static str,
    /// What stands between the name and the code of the invitation.
    before_code: &'static str,
}

impl InvitationLink {
    /// Source: <https://core.telegram.org/bots/features#deep-linking> (2026-11).
    pub const TELEGRAM: InvitationLink =
        InvitationLink { before_bot: "https://t.me/", before_code: "?start=" };

    /// The link to the bot of that name (without `@`) with an invitation of that code.
    #[must_use]
    pub fn to(self, bot: &str, code: &str) -> String {
        format!("{}{bot}{}{code}", self.before_bot, self.before_code)
    }
}

/// How people write a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailbox {
    /// One that nobody has, whole.
    pub example: &'static str,
    /// What people call the channel beside its name.
    pub other_names: [&'static str; 2],
}

impl Mailbox {
    const EMAIL: Mailbox =
        Mailbox { example: "email:you@example.org", other_names: ["mail", "e-mail"] };
}

/// Who takes the messages of a channel, and so whom a failure concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receivers {
    /// One service stands behind all: what it fails at several times in a row, it fails at for everyone.
    OneService,
    /// Servers of others, each for itself: those that hang must not hold all requests.
    Servers,
    /// This process.
    Ourselves,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_stands_in_all_under_its_own_name() {
        for (index, channel) in Channel::ALL.into_iter().enumerate() {
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.name());
            let place = Channel::ALL.iter().position(|other| other.name() == channel.name());
            assert_eq!(place, Some(index), "{channel}");
        }
    }

    #[test]
    fn people_read_one_message_after_the_other_and_programs_several_at_once() {
        for channel in Channel::ALL {
            let Traits { is_chat, is_told_each_video, slots, .. } = channel.traits();
            assert!(!is_chat || slots == 1, "{channel}");
            assert!(!is_told_each_video || slots > 1, "{channel}");
            assert!(!(is_chat && is_told_each_video), "{channel}");
        }
    }

    #[test]
    fn people_name_the_channels_at_which_they_can_be_reached() {
        for (word, meant) in [
            ("email", Some(Channel::Email)),
            ("E-Mail", Some(Channel::Email)),
            ("telegram", Some(Channel::Telegram)),
            ("Discord", Some(Channel::Discord)),
            ("webhook", None),
            ("", None),
        ] {
            assert_eq!(Channel::meant_by(word), meant, "{word}");
        }
        let (channel, mailbox) = Channel::of_mailboxes().unwrap();
        let example: crate::model::Address = mailbox.example.parse().unwrap();
        assert_eq!(example.channel(), channel);
    }

    #[test]
    fn an_invitation_stands_in_its_link_behind_the_name_of_the_bot() {
        let link = InvitationLink::TELEGRAM.to("bell_bot", "q1w2-e3_");
        assert_eq!(link, "https://t.me/bell_bot?start=q1w2-e3_");
    }
}
