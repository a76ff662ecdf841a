//! What waits behind a fan-out: joined without telling anything twice or out of order.

use super::*;
use crate::model::{ListKey, Metric, Series, Signal, UnixMillis, Value};

const UP: Series = Series::up(Signal::Count(Metric::Views));

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn job(at: i64, previous: Option<i64>, current: Option<i64>, deltas: Vec<Delta>) -> Job {
    let views = |views| Counts { views, ..Counts::default() };
    let scan = |current| Scan {
        series: UP,
        upto: current,
        at: UnixMillis(at),
        reading: Reading::Plain,
        list: None,
        since: UnixMillis(0),
        seam: None,
    };
    Job::new(
        Change {
            video_id: "dQw4w9WgXcQ".parse().unwrap(),
            previous_at: Some(UnixMillis(at - 100)),
            observed_at: UnixMillis(at),
            numbers_at: UnixMillis(at),
            previous: views(previous),
            current: views(current),
            highest: views(previous),
            deltas,
        },
        current.filter(|_| previous != current).map(scan).into_iter().collect(),
    )
}

fn merged(jobs: &[Job]) -> Vec<Job> {
    let mut texts = jobs.iter().cloned().map(|job| Work::of(job).to_text());
    let first = texts.next().unwrap();
    let text = texts.fold(first, |queued, newer| merge(&queued, &newer));
    Work::from_text(&text).unwrap().jobs.into()
}

fn counted(at: i64, previous: i64, current: i64) -> Job {
    let delta = Delta::Count(Metric::Views, previous, current);
    job(at, Some(previous), Some(current), vec![delta])
}

#[test]
fn what_is_written_is_read_back() {
    let mut job = counted(200, 1, 2);
    job.change.deltas.push(Delta::Event(Event::Title, text("a\"<b>\u{1f514}"), Value::None));
    job.cursor = FanoutCursor { value: 3, id: 4 };
    job.begun = true;
    let work = Work::of(job);
    assert_eq!(Work::from_text(&work.to_text()), Some(work));
}

#[test]
fn changes_that_wait_become_one() {
    let jobs = merged(&[counted(200, 10, 20), counted(300, 20, 30), counted(400, 30, 40)]);
    let [job] = jobs.as_slice() else { panic!("one job: {jobs:?}") };
    assert_eq!(job.change.deltas, [Delta::Count(Metric::Views, 10, 40)]);
    assert_eq!(job.change.previous_at, Some(UnixMillis(100)));
    assert_eq!(job.change.highest.views, Some(10));
    let [scan] = Vec::from(job.scans.clone())[..] else { panic!("one scan") };
    assert_eq!((scan.upto, scan.at.0, scan.seam), (40, 400, Some(UnixMillis(200))));
}

#[test]
fn what_moved_and_moved_back_is_not_told() {
    let jobs = merged(&[counted(200, 10, 20), counted(300, 20, 10)]);
    assert_eq!(jobs[0].change.deltas, []);
    let renamed = |at, from: &str, to: &str| {
        job(at, None, None, vec![Delta::Event(Event::Title, text(from), text(to))])
    };
    assert_eq!(merged(&[renamed(200, "a", "b"), renamed(300, "b", "a")])[0].change.deltas, []);
    assert_eq!(
        merged(&[renamed(200, "a", "b"), renamed(300, "b", "c")])[0].change.deltas,
        [Delta::Event(Event::Title, text("a"), text("c"))]
    );
}

#[test]
fn a_broadcast_that_came_and_went_has_ended() {
    let live = |at, from: &str, to: &str| {
        job(at, None, None, vec![Delta::Event(Event::Live, text(from), text(to))])
    };
    assert_eq!(
        merged(&[live(200, "upcoming", "live"), live(300, "live", "none")])[0].change.deltas,
        [Delta::Event(Event::Live, text("live"), text("none"))]
    );
}

#[test]
fn a_count_that_was_hidden_meanwhile_is_still_told() {
    let jobs = merged(&[counted(200, 10, 20), job(300, Some(20), None, vec![])]);
    assert_eq!(jobs[0].change.deltas, [Delta::Count(Metric::Views, 10, 20)]);
    assert_eq!(jobs[0].change.current.views, Some(20));
    assert_eq!(jobs[0].scans[0].at, UnixMillis(200), "observed then, not when it was hidden");
}

