//! What it means that a connection to the gateway is over, and the table of the codes with which Discord closes one.
//!
//! Source: <https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes> (2026-11).

/// What has to follow a connection that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Another connection goes on with the session.
    Resume,
    /// The session is no more: another one begins.
    Anew,
    /// Discord wants more connections than there are: all begin anew, as many as it says then.
    Recount,
    /// Nothing: each further connection would be closed as well.
    Nothing,
}

/// A connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Over {
    pub(super) after: After,
    /// Why, in words for the operator.
    pub(super) why: &'static str,
    /// It belongs to the life of a connection, and is worth no line if the connection stood.
    pub(super) is_usual: bool,
}

impl Over {
    /// It belongs to the life of a connection.
    pub(super) const fn usual(after: After, why: &'static str) -> Over {
        Over { after, why, is_usual: true }
    }

    /// It is worth a line.
    pub(super) const fn odd(after: After, why: &'static str) -> Over {
        Over { after, why, is_usual: false }
    }
}

/// What it means that Discord has closed a connection with this code, or without any.
pub(super) fn closed(code: Option<u16>) -> Over {
    use After::{Anew, Nothing, Recount, Resume};
    match code {
        None => Over::usual(Resume, "the connection to the gateway of Discord broke"),
        Some(1000 | 1001) => Over::usual(Resume, "the gateway of Discord went away"),
        Some(4000) => Over::usual(Resume, "the gateway of Discord failed (4000)"),
        Some(4001) => {
            Over::odd(Resume, "Discord does not know what was asked (4001): a fault of tubebell's")
        }
        Some(4002) => {
            Over::odd(Resume, "Discord can't read what was asked (4002): a fault of tubebell's")
        }
        Some(4003) => Over::odd(Anew, "Discord says that no session had begun (4003)"),
        Some(4004) => Over::odd(
            Nothing,
            "Discord refuses the bot (the token is not valid): check discord.token, the Developer Portal shows a new one under Bot",
        ),
        Some(4005) => Over::odd(Resume, "Discord says that a session had begun already (4005)"),
        Some(4007) => Over::odd(Anew, "Discord can't go on with the session (4007)"),
        Some(4008) => Over::odd(Resume, "Discord was asked too much at once (4008)"),
        Some(4009) => Over::usual(Anew, "the session at the gateway of Discord is too old (4009)"),
        Some(4010) => Over::odd(
            Nothing,
            "Discord refuses the number of the connection (4010): a fault of tubebell's",
        ),
        Some(4011) => {
            Over::odd(Recount, "the bot is in too many servers for so few connections (4011)")
        }
        Some(4012) => Over::odd(
            Nothing,
            "Discord does not speak this version of the gateway any more (4012): update tubebell",
        ),
        Some(4013) => Over::odd(
            Nothing,
            "Discord does not know the intents that were asked for (4013: Guilds): a fault of tubebell's",
        ),
        Some(4014) => Over::odd(
            Nothing,
            "Discord does not allow the bot the intents that were asked for (4014: Guilds): the Developer Portal shows them under Bot",
        ),
        Some(_) => Over::usual(Resume, "the gateway of Discord has closed the connection"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_each_code_comes_what_discord_asks_for() {
        use After::{Anew, Nothing, Recount, Resume};
        for (codes, after) in [
            (vec![1000, 1001, 1006, 1011, 1012, 4000, 4001, 4002, 4005, 4006, 4008, 4999], Resume),
            (vec![4003, 4007, 4009], Anew),
            (vec![4011], Recount),
            (vec![4004, 4010, 4012, 4013, 4014], Nothing),
        ] {
            for code in codes {
                assert_eq!(closed(Some(code)).after, after, "{code}");
            }
        }
        assert_eq!(closed(None).after, Resume);
    }

    #[test]
    fn what_needs_a_hand_says_what_to_do() {
        let why = |code| closed(Some(code)).why;
        assert!(why(4004).contains("discord.token"));
        for code in [4013, 4014] {
            assert!(why(code).contains("intents") && !why(code).contains("token"), "{code}");
        }
        for code in (4000..=4014).filter(|code| closed(Some(*code)).after == After::Nothing) {
            assert!(!closed(Some(code)).is_usual, "{code}");
        }
    }
}
