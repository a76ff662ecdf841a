//! The real program brings a database of an older version up to date, and is killed while it does.

use std::fmt::Write as _;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use tokio::net::TcpListener;
use tubebell::model::UnixMillis;

use super::{RUN, has_worked, knob, seed};
use crate::process::Program;
use crate::story::{ANA, Story};
use crate::wait::{LIMIT, until};

const OLD: &str = include_str!("../../fixtures/schema-2.sql");

/// The moment at which the older version stopped, and a little more: what was to be tried again is due.
const STOPPED: UnixMillis = UnixMillis(1_795_014_600_000);

/// Playlists beside those of the fixture, so that there is time for kills.
const LISTS: i64 = 400;

/// The old database, as if the older version had just stopped. Its chats are groups of the sandbox.
fn old(story: &Story) -> String {
    let now = tubebell::app::system_clock()();
    let mut text = String::new();
    let mut rest = OLD;
    while let Some(at) = rest.find("179") {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let digits = from.find(|c: char| !c.is_ascii_digit()).unwrap();
        let (number, after) = from.split_at(digits);
        let is_moment = digits == 13 && !before.ends_with(|c: char| c.is_ascii_alphanumeric());
        match number.parse::<i64>() {
            Ok(moment) if is_moment => write!(text, "{}", moment - STOPPED.0 + now.0).unwrap(),
            _ => text.push_str(number),
        }
        rest = after;
    }
    text.push_str(rest);
    for chat in chats() {
        story.telegram.group(-chat, "A group", &[ANA], &[]);
    }
    text.replace("'telegram:", "'telegram:-")
        .replace("https://example.org/hook", "http://127.0.0.1:9/")
}

fn chats() -> impl Iterator<Item = i64> {
    [4711, 12, 13].into_iter().chain(100..130)
}

/// More playlists, each with a watch and a member, as the older version kept them.
const MORE: &str = "
    INSERT INTO destination (id, address, lane, owner) VALUES (900, 'webhook:http://127.0.0.1:9/more', 900, 'operator');
    INSERT INTO lane (id, key, channel) VALUES (900, 'webhook:http://127.0.0.1:9/more', 'webhook');
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
    INSERT INTO subject (id, ref, listed_at, next_listing)
        SELECT 1000 + n, 'playlist:PL' || printf('%032d', n), 1, 9000000000000000 FROM n;
    INSERT INTO subscription (id, destination, subject, origin, created_at)
        SELECT id, 900, id, 'chat', 1 FROM subject WHERE id > 1000;
    INSERT INTO member (subject, video, newness) SELECT id, 1, 1 FROM subject WHERE id > 1000;
    INSERT INTO rule (id, subscription, text, series, value, created_at)
        SELECT 10 * id, id, 'views every 1000', 0, -9223372036854775808, 1 FROM subject WHERE id > 1000;
    INSERT INTO rule (id, subscription, text, series, value, created_at)
        SELECT 10 * id + 1, id, 'title', 102, 0, 1 FROM subject WHERE id > 1000;
    INSERT INTO \"trigger\" (video, series, value, rule, base, since)
        SELECT 1, 0, 9000000, id, 900, 1 FROM rule WHERE id > 10000 AND text = 'views every 1000';
    INSERT INTO \"trigger\" (video, series, value, rule, since)
        SELECT 1, 102, 0, id, 1 FROM rule WHERE id > 10000 AND text = 'title';";

