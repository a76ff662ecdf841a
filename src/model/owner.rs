//! Whose limits count for what is watched somewhere.

use std::fmt;

use super::address::Address;

/// The word that stands for [`Owner::Operator`].
const OPERATOR: &str = "operator";

/// Whose limits count for a destination; also who made an invitation.
///
/// Written as a word, which the store keeps. Whatever is not the operator's word names a chat, so rubbish is a chat that
/// nobody has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// Whoever runs this installation: what the configuration and their files bring is theirs, and nothing limits it.
    Operator,
    /// The private chat of a person, by its lane; or a group that counts for itself.
    Chat(String),
}

impl Owner {
    /// Whoever is behind a chat, whatever its threads.
    #[must_use]
    pub fn of(chat: &Address) -> Owner {
        Owner::Chat(chat.lane())
    }

    /// Whether it is the operator, whom nothing limits.
    #[must_use]
    pub const fn is_operator(&self) -> bool {
        matches!(self, Owner::Operator)
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Owner::Operator => OPERATOR,
            Owner::Chat(lane) => lane,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for Owner {
    fn from(word: String) -> Owner {
        if word == OPERATOR { Owner::Operator } else { Owner::Chat(word) }
    }
}

impl From<&str> for Owner {
    fn from(word: &str) -> Owner {
        word.to_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_read_back_from_its_word() {
        for (word, is_operator) in
            [("operator", true), ("telegram:5", false), ("Operator", false), ("", false)]
        {
            let owner = Owner::from(word);
            assert_eq!((owner.as_str(), owner.is_operator()), (word, is_operator));
        }
        let topic: Address = "telegram:-100/7".parse().unwrap();
        assert_eq!(Owner::of(&topic), "telegram:-100".into());
    }
}
