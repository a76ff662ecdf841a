//! `apply` and `export`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use tubebell::model::{Owner, PersonKey, Settings, UnixMillis};
use tubebell::store::{
    Access, Edit, Polling, Registry, Shared, Sqlite, WatchEdit, WatchFilter, WatchRow,
};

use super::{EARLIER, Home};
use crate::wait::until;

const WATCHES: &str = r#"
[[watch]]
video = "https://youtu.be/dQw4w9WgXcQ"
rules = ["views every 1000", "status"]
to = ["telegram:1234", "webhook:https://example.org/hook/s3cret"]
at_most = "15m"
until = "2999-01-31"

[[watch]]
channel = "@handle"
to = ["telegram:1234"]
"#;

impl Home {
    async fn watches(&self) -> Vec<WatchRow> {
        self.store().watches(WatchFilter::All, 0, 1000).await.unwrap()
    }

    async fn words(&self) -> Vec<String> {
        let rows = self.watches().await;
        rows.iter()
            .map(|row| {
                let rules = row.rules.join("; ");
                format!("{} | {} | {rules} | {}", row.subject, row.destination.address, row.origin)
            })
            .collect()
    }
}

#[tokio::test]
async fn a_watch_file_becomes_watches_that_belong_to_the_operator_and_the_file() {
    let home = Home::new();
    home.write("watches.toml", WATCHES);
    home.run("apply watches.toml").done("3 new, 0 changed, 0 pruned, 0 unchanged");
    let origin = "file:watches.toml";
    assert_eq!(
        home.words().await,
        [
            format!("video:dQw4w9WgXcQ | telegram:1234 | views every 1000; status | {origin}"),
            format!(
                "video:dQw4w9WgXcQ | webhook:https://example.org/hook/s3cret | views every 1000; status | {origin}"
            ),
            format!(
                "channel:@handle | telegram:1234 | upload; views milestones; likes milestones; comments milestones | {origin}"
            ),
        ]
    );
    let rows = home.watches().await;
    assert!(rows.iter().all(|row| row.destination.person == PersonKey::OPERATOR));
    assert_eq!(rows[0].settings.at_most_s, Some(900));
    assert_eq!(rows[0].settings.until.unwrap().to_string(), "2999-02-01T00:00:00Z");
}

#[tokio::test]
async fn a_second_apply_changes_nothing_and_says_so() {
    let home = Home::new();
    home.write("watches.toml", WATCHES);
    home.run("apply watches.toml");
    let before = format!("{:?}", home.watches().await);
    home.run("apply watches.toml").done("nothing to change: 3 watches unchanged");
    home.run("apply watches.toml --prune").done("nothing to change: 3 watches unchanged");
    assert_eq!(format!("{:?}", home.watches().await), before);
}

#[tokio::test]
async fn a_dry_run_prints_the_difference_and_leaves_no_trace() {
    let home = Home::new();
    home.write("watches.toml", WATCHES);
    let said = home.run("apply watches.toml --dry-run");
    said.done("3 new, 0 changed, 0 pruned, 0 unchanged; --dry-run: nothing was written");
    assert!(!said.out.contains("s3cret"), "{}", said.out);
    assert!(!home.has("tubebell.db"));

    home.run("apply watches.toml");
    home.write(
        "watches.toml",
        "[[watch]]\nvideo = \"dQw4w9WgXcQ\"\nrules = [\"title\", \"status\"]\nto = [\"telegram:1234\", \"telegram:5\"]\nat_most = \"1h\"\n",
    );
    let before = home.words().await;
    let said = home.run("apply watches.toml --dry-run --prune-all");
    assert_eq!(
        said.out.lines().collect::<Vec<_>>(),
        [
            "~ video:dQw4w9WgXcQ to telegram:1234: +\"title\", -\"views every 1000\", at_most 15m → 1h, until 2999-02-01T00:00:00Z → default (line 1)",
            "+ video:dQw4w9WgXcQ to telegram:5: title; status (line 1)",
            "- video:dQw4w9WgXcQ to webhook:example.org/…: views every 1000; status",
            "- channel:@handle to telegram:1234: upload; views milestones; likes milestones; comments milestones",
            "1 new, 1 changed, 2 pruned, 0 unchanged; --dry-run: nothing was written",
        ]
    );
    assert_eq!(home.words().await, before);
    home.run("apply watches.toml --prune-all").done("1 new, 1 changed, 2 pruned, 0 unchanged");
}

