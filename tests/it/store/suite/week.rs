//! Stories over days: a week of a channel with everything that can be set, and digests over both changes of the clock.

use super::digests::{digest_in, instant};
use super::listing::id;
use super::telling::{EVA, Telling, Told};
use super::*;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// One step of a minute at a time would be slow: what is due in between is told when it is due.
async fn go(it: &Telling, to: &str, told: &mut Vec<Told>) {
    told.extend(it.tell_until(instant(to)).await);
}

fn times(told: &[Told]) -> Vec<String> {
    told.iter().map(|told| told.at.to_string()).collect()
}

/// Ten videos of a channel. Eva has a digest at nine, quiet hours from ten in the evening to eight, and an urgent rule. One
/// video that she watches by itself rings as it happens, twice a day at most.
#[tokio::test]
async fn a_week_of_a_channel() {
    let it = Telling::of_channel(EVA, 10, "views any; likes every 5000!").await;
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "comments any").await;
    it.look(1..=10, 1_000).await;
    let settings = Settings {
        digest: Some("daily 09:00".parse().unwrap()),
        quiet: Some("22:00-08:00".parse().unwrap()),
        tz: Some("Europe/Madrid".into()),
        ..Settings::default()
    };
    it.set(EVA, settings).await;
    let of_one = Settings {
        digest: Some("off".parse().unwrap()),
        pings_per_day: Some(2),
        ..Settings::default()
    };
    let one = Some(of(&format!("video:{}", id(1))));
    let set = Edit::Set { destination: at(EVA), subject: one, settings: of_one };
    it.bench.edit(set).await;
    let mut told = Vec::new();

    // Wednesday noon: of three moves of the one video the third is over the budget, and the channel is collected.
    it.set_clock("2026-11-18T12:00:00Z");
    for count in [1_100, 1_200, 1_300] {
        it.look(1..=3, count).await;
        told.extend(it.tell().await);
    }
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told.iter().all(|told| told.text.contains("Comments")), "{told:#?}");
    // At night: the urgent rule rings, and nothing else.
    it.set_clock("2026-11-18T23:30:00Z");
    told = it.tell().await;
    assert!(told.is_empty(), "{told:#?}");
    it.look(4..=4, 5_500).await;
    told.extend(it.tell_until(instant("2026-11-18T23:45:00Z")).await);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].text.contains("5,000"), "{told:#?}");
    // Thursday, nine in Madrid: one digest, with what was over the budget, too.
    told.clear();
    go(&it, "2026-11-19T12:00:00Z", &mut told).await;
    assert_eq!(times(&told), ["2026-11-19T08:00:00Z"]);
    for n in 1..=4 {
        assert!(told[0].text.contains(&format!("title {n}")), "{told:#?}");
    }
    // Until Saturday nothing happens, and nobody hears anything.
    told.clear();
    go(&it, "2026-11-21T07:00:00Z", &mut told).await;
    assert!(told.is_empty(), "{told:#?}");
    // Saturday at eight a video moves; she mutes the chat until noon, and hears at noon of what was before.
    it.look(5..=5, 2_000).await;
    told.extend(it.tell_until(instant("2026-11-21T07:30:00Z")).await);
    it.bench.mute(EVA, None, Some(instant("2026-11-21T11:00:00Z"))).await;
    it.look(6..=6, 9_000).await;
    go(&it, "2026-11-21T18:00:00Z", &mut told).await;
    assert_eq!(times(&told), ["2026-11-21T11:00:00Z"], "{told:#?}");
    assert!(told[0].text.contains("title 5") && !told[0].text.contains("title 6"), "{told:#?}");
    // Sunday: she has had enough of digests. What was collected comes at once, the rest as it happens.
    told.clear();
    it.look(7..=7, 2_000).await;
    go(&it, "2026-11-22T07:30:00Z", &mut told).await;
    assert!(told.is_empty());
    let settings = Settings { tz: Some("Europe/Madrid".into()), ..Settings::default() };
    it.set(EVA, settings).await;
    go(&it, "2026-11-22T07:31:00Z", &mut told).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    it.look(8..=8, 2_000).await;
    go(&it, "2026-11-25T00:00:00Z", &mut told).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!((it.waiting(), it.bench.count("dead")), (0, 0));
    it.bench.sums();
}

/// Something happens every hour for some days around a change of the clock: each day has one digest, at its time.
async fn over_a_change(zone: &str, schedule: &str, from: &str, days: usize) {
    let tz = TimeZone::get(zone).unwrap();
    let it = Telling::new();
    it.set_clock(from);
    it.bench.watch_subject(EVA, &format!("video:{}", id(1)), "views any").await;
    it.set(EVA, digest_in(schedule, zone)).await;
    it.look(1..=1, 1).await;
    let day_of = |at: UnixMillis| at.timestamp().to_zoned(tz.clone()).date();
    let first = day_of(it.bench.now()).tomorrow().unwrap();
    let last = first.checked_add(i64::try_from(days).unwrap().days()).unwrap();
    let mut told = Vec::new();
    let mut views = 1;
    while day_of(it.bench.now()) < last {
        views += 1;
        it.look(1..=1, views).await;
        let next = it.bench.now().plus(Duration::from_secs(3_599));
        told.extend(it.tell_until(next).await);
    }
    it.bench.sums();
    let exists = |day: Date| day.to_zoned(tz.clone()).unwrap().date() == day;
    let mut day = first;
    while day < last {
        let of_day: Vec<String> = told
            .iter()
            .filter(|told| day_of(told.at) == day)
            .map(|told| told.at.timestamp().to_zoned(tz.clone()).strftime("%H:%M").to_string())
            .collect();
        let at = |time: &str| time.strip_prefix("daily ").unwrap().to_owned();
        let wanted = match (exists(day.yesterday().unwrap()), exists(day)) {
            (_, false) => Vec::new(),
            (true, true) => vec![at(schedule)],
            // Samoa had no 30th of December in 2011: its digest came at the first instant after.
            (false, true) => vec!["00:00".to_owned(), at(schedule)],
        };
        let is_moved = of_day.len() == 1 && wanted.len() == 1 && of_day != wanted;
        if is_moved {
            // A time that does not exist: the first instant after the gap.
            assert!(["02:30", "03:00"].contains(&of_day[0].as_str()), "{zone} {day}: {of_day:?}");
        } else {
            assert_eq!(of_day, wanted, "{zone} {schedule} on {day}");
        }
        day = day.tomorrow().unwrap();
    }
}

#[tokio::test]
async fn each_day_has_one_digest_over_both_changes_of_the_clock() {
    for (zone, changes) in [
        ("Europe/Madrid", ["2026-10-23T12:00:00Z", "2027-03-26T12:00:00Z"]),
        ("America/New_York", ["2026-10-30T12:00:00Z", "2027-03-12T12:00:00Z"]),
        // By half an hour.
        ("Australia/Lord_Howe", ["2026-10-02T12:00:00Z", "2027-04-02T12:00:00Z"]),
        // Over midnight of the date line, and by an hour.
        ("Pacific/Apia", ["2011-12-28T12:00:00Z", "2012-03-30T12:00:00Z"]),
    ] {
        for from in changes {
            for schedule in ["daily 02:15", "daily 09:00"] {
                over_a_change(zone, schedule, from, 4).await;
            }
        }
    }
}
