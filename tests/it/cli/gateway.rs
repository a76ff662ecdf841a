//! Tools that ask what the gateway left: `why`, `dead-letters`, and `check` with YouTube there.

use std::sync::Arc;
use std::time::Duration;

use tubebell::model::{
    AlertDraft, Body, Channel, Counts, FanoutCursor, Holder, Known, Live, Marks, Metric,
    NextTrigger, RoutingTx, Series, Settings, Signal, Status, Suppressed, UnixMillis, Value,
    VideoId,
};
use tubebell::pipeline::Watched;
use tubebell::source::{Plan, QuotaState, Timeouts, YouTube, YouTubeOptions, last_reset};
use tubebell::store::{
    Access, Collected, Compose, Composed, ComposedMessage, Course, Finished, FinishedAs, Outbox,
    Room, Sqlite, StoreError, Stream, Unit,
};
use tubebell_sim::youtube::serve;

use super::{CONFIG, EARLIER, Home};
use crate::outside;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn check_asks_youtube_with_the_key_and_says_what_polling_costs() {
    let simulation = outside::simulation(Arc::new(|| EARLIER));
    let sim = serve(&simulation).await.unwrap();
    let home = Home::new();
    let url = sim.base_url();
    let config = CONFIG.replace("[telegram]", &format!("base_url = \"{url}\"\n[telegram]"));
    home.write(
        "config/tubebell.toml",
        format!("{config}\n[store]\nurl = \"sqlite://none/t.db\"\n"),
    );
    home.write("offline.toml", config);
    home.write("w.csv", "video,to\ndQw4w9WgXcQ,telegram:1\naaaaaaaaaaa,telegram:1\n");
    home.run("apply w.csv --config offline.toml");

    let said = home.run("check --offline --config offline.toml");
    assert_eq!(said.code, 0, "{}", said.out);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], "ok      configuration: offline.toml");
    assert!(lines[1].starts_with("ok      templates: "));
    assert_eq!(lines[2], "ok      store: tubebell.db: 2 watches");
    assert!(lines[3].starts_with("ok      polling: 2 videos"), "{}", lines[3]);
    assert_eq!(sim.requests().len(), 0);

    home.write("l.csv", "channel,playlist,to\n@achannel,,telegram:1\n,PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf,telegram:1\n");
    home.run("apply l.csv --config offline.toml");
    let said = home.run("check --offline --config offline.toml").out;
    let line = said.lines().find_map(|line| line.strip_prefix("ok      polling: ")).unwrap();
    assert!(line.contains("2 channels and playlists. New videos: within 5m in channels whose feed works, else within 5m"), "{line}");
    assert_eq!(line, polled_by(&home, &url).await.message, "what the gateway goes by");

    let said = home.run("check");
    assert_eq!((said.code, sim.requests().len()), (1, 1), "{}", said.out);
    assert!(said.out.contains("FAILED  store: none/t.db: make the folder none first\n"));
    assert!(said.out.contains(&format!("ok      youtube: {url} takes the key\n")), "{}", said.out);
    simulation.stop().await;
}

/// The plan that a gateway makes when a day begins.
async fn polled_by(home: &Home, url: &str) -> Plan {
    let store = Sqlite::open(&home.path().join("tubebell.db"), Access::Existing).unwrap();
    let options = YouTubeOptions {
        api_key: "k".into(),
        base_url: url.into(),
        feed_url: url.into(),
        daily_units: 10_000,
        min_interval: Duration::from_secs(60),
        max_interval: Duration::from_secs(3_600),
    };
    let youtube =
        YouTube::new(&options, Timeouts::default(), QuotaState::default()).expect("a client");
    let watched = Watched::count(&store, 500).await.unwrap();
    watched.plan_for(options.intervals(), &youtube, last_reset(EARLIER))
}

/// 2026-11-22T10:00:00Z
const SEEN: UnixMillis = UnixMillis(1_795_341_600_000);

/// What the router leaves when views have gone from 950 to 11,340: an alert, the next trigger, and a suppression.
fn fired(tx: &mut dyn RoutingTx<Error = StoreError>) -> Result<i64, StoreError> {
    let video = tx.find(&["dQw4w9WgXcQ".parse().unwrap()])?.remove(0).unwrap().key;
    let counts = Counts { views: Some(11_340), likes: Some(7), comments: None };
    let known = Known {
        observed_at: SEEN,
        numbers_at: SEEN,
        last: counts,
        highest: counts,
        title: "Never\u{1b}[31m Gonna".to_owned(),
        status: Status::Public,
        live: Live::None,
    };
    tx.save_known(video, &known)?;
    let series = Series::up(Signal::Count(Metric::Views));
    let mut rows = Vec::new();
    tx.scan(Holder::Video(video), series, i64::MAX, FanoutCursor::START, 10, &mut rows)?;
    let trigger = &rows[0];
    tx.alert(&AlertDraft {
        is_urgent: false,
        trigger,
        video: Some(video),
        series,
        previous: Value::Int(950),
        current: Value::Int(11_340),
        marks: &Marks::default(),
        observed_at: SEEN,
    })?;
    tx.move_trigger(trigger.id, &NextTrigger { series, value: 12_000, base: Some(11_340) })?;
    tx.suppress(trigger.rule, video, Suppressed::Muted)?;
    Ok(1)
}

