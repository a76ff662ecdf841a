//! A database of an older version is carried over by the gateway alone, whatever comes between.

use super::*;
use tubebell::model::{Body, Button, Channel, ChatMessage, Owner};
use tubebell::route::{Budget, Router};
use tubebell::store::{
    Edit, Edited, ListLimits, ListedMember, Listing, Migration, PersonState, StoreError,
};

/// The databases of older versions, by their schema.
const OLDER: [(u32, &str); 5] = [
    (2, include_str!("../../../fixtures/schema-2.sql")),
    (3, include_str!("../../../fixtures/schema-3.sql")),
    (4, include_str!("../../../fixtures/schema-4.sql")),
    (5, include_str!("../../../fixtures/schema-5.sql")),
    (7, include_str!("../../../fixtures/schema-7.sql")),
];

/// The first moment after the last that the older versions have seen.
const THEN: UnixMillis = UnixMillis(1_795_007_407_000);

const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";

/// A folder with the database of an older version in it.
fn older(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tubebell.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(content).unwrap();
    (folder, path)
}

impl Bench {
    fn of_older(content: &str) -> Bench {
        let (folder, _) = older(content);
        Bench::of(Engine { folder }, THEN)
    }

    /// One piece, and what it left. What was left over of changes goes with so many alerts at a time.
    async fn piece(&self, alerts: usize) -> Migration {
        let migration = self.store().migrate(self.now()).await.unwrap();
        if migration == Migration::FanOut {
            let work = move |tx: &mut dyn tubebell::model::RoutingTx<Error = StoreError>,
                             holder,
                             work: &str| {
                Router::new().resume(tx, holder, work, &mut Budget::new(alerts, &|| false))
            };
            self.store().fan_out(self.now(), Box::new(work)).await.unwrap();
        }
        migration
    }

    async fn upgrade(&self) {
        while self.piece(1_000).await != Migration::Done {}
    }

    /// Everything that a watcher may hear from here on, in the order of the texts.
    async fn rest_of_the_story(&self) -> Vec<String> {
        self.route().await;
        let mut told = self.send_all().await;
        // A window that had fired rests: it does not fire again, and another rule of the same video does.
        self.see_video("video000001", 2_100).await;
        self.see_video("video000003", 2_900).await;
        self.see_video("video000003", 3_000).await;
        self.see_video("video000009", 1).await;
        told.extend(self.send_all().await);
        self.pass(2 * HOUR);
        told.extend(self.send_all().await);
        replay_all(&**self.store(), self.now()).await;
        told.extend(self.send_all().await);
        self.sums();
        told.sort();
        told
    }
}

#[tokio::test]
async fn a_database_of_an_older_version_goes_on_where_it_was() {
    for (schema, content) in OLDER {
        let bench = Bench::of_older(content);
        bench.upgrade().await;
        let told = bench.rest_of_the_story().await;
        println!("schema {schema}: {told:#?}");
        let of = |video: &str| told.iter().filter(|body| body.starts_with(video)).count();
        // Each of thirty chats hears both of its rules of what was left over, and of what came behind it. Of the newer
        // one, four messages were under way: they stay what they are.
        assert_eq!(of(VIDEO), if schema == 2 { 30 } else { 34 });
        assert!(of("video000002") >= 1 && of("video000003") >= 2);
        assert_eq!(bench.sql::<i64>("SELECT count(*) FROM fanout"), 0);
        assert_eq!(bench.count("dead"), 0);
    }
}

#[tokio::test]
async fn kills_between_any_two_pieces_change_nothing() {
    for (schema, content) in OLDER {
        let whole = {
            let bench = Bench::of_older(content);
            bench.upgrade().await;
            bench.rest_of_the_story().await
        };
        let mut bench = Bench::of_older(content);
        loop {
            let migration = bench.piece(3).await;
            bench.restart();
            if migration == Migration::Done {
                break;
            }
        }
        assert_eq!(bench.rest_of_the_story().await, whole, "schema {schema}");
    }
}

