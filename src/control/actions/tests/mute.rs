//! `mute`: for a while, for one watch or all.

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn request(subject: Option<&str>, silence: Option<Silence>) -> Mute {
    Mute { destination: ana().destination, subject: subject.map(of), silence }
}

#[test]
fn a_silence_lies_ahead_and_ends_within_a_year() {
    let until = |end: UnixMillis| Silence::until(end, NOW).map(Silence::end);
    assert_eq!(until(NOW.plus(HOUR)), Ok(NOW.plus(HOUR)));
    assert_eq!(until(NOW), Err(BadSilence::Over));
    assert_eq!(until(NOW.plus(366 * 24 * HOUR)), Ok(NOW.plus(366 * 24 * HOUR)));
    assert_eq!(until(NOW.plus(367 * 24 * HOUR)), Err(BadSilence::TooLong));
}

#[tokio::test]
async fn with_the_silence_of_a_chat_those_of_its_watches_end() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let silence = Silence::until(NOW.plus(HOUR), NOW).unwrap();
    let muted = mute(&mut bench.commit, request(Some(VIDEO), Some(silence))).await.unwrap();
    assert_eq!(muted, Ok(0));
    let row = &bench.watches(&ana().destination).await[0];
    assert_eq!(row.muted_until, Some(NOW.plus(HOUR)));
    assert_eq!(mute(&mut bench.commit, request(None, None)).await.unwrap(), Ok(1));
    assert_eq!(bench.watches(&ana().destination).await[0].muted_until, None);
}

#[tokio::test]
async fn what_is_not_watched_is_not_muted() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let other = request(Some("video:aaaaaaaaaaa"), None);
    assert_eq!(mute(&mut bench.commit, other).await.unwrap(), Err(NotWatched));
}