#[tokio::test]
async fn prune_ends_most_of_a_files_watches_only_when_told_so() {
    let refusal = |ending: usize, all: &str| {
        format!(
            "tubebell: w.csv: --prune would end {ending} of the {all} that this file has brought, so nothing was changed; if that is meant, say --prune-all"
        )
    };
    let home = Home::new();
    let four = ["aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc", "ddddddddddd"];
    let file = |videos: &[&str]| {
        let lines: String = videos.iter().map(|id| format!("{id},telegram:1\n")).collect();
        format!("video,to\n{lines}")
    };
    home.write("w.csv", file(&four));
    home.run("apply w.csv --prune").done("4 new, 0 changed, 0 pruned, 0 unchanged");
    let before = home.words().await;
    for (text, ending) in [
        (file(&[]), 4),
        (file(&four[..1]), 3),
        (file(&["eeeeeeeeeee", "fffffffffff", "ggggggggggg"]), 4),
    ] {
        home.write("w.csv", text);
        home.run("apply w.csv --prune").failed(1, &[&refusal(ending, "4 watches")]);
        assert_eq!(home.words().await, before, "not even what is new is written");
        let said = home.run("apply w.csv --prune --dry-run");
        assert_eq!((said.code, said.err.trim_end()), (1, refusal(ending, "4 watches").as_str()));
        assert!(said.out.contains(&format!("{ending} pruned")), "{}", said.out);
    }
    home.write("w.csv", file(&four[..2]));
    home.run("apply w.csv --prune").done("0 new, 0 changed, 2 pruned, 2 unchanged");
    home.write("w.csv", file(&[]));
    home.run("apply w.csv").done("nothing to change: 0 watches unchanged");
    home.run("apply w.csv --prune-all").done("0 new, 0 changed, 2 pruned, 0 unchanged");
    home.run("apply w.csv --prune").done("nothing to change: 0 watches unchanged");
    home.write("one.toml", "[[watch]]\nvideo = \"aaaaaaaaaaa\"\nto = \"telegram:1\"\n");
    home.run("apply one.toml");
    home.write("one.toml", "");
    assert_eq!(home.run("apply one.toml --prune").code, 1);
    assert_eq!(home.watches().await.len(), 1);
}

#[tokio::test]
async fn prune_removes_what_this_file_brought_and_nothing_else() {
    let home = Home::new();
    home.write("a.csv", "video,to\naaaaaaaaaaa,telegram:1\nbbbbbbbbbbb,telegram:1\n");
    home.write("b.csv", "video,to\nccccccccccc,telegram:1\n");
    home.run("apply a.csv");
    home.run("apply b.csv");
    home.write("a.csv", "video,to\naaaaaaaaaaa,telegram:1\n");
    home.run("apply a.csv").done("nothing to change: 1 watch unchanged");
    assert_eq!(home.watches().await.len(), 3);
    home.run("apply a.csv --prune").done("0 new, 0 changed, 1 pruned, 1 unchanged");
    let all = "| telegram:1 | views any; likes any; comments any |";
    assert_eq!(
        home.words().await,
        [
            format!("video:aaaaaaaaaaa {all} file:a.csv"),
            format!("video:ccccccccccc {all} file:b.csv")
        ]
    );
    // Under one name, files of two folders are one.
    home.run("apply a.csv --prune-all --name b.csv").done(
        "0 new, 0 changed, 1 pruned, 1 unchanged (one of them came from elsewhere and belongs to this file now)",
    );
    assert_eq!(home.words().await, [format!("video:aaaaaaaaaaa {all} file:b.csv")]);
}