#[tokio::test]
async fn rules_of_lists_have_their_rows_where_this_version_looks_for_them() {
    let bench = Bench::of_older(OLDER[0].1);
    bench.upgrade().await;
    let rows = |text: &str| {
        bench.sql::<i64>(&format!(
            "SELECT count(*) FROM \"trigger\" t JOIN rule r ON r.id = t.rule JOIN subscription s ON s.id = r.subscription
             JOIN subject u ON u.id = s.subject WHERE u.ref = '{CHANNEL}' AND r.text = '{text}'"
        ))
    };
    for text in ["views any", "title", "upload", "status"] {
        assert!(rows(text) <= 2, "{text}: one row per rule");
    }
    assert_eq!(rows("views every 1000"), 4);
    assert_eq!(bench.sql::<i64>("SELECT count(*) FROM member m WHERE m.armed = 0 AND m.subject IN (SELECT id FROM subject WHERE next_listing IS NOT NULL AND ref LIKE 'channel:UC%')"), 0);
    let memory =
        bench.sql::<String>(&format!("SELECT memory FROM subject WHERE ref = '{CHANNEL}'"));
    assert!(memory.contains("\"playlist\":\"UUuAXFkgsw1L7xaCfnd5JJOw\""), "{memory}");
    // No column of the older version is left.
    let columns =
        bench.sql::<String>("SELECT group_concat(name) FROM pragma_table_info('subject')");
    assert!(!columns.contains("full_at") && !columns.contains("feed"), "{columns}");
}

#[tokio::test]
async fn people_of_before_keep_who_invited_them_and_their_groups_count_for_themselves() {
    for (_, content) in &OLDER[..3] {
        let people = "INSERT INTO invite VALUES ('one', 'operator', 1, 2, 'telegram:7');
             INSERT INTO person VALUES ('telegram:7', 5, 'one');
             INSERT INTO person VALUES ('telegram:-8', 6, NULL);";
        let bench = Bench::of_older(&format!("{content}\n{people}"));
        bench.upgrade().await;
        let person = async |address: &str| bench.store().person(&at(address)).await.unwrap();
        let row = person("telegram:7").await.unwrap();
        assert_eq!((row.since.0, row.invited_by), (5, Some(Owner::Operator)));
        let row = person("telegram:-8").await.unwrap();
        assert_eq!((row.invited_by, row.brought_by), (None, None));
    }
}

/// Who is in, how they came, and what they have.
async fn people(bench: &Bench) -> Vec<String> {
    let people = bench.store().people(None, 100, bench.now()).await.unwrap();
    let line = |person: &PersonState| {
        let row = person.row.as_ref().unwrap();
        let by = match (&row.invited_by, &row.brought_by) {
            (_, Some(by)) => format!("with {by}"),
            (Some(Owner::Operator), None) => "by the operator".to_owned(),
            (Some(Owner::Person(by)), None) => format!("by {by}"),
            (None, None) => "somehow".to_owned(),
        };
        let (groups, watches) = (person.groups, person.watches);
        format!(
            "{} {by}: {groups} groups, {watches} watches, {} unused",
            person.address, person.invitations
        )
    };
    people.iter().map(line).collect()
}

