//! `test`: what keeps messages from a destination.

use super::*;
use crate::store::Shut;

const NOTHING: Tested = Tested { silent_until: None, shut: None };

async fn tested(bench: &Bench, now: UnixMillis) -> Tested {
    bench.actions.test(&ana().destination, now).await.unwrap()
}

#[tokio::test]
async fn nothing_keeps_messages_from_a_chat_that_nobody_knows_or_that_has_set_nothing() {
    let mut bench = Bench::new();
    assert_eq!(tested(&bench, NOW).await, NOTHING);
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    assert_eq!(tested(&bench, NOW).await, NOTHING);
}

#[tokio::test]
async fn a_silence_is_named_until_it_is_over() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let end = NOW.plus(Duration::from_secs(3600));
    let silence = Some(Silence::until(end, NOW).unwrap());
    let request = Mute { destination: ana().destination, subject: None, silence };
    mute(&mut bench.commit, request).await.unwrap().unwrap();
    assert_eq!(tested(&bench, NOW).await, Tested { silent_until: Some(end), ..NOTHING });
    assert_eq!(tested(&bench, end).await, NOTHING);
}

#[tokio::test]
async fn a_destination_that_is_off_says_why() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let reason = "the bot was blocked".to_owned();
    let disable = Edit::Disable { destination: ana().destination, reason: reason.clone() };
    bench.commit.commit(vec![disable]).await.unwrap();
    let shut = Some(Shut::Off { reason, since: Some(NOW) });
    assert_eq!(tested(&bench, NOW).await, Tested { shut, ..NOTHING });
}