#[tokio::test]
async fn a_file_with_mistakes_names_them_all_and_changes_nothing() {
    let home = Home::new();
    let mut text = String::from("video,rules,to\ndQw4w9WgXcQ,views any,telegram:1\n");
    text.push_str("dQw4w9WgXcQ,views evry 5,telegram:1\n");
    text.push_str("dQw4w9WgXcQ,,telegram:1\n");
    home.write("watches.csv", &text);
    home.run("apply watches.csv").failed(
        2,
        &[
            "watches.csv:3: rules: \"views evry 5\": column 7: expected \"any\", \"every\", \"milestones\", \"at\", \"rate\", \"+\" or \"-\", found \"evry\" - did you mean \"every\"?",
            "watches.csv:4: video:dQw4w9WgXcQ to telegram:1 stands in line 2 already",
            "tubebell: 2 mistakes in watches.csv: nothing was changed",
        ],
    );
    assert!(!home.has("tubebell.db"));

    text.push_str(&"nope,,telegram:1\n".repeat(30));
    home.write("watches.csv", &text);
    let said = home.run("apply watches.csv");
    assert_eq!(said.err.lines().count(), 22);
    assert!(said.err.contains("… and 12 more mistakes\ntubebell: 32 mistakes in watches.csv"));
}

#[test]
fn a_file_that_can_not_be_read_is_wrong_usage() {
    let home = Home::new();
    home.run("apply nope.csv")
        .failed(2, &["tubebell: nope.csv: can't be read: No such file or directory (os error 2)"]);
    home.write("watches.yaml", "");
    home.run("apply watches.yaml")
        .failed(2, &["tubebell: watches.yaml: a watch file ends in .toml or .csv"]);
    std::fs::create_dir(home.path().join("x.toml")).unwrap();
    home.run("apply x.toml").failed(2, &["tubebell: x.toml: is no regular file"]);
}

#[test]
fn a_destination_whose_channel_is_off_is_refused() {
    let home = Home::empty();
    home.write("watches.csv", "video,to\ndQw4w9WgXcQ,telegram:1\ndQw4w9WgXcQ,recorder:a\n");
    home.run("apply watches.csv").failed(
        2,
        &[
            "watches.csv:2: to: telegram:1 is off: there is no section [telegram] in the configuration",
            "tubebell: 1 mistake in watches.csv: nothing was changed",
        ],
    );
}

