//! Whose limits count for what is watched somewhere.

use super::address::Address;

/// The row of a person: the operator, a human or a group. No other person gets it afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey(pub i64);

impl PersonKey {
    /// Whoever runs this installation. What the configuration and their files bring belongs to this row, whoever they are.
    pub const OPERATOR: PersonKey = PersonKey(1);
}

/// Whose limits count for a destination; also who made an invitation.
///
/// People go by an address here, because whoever comes for the first time has no row yet. The store gives whoever has
/// several by the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Whoever runs this installation: nothing limits what is theirs.
    Operator,
    /// A human, by their private chat; or a group that counts for itself.
    Person(Address),
}

impl Owner {
    /// Whoever is behind a chat, whatever its threads.
    #[must_use]
    pub fn of(chat: &Address) -> Owner {
        Owner::Person(chat.whole())
    }

    /// Whether it is the operator, whom nothing limits.
    #[must_use]
    pub const fn is_operator(&self) -> bool {
        matches!(self, Owner::Operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topics_of_a_chat_have_one_owner() {
        let of = |chat: &str| Owner::of(&chat.parse().unwrap());
        assert_eq!(of("telegram:-100/7"), of("telegram:-100"));
        assert_ne!(of("telegram:-100"), of("telegram:-1001"));
        assert!(Owner::Operator.is_operator() && !of("telegram:1").is_operator());
    }
}
