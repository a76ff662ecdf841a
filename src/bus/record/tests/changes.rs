//! Pairs of snapshots.

use super::*;

#[test]
fn a_change_is_whatever_differs_but_times_of_looking() {
    type Edit = fn(&mut Snapshot);
    let edits: [(Edit, bool); 15] = [
        (|s| s.observed_at = UnixMillis(NOW + 1), false),
        (|s| s.numbers_at = UnixMillis(NOW + 1), false),
        (|s| s.details_at = UnixMillis(NOW + 1), false),
        (|s| s.views = None, true),
        (|s| s.likes = Some(18_901_235), true),
        (|s| s.comments = Some(0), true),
        (|s| s.title = Some("Rick Astley".into()), true),
        (|s| s.title = None, true),
        (|s| s.channel_id = None, true),
        (|s| s.channel_title = Some("rick astley".into()), true),
        (|s| s.status = Status::Unlisted, true),
        (|s| s.live = Live::Completed, true),
        (|s| s.published_at = None, true),
        (|s| s.duration = None, true),
        (|s| s.starts_at = Some(UnixMillis(0)), true),
    ];
    for (at, (edit, expected)) in edits.into_iter().enumerate() {
        let mut current = seen();
        edit(&mut current);
        assert_eq!(is_change(Some(&seen()), &current), expected, "edit {at}");
        assert_eq!(is_change(Some(&current), &seen()), expected, "edit {at}");
    }
    assert!(is_change(None, &seen()), "a first sight is one");
    let (gone, later) = (Snapshot { title: None, ..seen() }, UnixMillis(NOW + 1));
    let gone_later = Snapshot { observed_at: later, views: None, ..gone.clone() };
    assert!(!is_change(Some(&gone), &gone_later), "of a forgotten video nothing is told");
}

#[test]
fn a_first_sight_has_nothing_before_it_and_a_forgotten_video_has_its_time() {
    let first = ChangeRecord::of(None, &seen());
    assert_eq!(first.previous, Columns::default());
    assert_eq!(first.snapshots(KEY).unwrap(), (None, seen()));
    let gone = Snapshot { title: None, ..seen() };
    let (previous, current) = ChangeRecord::of(Some(&gone), &seen()).snapshots(KEY).unwrap();
    assert_eq!((previous, current), (Some(told(&gone)), seen()));
}

#[test]
fn of_two_snapshots_it_is_said_which_one_is_wrong() {
    let mut record = ChangeRecord::of(Some(&seen()), &seen());
    record.previous.views = Some(-1);
    let line = record.clone().snapshots(KEY).unwrap_err().to_string();
    assert_eq!(line, "previous views is negative");
    record.current.title = None;
    let line = record.clone().snapshots(KEY).unwrap_err().to_string();
    assert_eq!(line, "current title is missing, though other columns are not");
    record.id = None;
    assert_eq!(record.snapshots(KEY).unwrap_err().to_string(), "the id is missing");
}