#[tokio::test]
async fn what_export_writes_is_applied_without_difference_and_secret() {
    let home = Home::new();
    home.write("watches.toml", WATCHES);
    home.run("apply watches.toml");
    let said = home.run("export again.toml");
    assert_eq!((said.code, said.err.as_str()), (0, "wrote 3 watches to again.toml\n"));
    home.run("apply again.toml --dry-run").done(
        "nothing to change: 3 watches unchanged (3 of them came from elsewhere and belong to this file now); --dry-run: nothing was written",
    );
    home.run("export again.toml")
        .failed(1, &["tubebell: again.toml exists already: name a new file"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.path().join("again.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let elsewhere = Home::new();
    elsewhere.write("again.toml", home.read("again.toml"));
    elsewhere.run("apply again.toml").done("3 new, 0 changed, 0 pruned, 0 unchanged");
    let text = |said: &str| said.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(text(&elsewhere.run("export").out), text(&home.run("export").out));
}

#[tokio::test]
async fn a_watch_that_a_chat_made_keeps_its_owner_and_its_rules_keep_their_state() {
    let home = Home::new();
    let chat = Edit::Watch(Box::new(WatchEdit {
        destination: "telegram:7".parse().unwrap(),
        owner: Owner::of(&"telegram:7".parse().unwrap()),
        subject: "video:dQw4w9WgXcQ".parse().unwrap(),
        title: None,
        rules: Vec::new(),
        settings: Settings { until: Some(UnixMillis(4_000_000_000_123)), ..Settings::default() },
        origin: "chat".to_owned(),
        beginning: None,
        limit: None,
        videos_limit: None,
    }));
    home.store().edit(None, vec![chat], EARLIER).await.unwrap();
    home.write("w.csv", "video,rules,to\ndQw4w9WgXcQ,title,telegram:7\n");
    let said = home.run("apply w.csv --dry-run");
    assert!(said.out.starts_with(
        "~ video:dQw4w9WgXcQ to telegram:7: +\"title\", until 2096-10-02T07:06:40.123Z → default (line 2)\n"
    ), "{}", said.out);
    home.run("apply w.csv").done("0 new, 1 changed, 0 pruned, 0 unchanged");
    let person = home.watches().await[0].destination.person;
    let owner = home.store().owner(person).await.unwrap().unwrap();
    assert_eq!(owner, Owner::of(&"telegram:7".parse().unwrap()));
}

#[tokio::test]
async fn a_chat_that_has_moved_is_found_under_its_old_address() {
    let home = Home::new();
    home.write("w.csv", "video,to\ndQw4w9WgXcQ,telegram:-5\naaaaaaaaaaa,telegram:-5\n");
    home.run("apply w.csv");
    let (from, to) = ("telegram:-5".parse().unwrap(), "telegram:-1005".parse().unwrap());
    home.store().edit(None, vec![Edit::Move { from, to }], EARLIER).await.unwrap();
    home.run("apply w.csv --prune").done("nothing to change: 2 watches unchanged");

    home.write("w.csv", "video,to\ndQw4w9WgXcQ,telegram:-5\ndQw4w9WgXcQ,telegram:-1005\n");
    let said = home.run("apply w.csv --prune");
    assert_eq!(
        (said.code, said.err.as_str(), said.out.as_str()),
        (
            0,
            "line 2: telegram:-5 has moved to a chat that another line names: left out\n",
            "0 new, 0 changed, 1 pruned, 1 unchanged\n"
        )
    );
}

#[tokio::test]
async fn two_names_of_one_channel_are_said_to_be_so() {
    let home = Home::new();
    home.write("w.csv", "channel,rules,to\n@one,upload,telegram:5\n@two,upload,telegram:5\n");
    home.run("apply w.csv").done("2 new, 0 changed, 0 pruned, 0 unchanged");
    let limits = tubebell::store::ListLimits { per_list: 10, per_owner: 10 };
    for due in home.store().due_subjects(UnixMillis(i64::MAX / 2), 9, limits).await.unwrap() {
        let listing = tubebell::store::Listing {
            subject: due.id,
            title: None,
            same_as: Some("channel:UCuAXFkgsw1L7xaCfnd5JJOw".parse().unwrap()),
            memory: "{}".into(),
            members: Vec::new(),
            complete: true,
            total: None,
            members_max: 10,
            presence: Some(true),
            next_listing: EARLIER,
        };
        home.store().save_listing(listing, EARLIER).await.unwrap();
    }
    let said = home.run("apply w.csv --prune");
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            0,
            "line 3: channel:@two to telegram:5 is on another line under another name of the channel: left out\n"
        )
    );
}

#[tokio::test]
async fn apply_works_beside_a_running_gateway_and_completes_what_was_begun() {
    let home = Home::new();
    let _gateway = Sqlite::open(&home.path().join("tubebell.db"), Access::Run).unwrap();
    home.write("w.csv", "video,to\naaaaaaaaaaa,telegram:1\n");
    home.run("apply w.csv").done("1 new, 0 changed, 0 pruned, 0 unchanged");
    home.write("w.csv", "video,to\naaaaaaaaaaa,telegram:1\nbbbbbbbbbbb,telegram:1\n");
    home.run("apply w.csv").done("1 new, 0 changed, 0 pruned, 1 unchanged");
}

/// A file of so many watches of a tenth as many videos, the watches of one video far apart.
fn long_file(watches: usize) -> String {
    let mut text = String::from("video,rules,to\n");
    for number in 0..watches {
        let (video, to) = (number % (watches / 10), number / (watches / 10) * 7 + number % 7);
        let rule = ["views every 1000", "likes +5%", "views any"][number % 3];
        text.push_str(&format!("video{video:06},{rule},telegram:{}\n", to + 1));
    }
    text
}

impl Home {
    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().join("tubebell.db")).unwrap()
    }

    fn watched(&self) -> usize {
        let sql = "SELECT count(*) FROM subscription WHERE ended_at IS NULL";
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

// Takes two seconds: it is about many rows.
#[test]
fn a_second_apply_of_a_long_file_writes_nothing_at_all() {
    let home = Home::new();
    home.write("w.csv", long_file(6_000));
    home.run("apply w.csv").done("6,000 new, 0 changed, 0 pruned, 0 unchanged");
    assert_eq!(home.watched(), 6_000);
    let db = home.database();
    // Changes when anybody else has written.
    let version = || db.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).unwrap();
    let before = version();
    home.run("apply w.csv").done("nothing to change: 6,000 watches unchanged");
    home.run("apply w.csv --prune").done("nothing to change: 6,000 watches unchanged");
    home.run("apply w.csv --dry-run")
        .done("nothing to change: 6,000 watches unchanged; --dry-run: nothing was written");
    assert_eq!(version(), before);
    home.write("w.csv", long_file(6_000).replacen(",views any,", ",views at 5,", 1));
    home.run("apply w.csv").done("0 new, 1 changed, 0 pruned, 5,999 unchanged");
    assert_ne!(version(), before);
}

