//! One person with several addresses: codes that add one, and taking one out.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use rand::RngCore;

use super::{Actions, Commit, Outcome};
use crate::model::{Address, Body, UnixMillis};
use crate::store::{AskLimits, AskedEnough, Edit, Edited, LinkCode, ReaderEdit, StoreError};

/// How long a code can be typed.
pub(in crate::control) const CODE_LIFE: Duration = Duration::from_secs(600);

/// How long the link in a mail works.
pub(in crate::control) const ASKED_LIFE: Duration = Duration::from_secs(86_400);

/// Without those that are taken for others: 0 and O, 1 and I.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Characters of a code that is typed: 40 bits, of which nobody tries more than a few.
const CODE_CHARS: usize = 8;

/// Random bytes of the code in a link.
const LINK_BYTES: usize = 20;

/// Mails to readers whom somebody has named, within a day. One that got lost may be sent again; whoever wants to bother
/// somebody gets no further.
const LIMITS: AskLimits = AskLimits { per_mailbox: 3, per_person: 5, in_all: 200 };

/// A code that is typed: capital letters and digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::control) struct TypedCode(String);

impl TypedCode {
    fn new() -> TypedCode {
        let mut bytes = [0; CODE_CHARS];
        rand::rng().fill_bytes(&mut bytes);
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        TypedCode(bytes.iter().map(letter).collect())
    }

    /// Reads what somebody typed, in any case and with or without the dash; `None`: it can be no code.
    pub(in crate::control) fn read(text: &str) -> Option<TypedCode> {
        let mut code = String::with_capacity(CODE_CHARS);
        for c in text.chars().filter(|c| *c != '-' && !c.is_whitespace()) {
            let c = c.to_ascii_uppercase();
            if code.len() == CODE_CHARS || !u8::try_from(c).is_ok_and(|c| LETTERS.contains(&c)) {
                return None;
            }
            code.push(c);
        }
        (code.len() == CODE_CHARS).then_some(TypedCode(code))
    }

    /// As it is shown: `K7QF-2MXD`.
    pub(in crate::control) fn shown(&self) -> String {
        let (front, back) = self.0.split_at(CODE_CHARS / 2);
        format!("{front}-{back}")
    }
}

/// Makes a code to be typed at another address; returns until when it works.
pub(in crate::control) async fn link_code<C: Commit>(
    commit: &mut C,
    by: &Address,
    now: UnixMillis,
) -> Result<(TypedCode, UnixMillis), C::Stop> {
    let (code, expires_at) = (TypedCode::new(), now.plus(CODE_LIFE));
    let edit = Edit::MakeLinkCode { by: by.clone(), code: code.0.clone(), expires_at };
    commit.commit(vec![edit]).await?;
    Ok((code, expires_at))
}

/// The code of a link in a mail.
#[derive(Debug)]
pub(in crate::control) struct AskCode {
    pub(in crate::control) code: String,
    /// Until when it works.
    pub(in crate::control) expires_at: UnixMillis,
}

impl AskCode {
    pub(in crate::control) fn new(now: UnixMillis) -> AskCode {
        let mut bytes = [0; LINK_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        AskCode { code: BASE64URL_NOPAD.encode(&bytes), expires_at: now.plus(ASKED_LIFE) }
    }
}

/// A refusal to ask the reader of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) enum NotAsked {
    /// The mailbox is one of theirs already.
    Theirs,
    /// Its reader has ended all mails.
    Refused,
    /// There were as many such mails within a day as may be.
    Enough(AskedEnough),
    /// The store did something else.
    Failed,
}

/// Asks the reader of a mailbox whether it belongs to whoever has entered it.
pub(in crate::control) async fn ask_reader<C: Commit>(
    commit: &mut C,
    by: &Address,
    mailbox: &Address,
    AskCode { code, expires_at }: AskCode,
    mail: Body,
) -> Outcome<(), NotAsked, C::Stop> {
    let edit = ReaderEdit {
        by: by.clone(),
        address: mailbox.clone(),
        mailbox: mailbox.counted_by(),
        code,
        expires_at,
        mail,
        limits: LIMITS,
    };
    Ok(match commit.commit(vec![Edit::AskReader(Box::new(edit))]).await?.first() {
        Some(Edited::Done(1)) => Ok(()),
        Some(Edited::Done(_)) => Err(NotAsked::Theirs),
        Some(Edited::Refused) => Err(NotAsked::Refused),
        Some(Edited::AskedEnough(enough)) => Err(NotAsked::Enough(*enough)),
        other => {
            tracing::error!(
                ?other,
                "the store answered a question to a reader with something else"
            );
            Err(NotAsked::Failed)
        }
    })
}

