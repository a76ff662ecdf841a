//! Letting somebody else in.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use rand::RngCore;

use super::{Commit, Outcome};
use crate::model::{Owner, UnixMillis};
use crate::store::{Edit, Edited};

/// How long an invitation can be used.
pub const INVITATION_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// Invitations that one person may make within 24 hours: each lets a person in.
const PER_DAY: usize = 20;

/// Random bytes of a code: 160 bits can't be guessed, and make 27 of the 64 characters that a link may carry.
const CODE_BYTES: usize = 20;

/// Longest code of a link. Source: <https://core.telegram.org/bots/features#deep-linking> (2026-11).
const CODE_MAX_CHARS: usize = 64;

/// An invitation for one person.
#[derive(Debug)]
pub(in crate::control) struct Invitation {
    /// Whoever has it gets in.
    pub(in crate::control) code: String,
    /// Until when.
    pub(in crate::control) expires_at: UnixMillis,
}

/// A refusal: as many were made within a day as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct TooManyInvitations;

/// Makes an invitation: its code, and the edit that stores it.
///
/// A person makes twenty a day.
#[must_use]
pub fn invitation(made_by: Owner, now: UnixMillis) -> (String, Edit) {
    let mut bytes = [0; CODE_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let code = BASE64URL_NOPAD.encode(&bytes);
    let expires_at = now.plus(INVITATION_LIFE);
    let per_day = (!made_by.is_operator()).then_some(PER_DAY);
    (code.clone(), Edit::Invite { code, made_by, expires_at, per_day })
}

/// Whether a text can be the code of an invitation.
pub(in crate::control) fn is_code(text: &str) -> bool {
    (1..=CODE_MAX_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Makes an invitation.
pub(in crate::control) async fn invite<C: Commit>(
    commit: &mut C,
    made_by: Owner,
    now: UnixMillis,
) -> Outcome<Invitation, TooManyInvitations, C::Stop> {
    let (code, edit) = invitation(made_by, now);
    Ok(match commit.commit(vec![edit]).await?.as_slice() {
        [Edited::InvitationsReached] => Err(TooManyInvitations),
        _ => Ok(Invitation { code, expires_at: now.plus(INVITATION_LIFE) }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_into_a_link_and_is_never_the_same() {
        let codes: std::collections::HashSet<String> =
            (0..100).map(|_| invitation(Owner::Operator, UnixMillis(0)).0).collect();
        assert_eq!(codes.len(), 100);
        assert!(codes.iter().all(|code| is_code(code) && code.len() * 6 >= 128));
        assert!(!is_code("") && !is_code("a b") && !is_code(&"x".repeat(65)));
    }
}