/// What is left of the older version in a database, by its kind.
const LAWS: [(&str, &str); 6] = [
    ("rows are still to follow", "SELECT count(*) FROM meta WHERE key = 'migration'"),
    (
        "a column of the older version is left",
        "SELECT (SELECT count(*) FROM pragma_table_info('subject') WHERE name IN ('playlist', 'feed', 'full_at'))
              + (SELECT count(*) FROM pragma_table_info('destination') WHERE name = 'owner')",
    ),
    (
        "a rule of a list with a state is not known as one",
        "SELECT count(*) FROM rule r JOIN subscription s ON s.id = r.subscription
         WHERE s.subject > 1000 AND r.text = 'views every 1000' AND r.list IS NOT s.subject",
    ),
    (
        "a rule of a list without a state has other rows than the one of its list",
        "SELECT count(*) FROM rule r JOIN subscription s ON s.id = r.subscription
         WHERE s.subject > 1000 AND r.text = 'title' AND 1 <>
         (SELECT count(*) FROM \"trigger\" t WHERE t.rule = r.id AND t.holder = -s.subject)
         + 7 * (SELECT count(*) FROM \"trigger\" t WHERE t.rule = r.id AND t.holder > 0)",
    ),
    (
        "a member is not known to have its rows",
        "SELECT count(*) FROM member m WHERE m.subject > 1000 AND m.armed <> 10 * m.subject",
    ),
    (
        "a video does not know in how many lists it is",
        "SELECT count(*) FROM video v WHERE v.lists <> (SELECT count(*) FROM member m JOIN subject u
         ON u.id = m.subject WHERE m.video = v.id AND m.left_at IS NULL AND u.next_listing IS NOT NULL)",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_is_killed_is_completed_and_everything_is_told() {
    let kills = knob("CRASH_KILLS").unwrap_or(6);
    let mut rng = SmallRng::seed_from_u64(seed());
    let mut story = Story::quick().await;
    // Free a moment ago: the program says where it listens only when it is up.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    story.more = format!(
        "[web]\nlisten = \"127.0.0.1:{port}\"\n\
         [webhook]\nsecret = \"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD\"\nallow_private = true\n"
    );
    let folder = story.folder.path().to_owned();
    let open = || {
        let db = Connection::open(folder.join("tubebell.db")).unwrap();
        db.busy_timeout(LIMIT).unwrap();
        db
    };
    let number = |sql: &str| open().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    open().pragma_update(None, "journal_mode", "WAL").unwrap();
    open().execute_batch(&old(&story)).unwrap();
    open().execute_batch(&MORE.replace("?1", &LISTS.to_string())).unwrap();
    std::fs::write(folder.join("tubebell.toml"), story.config_text()).unwrap();

    // While somebody else writes, it waits: it can be asked, and says for what.
    let hold = open();
    hold.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut program = Program::start(&folder, "first", &RUN);
    let page = async |name: &str| {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}/{name}")).await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    };
    until("an answer", async || {
        assert!(!program.has_ended(), "{}", program.err(&folder));
        page("healthz").await.is_some()
    })
    .await;
    assert_eq!(page("healthz").await.unwrap().0, 200);
    let (status, text) = page("readyz").await.unwrap();
    assert!(status == 503 && text.contains("the database is being opened"), "{status} {text}");
    drop(hold);
    let (mut said, mut whole) = (String::new(), program.worked());
    until("an upgrade under way", async || {
        said = page("readyz").await.map(|(_, text)| text).unwrap_or_default();
        whole = program.worked().max(whole);
        said.contains("an upgrade is under way")
    })
    .await;
    program.signal("KILL");
    program.end().await;

    let not_done = "SELECT count(*) FROM subject WHERE id > 1000 AND members = 0";
    // Before the schema is changed nothing is.
    let lists_left = || open().query_row(not_done, [], |row| row.get(0)).unwrap_or(LISTS);
    let mut left: Vec<i64> = Vec::new();
    for kill in 1..=kills {
        let mut program = Program::start(&folder, "killed", &RUN);
        if rng.random_ratio(1, 3) {
            has_worked(&mut program, whole.mul_f64(rng.random()), || ()).await;
        } else {
            let wanted =
                LISTS - LISTS * i64::try_from(kill).unwrap() / i64::try_from(kills).unwrap();
            until("progress", async || lists_left() <= wanted || program.has_ended()).await;
        }
        program.signal("KILL");
        assert_eq!(program.end().await.code(), None, "{}", program.err(&folder));
        left.push(lists_left());
        let sound: String =
            open().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
    println!("of {LISTS} lists, after each kill, were left: {left:?}");
    assert!(left.is_sorted_by(|earlier, later| earlier >= later), "{left:?}");

    let mut program = Program::start(&folder, "last", &RUN);
    until("readiness", async || page("readyz").await.is_some_and(|(status, _)| status == 200))
        .await;
    let untold = "SELECT (SELECT count(*) FROM fanout) + (SELECT count(*) FROM log) + (SELECT count(*) FROM alert a
         JOIN subscription s ON s.id = a.subscription JOIN destination d ON d.id = s.destination
         WHERE outcome IS NULL AND d.address LIKE 'telegram:%')";
    until("that all is told", async || number(untold) == 0).await;
    program.signal("TERM");
    assert_eq!(program.end().await.code(), Some(0), "{}", program.err(&folder));
    for (law, sql) in LAWS {
        assert_eq!(number(sql), 0, "{law}");
    }
    // What the older version had left over was for thirty chats.
    for chat in 100..130 {
        assert!(!story.telegram.sent(-chat).is_empty(), "chat {chat} has not been told");
    }
    crate::store::check_sums(&open());
    story.end().await;
}