struct Whole;

impl Compose for Whole {
    fn compose(&self, unit: &Unit, now: UnixMillis) -> Composed {
        let alerts = unit.videos.iter().flat_map(|video| &video.alerts);
        let message = ComposedMessage {
            body: Body::Text("x".to_owned()),
            video: unit.videos[0].video,
            is_coalesced: false,
            alerts: alerts.map(|alert| alert.id).collect(),
            observed_at: now,
        };
        Composed::Send { silent: false, messages: vec![message], cancelled: vec![], pings: None }
    }

    fn digest(&self, _: &Collected, _: &dyn Fn(&VideoId) -> Course, now: UnixMillis) -> Composed {
        Composed::Hold(now)
    }

    fn is_quiet(&self, _: &Settings, _: &Settings, _: UnixMillis) -> bool {
        false
    }
}

/// Tries to send what waits; the chat does not exist.
async fn give_up(store: &Sqlite, now: UnixMillis) {
    let claim =
        store.finish_and_claim(vec![], Channel::Telegram, Room::of(1), now, Arc::new(Whole)).await;
    let claim = &claim.unwrap().claims[0];
    let finished = Finished {
        id: claim.id,
        lane: claim.lane,
        at: now,
        lane_free_at: now,
        lane_failed: None,
        is_probe: false,
        result: FinishedAs::Dead("refused: chat not found".to_owned()),
    };
    store
        .finish_and_claim(vec![finished], Channel::Telegram, Room::of(0), now, Arc::new(Whole))
        .await
        .unwrap();
}

#[tokio::test]
async fn why_tells_what_fired_what_became_of_it_and_what_the_rule_waits_for() {
    let home = Home::new();
    home.write(
        "w.csv",
        "video,channel,rules,to\ndQw4w9WgXcQ,,views every 1000; title,telegram:1\ndQw4w9WgXcQ,,likes any; views +5% in 1h; views rate > 200/h,recorder:x\n",
    );
    home.run("apply w.csv");
    let store = home.store();
    store.route("s", 0, 0, SEEN, Box::new(fired)).await.unwrap();
    let said = home.run("why https://youtu.be/dQw4w9WgXcQ");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    // The moment at which the rules were made is that of the run.
    let shown: Vec<&str> =
        said.out.lines().map(|line| line.split("  (since ").next().unwrap()).collect();
    assert_eq!(
        shown,
        [
            "dQw4w9WgXcQ  Never [31m Gonna",
            "11,340 views · 7 likes · comments off, as of Sun 22 Nov 2026, 10:00 (UTC)",
            "",
            "telegram:1",
            "  views every 1000",
            "    next at 12,000; now 11,340",
            "    Sun 22 Nov 2026, 10:00 (UTC): 950 → 11,340: waits to be sent",
            "    crossed and not told (muted) 1 ×, Sun 22 Nov 2026, 10:00 (UTC) to Sun 22 Nov 2026, 10:00 (UTC)",
            "  title",
            "    fires when the title changes",
            "",
            "recorder:x",
            "  likes any",
            "    fires at any change; now 7",
            "  views +5% in 1h",
            "    fires at +5.00 % views in the last hour",
            "  views rate > 200/h",
            "    fires at +201 views in the last hour",
        ]
    );
    let said = home.run("why dQw4w9WgXcQ --to recorder:x");
    assert!(!said.out.contains("telegram:1"), "{}", said.out);
    home.run("why aaaaaaaaaaa").done("no rule looks at this video, and none did lately");
}

#[tokio::test]
async fn dead_letters_are_listed_and_sent_again() {
    let home = Home::new();
    home.write("w.csv", "video,rules,to\ndQw4w9WgXcQ,views every 1000,telegram:1\n");
    home.run("apply w.csv");
    home.run("dead-letters list").done("there are no dead letters");
    let store = home.store();
    store.route("s", 0, 0, SEEN, Box::new(fired)).await.unwrap();
    give_up(&store, SEEN).await;
    let said = home.run("dead-letters list");
    assert_eq!(
        said.out,
        "1  telegram:1  Sun 22 Nov 2026, 10:00 (UTC)  after 1 attempt  about dQw4w9WgXcQ\n    refused: chat not found\n"
    );
    home.run("why dQw4w9WgXcQ").done(
        "    crossed and not told (muted) 1 ×, Sun 22 Nov 2026, 10:00 (UTC) to Sun 22 Nov 2026, 10:00 (UTC)",
    );
    home.run("dead-letters replay 1 5")
        .failed(1, &["tubebell: 1 message will be sent again; 1 is no dead letter"]);
    home.run("dead-letters list").done("there are no dead letters");
    give_up(&store, UnixMillis(i64::MAX / 2)).await;
    home.run("dead-letters replay --all").done("1 message will be sent again");
    home.run("dead-letters replay --all").done("0 messages will be sent again");
}