#[tokio::test]
async fn whoever_was_known_by_an_address_is_a_person_with_all_that_they_had() {
    // Beside them, words that were nobody's: none of them is the operator's.
    let rubbish = "INSERT INTO destination (address, lane, owner) VALUES ('telegram:50', 50, 'Operator'), ('telegram:51', 51, '');
         INSERT INTO lane (id, key, channel) VALUES (50, 'telegram:50', 'telegram'), (51, 'telegram:51', 'telegram');
         INSERT INTO person (address, since, invited_by, brought_by) VALUES ('telegram:-52', 'long ago', 'telegram:operator', 'nobody');
         INSERT INTO invite VALUES ('rubbish', 'Operator', 1, 9000000000000000, NULL);
         INSERT INTO person (address, since, invited_by, brought_by) VALUES (x'ff', 1, NULL, NULL), (CAST(x'ff' AS TEXT), 1, NULL, NULL);
         INSERT INTO invite VALUES (x'ff', x'ff', 1, 1, x'ff'), ('unread', x'ff', 1, 1, CAST(x'ff' AS TEXT));";
    // More than a piece brings along.
    let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500)
         INSERT INTO invite SELECT 'old' || n, 'operator', 1, 1, NULL FROM n;";
    let bench = Bench::of_older(&format!("{}\n{rubbish}\n{many}", OLDER[3].1));
    assert_ne!(bench.piece(1).await, Migration::Done, "it comes in pieces");
    bench.upgrade().await;
    let store = bench.store();
    assert_eq!(
        people(&bench).await,
        [
            "telegram:-10 with telegram:1: 0 groups, 2 watches, 0 unused",
            "telegram:-11 with telegram:42: 0 groups, 1 watches, 0 unused",
            "telegram:-52 somehow: 0 groups, 0 watches, 0 unused",
            "telegram:1 by the operator: 1 groups, 1 watches, 1 unused",
            "telegram:2 by telegram:1: 0 groups, 1 watches, 0 unused",
            "telegram:42 by the operator: 1 groups, 1 watches, 0 unused",
        ]
    );
    assert_eq!(store.operator().await.unwrap(), Some(at("telegram:42")));
    for (person, watches) in [
        ("telegram:1", 3),
        ("telegram:2", 1),
        ("telegram:3", 1),
        ("telegram:-30", 1),
        ("telegram:42", 0),
    ] {
        assert_eq!(store.watches_of_owner(&owner(person)).await.unwrap(), watches, "{person}");
    }
    let operators = bench.sql::<usize>("SELECT count(*) FROM destination WHERE person = 1");
    assert_eq!(operators, 34 + 2, "what files have brought, the operator's chat and their group");
    // An invitation works on, also for whoever has used it already; a word of nobody's makes no operator.
    let used = Edit::BecomeOperator { person: at("telegram:42"), code: "first".into() };
    assert_eq!(bench.edit(used).await, Edited::Done(0));
    let unused = Edit::Admit { person: at("telegram:8"), code: "unused".into() };
    assert_eq!(bench.edit(unused).await, Edited::Done(1));
    let row = store.person(&at("telegram:8")).await.unwrap().unwrap();
    assert_eq!(row.invited_by, Some(owner("telegram:1")));
    let rubbish = Edit::BecomeOperator { person: at("telegram:9"), code: "rubbish".into() };
    assert_eq!(bench.edit(rubbish).await, Edited::BadInvite);
    bench.rest_of_the_story().await;
}

#[tokio::test]
async fn what_waits_since_bodies_had_no_kind_leaves_as_it_was_written() {
    let chat =
        r#"{"html":"<b>1</b>","buttons":[[{"text":"Stop","data":"stop:8"}]],"preview":true}"#;
    let json = r#"{"type":"alert.fired"}"#;
    let mut content = OLDER[2].1.to_owned();
    for (id, address, channel, body) in [
        (901, "telegram:901", "telegram", chat),
        (902, "webhook:https://example.org/bell", "webhook", json),
        (903, "recorder:bell", "recorder", "views 950"),
    ] {
        content += &format!(
            "INSERT INTO lane (id, key, channel, due_at) VALUES ({id}, '{address}', '{channel}', 1);
             INSERT INTO destination (id, address, lane, owner) VALUES ({id}, '{address}', {id}, 'operator');
             INSERT INTO notification (lane, destination, kind, body, members, silent, observed_at, created_at, next_at, state)
             VALUES ({id}, {id}, 'notice', '{body}', '[]', 0, 1, 1, 1, 'pending');"
        );
    }
    let bench = Bench::of_older(&content);
    bench.upgrade().await;
    let button = Button { text: "Stop".to_owned(), data: "stop:8".to_owned() };
    let written = ChatMessage {
        html: "<b>1</b>".to_owned(),
        buttons: vec![vec![button]],
        preview: true,
        preview_url: None,
        picture: None,
        file: None,
    };
    for (channel, body) in [
        (Channel::Telegram, Body::Chat(written)),
        (Channel::Webhook, Body::Json(json.to_owned())),
        (Channel::Recorder, Body::Text("views 950".to_owned())),
    ] {
        let claims = bench.turn(channel, 100, Vec::new()).await.claims;
        assert!(claims.iter().any(|claim| claim.body == body), "{channel}: {claims:#?}");
    }
}

