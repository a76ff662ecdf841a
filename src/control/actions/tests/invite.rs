//! `invite`: so many a day.

use super::*;

#[tokio::test]
async fn twenty_invitations_a_day_are_enough_and_the_operator_has_any_number() {
    let mut bench = Bench::new();
    for _ in 0..20 {
        let made = invite(&mut bench.commit, ana().owner, NOW).await.unwrap().unwrap();
        assert_eq!(made.expires_at, NOW.plus(INVITATION_LIFE));
    }
    let made = invite(&mut bench.commit, ana().owner, NOW).await.unwrap();
    assert_eq!(made.unwrap_err(), TooManyInvitations);
    assert!(invite(&mut bench.commit, Owner::Operator, NOW).await.unwrap().is_ok());
}
