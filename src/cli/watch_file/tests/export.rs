//! What `export` writes, and what `apply` finds different in it.

use proptest::prelude::*;

use super::*;
use crate::model::{
    Address, DestinationId, PersonKey, Quiet, Settings, SubjectRef, SubscriptionId,
};
use crate::store::{DestinationRow, Standing, WatchRow};

fn standing(watch: &Watch, address: &Address, id: i64) -> WatchRow {
    WatchRow {
        id: SubscriptionId(id),
        destination: DestinationRow {
            id: DestinationId(1),
            address: address.clone(),
            person: PersonKey::OPERATOR,
            settings: Settings::default(),
            muted_until: None,
            disabled: None,
            off_since: None,
            is_refused: false,
            barred: None,
        },
        subject: watch.subject.clone(),
        title: None,
        members: None,
        gone_since: None,
        rules: watch.rules.iter().map(ToString::to_string).collect(),
        settings: watch.settings.clone(),
        muted_until: None,
        origin: "file:a.toml".to_owned(),
    }
}

/// As much of it as is compared with a file.
fn compared(row: &WatchRow) -> Standing {
    let WatchRow { id, rules, settings, origin, .. } = row.clone();
    Standing { id, rules, settings, origin }
}

#[test]
fn a_difference_names_what_changes_and_nothing_else() {
    let watches = read(Form::Toml, TOML.as_bytes(), &terms()).unwrap();
    let watch = &watches[0];
    let mut row = compared(&standing(watch, &watch.to[0], 1));
    assert_eq!(difference(watch, None, "file:a.toml"), Difference::New);
    assert_eq!(difference(watch, Some(&row), "file:a.toml"), Difference::None);
    assert_eq!(difference(watch, Some(&row), "file:b.toml"), Difference::Adopted);
    row.rules = vec!["status".to_owned(), "title".to_owned()];
    row.settings.at_most_s = Some(60);
    row.settings.until = None;
    row.settings.digest = "hourly".parse().ok();
    row.settings.pings_per_day = Some(10);
    assert_eq!(
        difference(watch, Some(&row), "file:b.toml"),
        Difference::Changed(vec![
            "+\"views every 1000\"".to_owned(),
            "-\"title\"".to_owned(),
            "at_most 1m → 15m".to_owned(),
            "until default → 2027-02-01T05:00:00Z".to_owned(),
            "digest hourly → default".to_owned(),
            "pings_per_day 10 → default".to_owned(),
        ])
    );
}

#[test]
fn a_destination_at_which_nothing_arrives_is_said_to_be_so_above_its_watch() {
    let watches = read(Form::Toml, TOML.as_bytes(), &terms()).unwrap();
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, NOW, "Europe/Madrid").unwrap();
    let watch = &watches[0];
    for (address, id) in watch.to.iter().zip(1..) {
        let mut row = standing(watch, address, id);
        row.destination.disabled = Some("410\n[[watch]]".to_owned());
        row.destination.off_since = Some(NOW);
        printer.add(row).unwrap();
    }
    assert_eq!(printer.finish().unwrap(), 2);
    let text = String::from_utf8(out).unwrap();
    insta::assert_snapshot!(text.lines().skip(2).take(4).collect::<Vec<_>>().join("\n"), @r#"
    [[watch]]
    # telegram:1234 is off since Fri 20 Nov 2026, 21:00 (Europe/Madrid), because 410 [[watch]]
    # webhook:example.org/… is off since Fri 20 Nov 2026, 21:00 (Europe/Madrid), because 410 [[watch]]
    video = "dQw4w9WgXcQ"
    "#);
}

#[test]
fn neighbours_that_differ_in_their_destination_alone_are_written_as_one() {
    let watches = read(Form::Toml, TOML.as_bytes(), &terms()).unwrap();
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, NOW, "UTC").unwrap();
    for (watch, id) in watches.iter().zip(1..) {
        for address in &watch.to {
            let mut row = standing(watch, address, id);
            row.title = Some("two\nlines\u{202e}\"".to_owned());
            printer.add(row).unwrap();
        }
    }
    assert_eq!(printer.finish().unwrap(), 4);
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
    # The watches of tubebell on Fri 20 Nov 2026, 20:00 (UTC): `tubebell apply` reads this file, `apply --dry-run` shows what it would change.

    [[watch]]
    # two lines "
    video = "dQw4w9WgXcQ"
    rules = ["views every 1000", "status"]
    to = ["telegram:1234", "webhook:https://example.org/a;b"]
    at_most = "15m"
    quiet = "22:00-08:00"
    tz = "America/New_York"
    until = "2027-01-31"

    [[watch]]
    # two lines "
    channel = "@handle"
    rules = ["upload", "views milestones", "likes milestones", "comments milestones"]
    to = ["telegram:-100/7"]
    until = "2027-01-31T17:00:00Z"

    [[watch]]
    # two lines "
    playlist = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf"
    rules = ["upload"]
    to = ["telegram:1234"]
    "#);
}

