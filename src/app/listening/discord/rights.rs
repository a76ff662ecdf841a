//! Permissions in Discord: who decides for a server, and what we need to ring in a channel.

use serenity::all::Permissions;

/// What we need where something rings, by the names that Discord's clients have for it.
const NEEDED: [(Permissions, &str); 4] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (Permissions::EMBED_LINKS, "Embed Links"),
    (Permissions::ATTACH_FILES, "Attach Files"),
];

/// In a thread, instead of “Send Messages”.
const IN_THREADS: (Permissions, &str) =
    (Permissions::SEND_MESSAGES_IN_THREADS, "Send Messages in Threads");

/// Whether whoever has these permissions decides for a server. Administrators have every permission, but only some answers
/// spell that out.
pub(super) fn may_decide(theirs: Permissions) -> bool {
    theirs.intersects(Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR)
}

/// What we lack to ring in a channel where we have these permissions.
pub(super) fn lacking(ours: Permissions, is_thread: bool) -> Vec<&'static str> {
    if ours.contains(Permissions::ADMINISTRATOR) {
        return Vec::new();
    }
    let lacks = |(needed, _): &(Permissions, &str)| !ours.contains(*needed);
    let needed = NEEDED.into_iter().map(|needed| match needed {
        (Permissions::SEND_MESSAGES, _) if is_thread => IN_THREADS,
        needed => needed,
    });
    needed.filter(lacks).map(|(_, name)| name).collect()
}

/// Whether a mention of a role by us is heard.
pub(super) fn may_mention(is_mentionable: bool, ours: Permissions) -> bool {
    is_mentionable || ours.intersects(Permissions::MENTION_EVERYONE | Permissions::ADMINISTRATOR)
}

/// The link by which a server gets the bot, with no more permissions than it needs.
/// Source: <https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow> (2026-11).
pub(super) fn install_link(application: u64) -> String {
    let needed = NEEDED.into_iter().chain([IN_THREADS]).map(|(needed, _)| needed);
    let needed = needed.fold(Permissions::empty(), |all, one| all | one).bits();
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={needed}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_asks_for_what_is_needed_and_no_more() {
        let link = install_link(42);
        assert!(
            link.contains("client_id=42") && link.ends_with("permissions=274877959168"),
            "{link}"
        );
    }

    #[test]
    fn what_is_lacking_is_named() {
        let all = Permissions::from_bits_truncate(274_877_959_168);
        assert!(lacking(all, false).is_empty() && lacking(all, true).is_empty());
        assert!(lacking(Permissions::ADMINISTRATOR, true).is_empty());
        let mute = all - Permissions::SEND_MESSAGES - Permissions::ATTACH_FILES;
        assert_eq!(lacking(mute, false), ["Send Messages", "Attach Files"]);
        assert_eq!(lacking(mute, true), ["Attach Files"]);
        assert_eq!(lacking(Permissions::empty(), true).len(), 4);
    }

    #[test]
    fn managers_of_a_server_and_administrators_decide() {
        assert!(may_decide(Permissions::MANAGE_GUILD) && may_decide(Permissions::ADMINISTRATOR));
        assert!(!may_decide(Permissions::MANAGE_CHANNELS) && !may_decide(Permissions::empty()));
    }

    #[test]
    fn a_role_is_heard_that_everyone_may_mention_or_we_may() {
        assert!(may_mention(true, Permissions::empty()));
        assert!(may_mention(false, Permissions::MENTION_EVERYONE));
        assert!(!may_mention(false, Permissions::SEND_MESSAGES));
    }
}