#[tokio::test]
async fn an_upgraded_database_has_the_same_schema_as_a_new_one() {
    let schema = |bench: &Bench| {
        let db = bench.engine.database();
        let mut columns = db
            .prepare(
                "SELECT m.name, (SELECT group_concat(name || ' ' || type || ' ' || \"notnull\") FROM pragma_table_info(m.name))
                 FROM sqlite_schema m WHERE m.name NOT LIKE 'sqlite_%' ORDER BY m.name",
            )
            .unwrap();
        let rows = columns
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)))
            .unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    for (_, content) in OLDER {
        let bench = Bench::of_older(content);
        bench.upgrade().await;
        assert_eq!(schema(&bench), schema(&Bench::new()));
    }
}

#[tokio::test]
async fn what_is_published_after_the_upgrade_is_news_and_what_was_before_is_not() {
    let bench = Bench::of_older(OLDER[0].1);
    bench.upgrade().await;
    bench.route().await;
    bench.send_all().await;
    bench.pass(MINUTE);
    let limits = ListLimits { per_list: 10, per_owner: 10 };
    let due = bench.store().due_subjects(bench.now().plus(DAY), 10, limits).await.unwrap();
    let subject = due.into_iter().find(|due| due.subject == of(CHANNEL)).unwrap().id;
    let row = |n: u32, at| ListedMember {
        id: format!("video{n:06}").parse().unwrap(),
        title: None,
        at: Some(at),
    };
    let long_ago = THEN.minus(100 * DAY);
    let members = vec![
        row(7, bench.now()),
        row(4, long_ago),
        row(3, long_ago),
        row(2, long_ago),
        row(6, long_ago),
    ];
    let listing = Listing {
        subject,
        title: None,
        same_as: None,
        memory: "{}".into(),
        members,
        complete: true,
        total: None,
        members_max: 10,
        presence: Some(true),
        next_listing: bench.now(),
    };
    bench.store().save_listing(listing, bench.now()).await.unwrap();
    for n in [2, 3, 4, 6, 7] {
        bench.see_video(&format!("video{n:06}"), 900).await;
    }
    let uploads = "SELECT group_concat(DISTINCT v.ref) FROM alert a JOIN rule r ON r.id = a.rule JOIN video v ON v.id = a.video
                   WHERE r.text = 'upload' AND a.observed_at > 1795007400000";
    assert_eq!(bench.sql::<String>(uploads), "video000007");
}

#[tokio::test]
async fn a_tool_leaves_an_older_database_as_it_is_and_says_what_to_do() {
    for (schema, content) in OLDER {
        let (_folder, path) = older(content);
        let before = std::fs::read(&path).unwrap();
        for access in [Access::Tool, Access::Existing] {
            let error = Sqlite::open(&path, access).err().unwrap().to_string();
            let expected = format!(
                "tubebell.db is of an older version (schema {schema}, and this one needs 11): start this version's `tubebell run` once, it brings the database up to date"
            );
            assert!(error.ends_with(&expected), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_tool_waits_for_the_end_of_an_upgrade_and_a_second_gateway_is_refused() {
    let bench = Bench::of_older(OLDER[0].1);
    assert_ne!(bench.piece(1).await, Migration::Done);
    for access in [Access::Tool, Access::Existing] {
        let error = Sqlite::open(&bench.path(), access).err().unwrap().to_string();
        assert!(
            error.ends_with(
                "is being brought up to date by `tubebell run`: try again when that is done"
            ),
            "{error}"
        );
    }
    let error = Sqlite::open(&bench.path(), Access::Run).err().unwrap();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    bench.upgrade().await;
    drop(Sqlite::open(&bench.path(), Access::Existing).unwrap());
}

#[tokio::test]
async fn nobody_makes_a_database_that_a_gateway_is_about_to_make() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tubebell.db");
    let lock = std::fs::File::create(folder.path().join("tubebell.db.lock")).unwrap();
    lock.lock().unwrap();
    let error = Sqlite::open(&path, Access::Tool).err().unwrap();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    lock.unlock().unwrap();
    drop(Sqlite::open(&path, Access::Tool).unwrap());
}