fn subjects() -> impl Strategy<Value = SubjectRef> {
    prop_oneof![
        "[A-Za-z0-9_-]{11}".prop_map(|id| format!("video:{id}").parse().unwrap()),
        "UC[A-Za-z0-9_-]{22}".prop_map(|id| format!("channel:{id}").parse().unwrap()),
        "@[a-zé日.]{2,29}[a-zé日]".prop_map(|id| format!("channel:{id}").parse().unwrap()),
        "(PL|UU|FL)[A-Za-z0-9_-]{12,32}".prop_map(|id| format!("playlist:{id}").parse().unwrap()),
    ]
}

fn addresses() -> impl Strategy<Value = Address> {
    prop_oneof![
        (any::<i64>(), proptest::option::of(any::<i32>()))
            .prop_map(|(chat, thread)| Address::Telegram { chat, thread }),
        r#"[!-~é“日]{0,12}"#
            .prop_map(|path| Address::Webhook(format!("https://example.org/{path}"))),
        r#"[!-~é“日]{1,12}"#.prop_map(Address::Recorder),
    ]
}

prop_compose! {
    fn settings()(
        at_most_s in proptest::option::of(0..=Settings::AT_MOST_MAX.as_secs()),
        quiet in proptest::option::of((0i8..24, 0i8..24)),
        tz in proptest::option::of(prop_oneof![Just("UTC"), Just("America/St_Johns"), Just("Asia/Tokyo")]),
        until in proptest::option::of(1i64..4_000_000_000_000),
        digest in proptest::option::of(proptest::sample::select(
            vec!["off", "hourly", "daily 09:00", "weekly sun 23:59", "every 6h"])),
        pings_per_day in proptest::option::of(0u32..100),
    ) -> Settings {
        let quiet = quiet.and_then(|(from, to)| format!("{from}:00-{to}:30").parse::<Quiet>().ok());
        let until = until.map(|by| UnixMillis(NOW.0 + by));
        let digest = digest.map(|text| text.parse().unwrap());
        let tz = tz.map(str::to_owned);
        let mentions = Vec::new();
        Settings { at_most_s, quiet, tz, until, digest, pings_per_day, mentions }
    }
}

proptest! {
    #[test]
    fn what_export_writes_is_read_back_without_difference(
        watches in proptest::collection::vec(
            (subjects(), addresses(), settings(), proptest::sample::subsequence(
                vec!["views any", "likes +5%", "views at 10k, 1M!", "comments -10%", "title!", "views rate > 200/h"], 1..=6),
             ".{0,20}"),
            0..12),
    ) {
        let rows: Vec<WatchRow> = watches
            .into_iter()
            .zip(1..)
            .map(|((subject, address, settings, rules, title), id)| {
                let rules = rules.iter().map(|rule| language::parse(rule).unwrap()).collect();
                let watch = Watch { line: 1, subject, to: vec![], rules, settings };
                WatchRow { title: Some(title), ..standing(&watch, &address, id) }
            })
            .collect();
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, NOW, "UTC").unwrap();
        for row in rows.clone() {
            printer.add(row).unwrap();
        }
        printer.finish().unwrap();

        let terms = terms();
        let read: Vec<Watch> = super::rows(Form::Toml, out.as_slice())
            .map(|row| Watch::read(&row.unwrap(), &terms).map_err(|m| format!("{m:?}")))
            .collect::<Result<_, _>>()
            .map_err(TestCaseError::fail)?;
        let pairs: Vec<(&Watch, &Address)> =
            read.iter().flat_map(|watch| watch.to.iter().map(move |to| (watch, to))).collect();
        prop_assert_eq!(pairs.len(), rows.len());
        for ((watch, to), row) in pairs.into_iter().zip(&rows) {
            prop_assert_eq!((&watch.subject, to), (&row.subject, &row.destination.address));
            prop_assert_eq!(difference(watch, Some(&compared(row)), "file:a.toml"), Difference::None);
        }
    }
}
