//! What is refused, and with which words.

use super::*;

#[track_caller]
fn check(change: impl FnOnce(&mut Columns), expected: &str) {
    let mut columns = columns();
    change(&mut columns);
    let record = VideoRecord { id: Some("dQw4w9WgXcQ".into()), columns };
    let line = record.snapshot(KEY).unwrap_err().to_string();
    assert_eq!(line, expected);
    assert!(!line.contains("s3cret"));
}

#[test]
fn what_is_no_whole_snapshot_is_refused_with_a_line_that_quotes_nothing() {
    let long = || Some("s3cret".repeat(1_000));
    check(|c| c.observed_at = None, "observed_at is missing");
    check(|c| c.observed_at = Some(-1), "observed_at is no time in milliseconds");
    // Microseconds, and nobody's clock.
    check(|c| c.observed_at = Some(NOW * 1_000), "observed_at is no time in milliseconds");
    check(|c| c.observed_at = Some(i64::MAX), "observed_at is no time in milliseconds");
    check(|c| c.numbers_at = None, "numbers_at is missing");
    check(|c| c.details_at = Some(i64::MIN), "details_at is no time in milliseconds");
    check(|c| c.views = Some(-1), "views is negative");
    check(|c| c.likes = Some(i64::MIN), "likes is negative");
    check(|c| c.title = None, "title is missing, though other columns are not");
    check(|c| c.title = long(), "title is too long");
    check(|c| c.channel_title = long(), "channel_title is too long");
    check(|c| c.channel_id = long(), "channel_id is too long");
    check(|c| c.status = None, "status is missing");
    check(|c| c.status = Some("s3cret".into()), "status is no known word");
    check(|c| c.status = Some("Public".into()), "status is no known word");
    check(|c| c.live = Some("s3cret".into()), "live is no known word");
    check(|c| c.duration = Some(-1), "duration is no number of seconds");
    check(|c| c.duration = Some(1 << 32), "duration is no number of seconds");
    check(|c| c.published_at = Some(i64::MIN), "published_at is no time in milliseconds");
    check(|c| c.starts_at = Some(i64::MAX), "starts_at is no time in milliseconds");
}

#[test]
fn no_word_for_a_broadcast_means_none() {
    let columns = Columns { live: None, ..columns() };
    let record = VideoRecord { id: Some("dQw4w9WgXcQ".into()), columns };
    assert_eq!(record.snapshot(KEY).unwrap(), seen());
}

#[test]
fn the_id_is_that_of_the_key() {
    for (key, id, line) in [
        (&b""[..], Some("dQw4w9WgXcQ"), "the key is no video id"),
        (b"dQw4w9WgXc\xff", Some("dQw4w9WgXcQ"), "the key is no video id"),
        (b"dQw4w9WgXcQ\0", Some("dQw4w9WgXcQ"), "the key is no video id"),
        (b"dQw4w9WgXcQ", Some("oHg5SJYRHA0"), "the id is not that of the key"),
        (b"dQw4w9WgXcQ", Some(""), "the id is not that of the key"),
        (b"dQw4w9WgXcQ", None, "the id is missing"),
    ] {
        let record = VideoRecord { id: id.map(str::to_owned), columns: columns() };
        assert_eq!(record.snapshot(key).unwrap_err().to_string(), line);
    }
}

#[test]
fn nothing_but_a_time_means_forget() {
    let forget = Snapshot { title: None, ..seen() };
    let record = VideoRecord::from(&forget);
    assert_eq!(record.columns, Columns { observed_at: Some(NOW), ..Columns::default() });
    let read = record.snapshot(KEY).unwrap();
    assert_eq!((read.title, read.views, read.observed_at), (None, None, UnixMillis(NOW)));
}

#[test]
fn a_watched_video_is_one_of_the_key() {
    let record = WatchedRecord::of(id(), UnixMillis(NOW));
    assert_eq!(record.video(KEY), Ok((id(), UnixMillis(NOW))));
    assert!(record.video(b"oHg5SJYRHA0").is_err());
    assert!(WatchedRecord { since: None, ..record }.video(KEY).is_err());
}