/// A refusal of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) enum NotLinked {
    /// It is unknown, used or expired.
    BadCode,
    /// It was typed where it was made, or at another address of theirs.
    Theirs,
    /// They have as many addresses as they may.
    TooMany { max: usize },
    /// A group is nobody's address.
    Group,
    /// The store did something else.
    Failed,
}

/// Uses a code at an address; `told` is told where it was made.
pub(in crate::control) async fn link<C: Commit>(
    commit: &mut C,
    code: TypedCode,
    at: &Address,
    told: Option<Body>,
) -> Outcome<(), NotLinked, C::Stop> {
    let link = Edit::Link { code: code.0, at: Some(at.whole()), told };
    Ok(match commit.commit(vec![link]).await?.first() {
        Some(Edited::Linked { was_theirs: false, .. }) => Ok(()),
        Some(Edited::Linked { was_theirs: true, .. }) => Err(NotLinked::Theirs),
        Some(Edited::BadCode) => Err(NotLinked::BadCode),
        Some(Edited::AddressesReached { limit }) => Err(NotLinked::TooMany { max: *limit }),
        Some(Edited::NotForGroups) => Err(NotLinked::Group),
        other => {
            tracing::error!(?other, "the store answered a code with something else");
            Err(NotLinked::Failed)
        }
    })
}

/// An address that is on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct OnItsOwn {
    /// Whether it may still use the bot; otherwise its watches have ended.
    pub(in crate::control) is_in: bool,
    pub(in crate::control) watches: usize,
    /// The others were in by it alone, and are out.
    pub(in crate::control) others_are_out: bool,
}

/// A refusal: it is the only address, or nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct OnlyAddress;

/// Takes an address out; `is_in`, `others_are_in`: the configuration says that it, or one of the others, may use the bot.
pub(in crate::control) async fn unlink<C: Commit>(
    commit: &mut C,
    address: &Address,
    (is_in, others_are_in): (bool, bool),
) -> Outcome<OnItsOwn, OnlyAddress, C::Stop> {
    let edit = Edit::Unlink { address: address.clone(), is_in, others_are_in };
    Ok(match commit.commit(vec![edit]).await?.first() {
        Some(Edited::Unlinked { is_in, watches, others_are_out }) => {
            Ok(OnItsOwn { is_in: *is_in, watches: *watches, others_are_out: *others_are_out })
        }
        _ => Err(OnlyAddress),
    })
}

impl Actions {
    /// By what somebody is known.
    pub(in crate::control) async fn addresses(
        &self,
        of: &Address,
    ) -> Result<Vec<Address>, StoreError> {
        self.store.addresses(of).await
    }

    /// Where a code was made that can be typed now.
    pub(in crate::control) async fn made_in(
        &self,
        TypedCode(code): &TypedCode,
        now: UnixMillis,
    ) -> Result<Option<Address>, StoreError> {
        let code = self.store.link_code(code, now).await?;
        Ok(code.filter(|code| code.address.is_none()).map(|LinkCode { made_in, .. }| made_in))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it_and_is_never_the_same() {
        let codes: std::collections::HashSet<String> =
            (0..1000).map(|_| TypedCode::new().0).collect();
        assert_eq!(codes.len(), 1000);
        for code in codes {
            let shown = TypedCode(code.clone()).shown();
            for typed in [shown.clone(), shown.to_lowercase(), code.clone(), format!(" {shown} ")] {
                assert_eq!(TypedCode::read(&typed), Some(TypedCode(code.clone())), "{typed}");
            }
        }
        for text in ["", "K7QF", "K7QF-2MX0", "K7QF-2MXDD", "ana@example.org", "éK7QF2MX"] {
            assert_eq!(TypedCode::read(text), None, "{text}");
        }
    }
}