/// The row after the 2,500th takes for ever, so that the kill always comes in the middle.
#[tokio::test]
async fn an_apply_that_was_killed_half_way_is_completed_by_the_next_one() {
    let home = Home::new();
    home.write("w.csv", long_file(6_000));
    drop(home.store());
    let endless = "CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n;
        CREATE TRIGGER stuck BEFORE INSERT ON subscription WHEN (SELECT count(*) FROM subscription) >= 2500
        BEGIN SELECT count(*) FROM endless; END";
    home.database().execute_batch(endless).unwrap();
    let mut child = home.command("apply w.csv").stdout(Stdio::null()).spawn().unwrap();
    until("a first transaction", async || home.watched() > 0).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let standing = home.watched();
    assert!(standing < 2_500, "it was not stopped in the middle");
    home.database().execute_batch("DROP TRIGGER stuck; DROP VIEW endless").unwrap();
    let said = home.run("apply w.csv");
    let shown = |count: usize| {
        tubebell::render::numbers::grouped(i64::try_from(count).expect("a few thousand"))
    };
    said.done(&format!(
        "{} new, 0 changed, 0 pruned, {} unchanged",
        shown(6_000 - standing),
        shown(standing)
    ));
    assert_eq!(home.watched(), 6_000);
    home.run("apply w.csv --prune").done("nothing to change: 6,000 watches unchanged");
}

// Takes two seconds: the file has to be long enough for something to happen beside it.
#[tokio::test]
async fn a_gateway_goes_on_writing_between_the_transactions_of_an_apply() {
    let home = Home::new();
    home.write("w.csv", long_file(6_000));
    let gateway = Sqlite::open(&home.path().join("tubebell.db"), Access::Run).unwrap();
    let mut child = home.command("apply w.csv").stdout(Stdio::null()).spawn().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let status = loop {
        gateway.save("test", "x".to_owned()).await.unwrap();
        seen.insert(home.watched());
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert!(status.success());
    assert_eq!(home.watched(), 6_000);
    // How far the apply was whenever the gateway wrote: before it, in the middle and at its end. In how many of the gaps
    // it comes to write is a matter of who is quicker, and no promise.
    assert!(seen.len() >= 3, "{seen:?}");
}

#[tokio::test]
async fn a_file_of_many_batches_is_applied_and_exported_whole() {
    let home = Home::new();
    let mut text = String::from("video,to,at_most\n");
    for number in 0..620 {
        text.push_str(&format!("video{number:06},telegram:{},{number}s\n", number % 7 + 1));
    }
    home.write("w.csv", &text);
    home.run("apply w.csv").done("620 new, 0 changed, 0 pruned, 0 unchanged");
    home.run("apply w.csv --prune").done("nothing to change: 620 watches unchanged");
    assert_eq!(home.run("export").out.matches("[[watch]]").count(), 620);
    home.write("w.csv", text.lines().take(21).collect::<Vec<_>>().join("\n"));
    home.run("apply w.csv --prune-all").done("0 new, 0 changed, 600 pruned, 20 unchanged");
}

#[test]
fn a_reader_of_the_output_that_goes_away_is_no_failure() {
    let home = Home::new();
    let mut text = String::from("video,to,at_most\n");
    for number in 0..1_200 {
        text.push_str(&format!("video{number:06},recorder:{},{number}s\n", "x".repeat(100)));
    }
    home.write("w.csv", &text);
    let mut child = home
        .command("apply w.csv --dry-run")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("+ video:video000000 to recorder:xxx"));
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