#[test]
fn work_that_has_begun_is_left_as_it_is() {
    let mut begun = counted(200, 10, 20);
    begun.begun = true;
    begun.cursor = FanoutCursor { value: 15, id: 3 };
    let jobs = merged(&[begun.clone(), counted(300, 20, 30), counted(400, 30, 40)]);
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[0], begun);
    assert_eq!(jobs[1].change.deltas, [Delta::Count(Metric::Views, 20, 40)]);
}

#[test]
fn work_that_cannot_be_read_is_no_panic() {
    assert_eq!(Work::from_text("{}"), None);
    let newer = Work::of(counted(200, 10, 20)).to_text();
    assert_eq!(merge("not ours", &newer), newer);
}

#[test]
fn what_arms_again_still_goes_before_what_fires() {
    let series = Series::up(Signal::Gain { metric: Metric::Views, window_s: 3600 });
    let scan = |at, upto, reading| Scan {
        series,
        upto,
        at: UnixMillis(at),
        reading,
        list: None,
        since: UnixMillis(0),
        seam: None,
    };
    let window = |now| Reading::Window { start: 0, now };
    let mut older = job(200, Some(10), Some(10), vec![]);
    older.scans = [scan(200, 10, window(10))].into();
    let mut newer = job(300, Some(10), Some(90), vec![]);
    newer.scans = [scan(300, 5, Reading::Before), scan(300, 90, window(90))].into();
    let jobs = merged(&[older, newer]);
    let readings: Vec<_> = jobs[0].scans.iter().map(|scan| (scan.upto, scan.reading)).collect();
    assert_eq!(readings, [(5, Reading::Before), (90, window(90))]);
}

/// A scan of counts in a list, in which the video has been since a moment.
fn in_list(list: i64, since: i64, at: i64, upto: i64) -> Scan {
    Scan {
        series: UP,
        upto,
        at: UnixMillis(at),
        reading: Reading::Plain,
        list: Some(ListKey(list)),
        since: UnixMillis(since),
        seam: None,
    }
}

#[test]
fn scans_of_a_list_become_one_and_those_of_others_stay_beside_them() {
    let mut older = counted(200, 10, 20);
    older.scans.extend([in_list(1, 50, 200, 20), in_list(2, 50, 200, 20)]);
    let mut newer = counted(300, 20, 30);
    // It has left the second list, and joined a third.
    newer.scans.extend([in_list(1, 50, 300, 30), in_list(3, 250, 300, 30)]);
    let jobs = merged(&[older, newer]);
    let scans: Vec<_> = jobs[0]
        .scans
        .iter()
        .map(|scan| (scan.list.map(|list| list.0), scan.at.0, scan.upto, scan.seam))
        .collect();
    let seam = Some(UnixMillis(200));
    assert_eq!(
        scans,
        [
            (None, 300, 30, seam),
            (Some(1), 300, 30, seam),
            (Some(2), 200, 20, None),
            (Some(3), 300, 30, seam)
        ]
    );
}

#[test]
fn who_is_in_a_list_again_hears_only_what_came_after_that() {
    let mut older = counted(200, 10, 20);
    older.scans.push_back(in_list(1, 50, 200, 20));
    let mut newer = counted(300, 20, 30);
    newer.scans.push_back(in_list(1, 250, 300, 30));
    let jobs = merged(&[older, newer]);
    assert_eq!(jobs[0].scans[1].since, UnixMillis(250));
}

#[test]
fn rows_that_are_lacking_are_made_for_what_waits_together() {
    for (older, newer, expected) in [
        (Some(false), None, Some(false)),
        (None, Some(true), Some(true)),
        (Some(false), Some(true), Some(true)),
        (None, None, None),
    ] {
        let with = |at, unarmed| Job { unarmed, ..counted(at, 10, 20) };
        let jobs = merged(&[with(200, older), with(300, newer)]);
        assert_eq!(jobs.len(), 1);
        assert_eq!(jobs[0].unarmed, expected);
    }
}
