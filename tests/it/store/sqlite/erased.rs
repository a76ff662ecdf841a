//! Who is forgotten stands in no table any more.

use super::*;
use rusqlite::Connection;
use tubebell::model::{Channel, Owner, Settings};
use tubebell::store::{AskLimits, Edit, Edited, FinishedAs, ReaderEdit};

use crate::bodies;

const PHONE: &str = "discord:@7788990011";
const MAIL: &str = "email:ana@example.org";
const OLD: &str = "telegram:4700";

/// What is looked for: each of the addresses, however it is written.
const NAMES: [&str; 4] = ["telegram:4711", "7788990011", "ana@example.org", "telegram:4700"];

/// The columns of all tables in which a row says one of these, as `table.column`.
fn named(db: &Connection, names: &[&str]) -> Vec<String> {
    let list = |sql: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut found = Vec::new();
    for table in list("SELECT name FROM sqlite_master WHERE type = 'table'") {
        for column in list(&format!("SELECT name FROM pragma_table_info('{table}')")) {
            let said = format!(
                "SELECT count(*) FROM \"{table}\" WHERE instr(CAST(\"{column}\" AS TEXT), ?1)"
            );
            let says =
                |name: &str| db.query_row(&said, [name], |row| row.get::<_, i64>(0)).unwrap() > 0;
            if names.iter().any(|name| says(name)) {
                found.push(format!("{table}.{column}"));
            }
        }
    }
    found
}

async fn watch(bench: &Bench, to: &str) {
    let mut watch = watch_of(to, &format!("video:{VIDEO}"), "views any");
    watch.owner = owner(to);
    bench.edit(Edit::Watch(Box::new(watch))).await;
}

async fn code(bench: &Bench, by: &str, code: &str) {
    let (code, expires_at) = (code.to_owned(), bench.now().plus(HOUR));
    bench.edit(Edit::MakeLinkCode { by: at(by), code, expires_at }).await;
}

async fn ask(bench: &Bench, by: &str, mailbox: &str, code: &str) {
    let edit = ReaderEdit {
        by: at(by),
        address: at(mailbox),
        mailbox: at(mailbox).counted_by(),
        code: code.to_owned(),
        expires_at: bench.now().plus(HOUR),
        mail: bodies::plain("is this yours?"),
        limits: AskLimits { per_mailbox: 9, per_person: 9, in_all: 9 },
    };
    assert_eq!(bench.edit(Edit::AskReader(Box::new(edit))).await, Edited::Done(1));
}

async fn invite(bench: &Bench, by: Owner, code: &str, who: &str) {
    let (code, expires_at) = (code.to_owned(), bench.now().plus(HOUR));
    let edit = Edit::Invite { code: code.clone(), made_by: by, expires_at, per_day: None };
    bench.edit(edit).await;
    assert_eq!(bench.edit(Edit::Admit { person: at(who), code }).await, Edited::Done(1));
}

/// Ana has left traces wherever somebody can.
async fn traces() -> Bench {
    let bench = Bench::new();
    invite(&bench, Owner::Operator, "ana", OLD).await;
    watch(&bench, OLD).await;
    bench.edit(Edit::Move { from: at(OLD), to: at(ANA) }).await;
    code(&bench, ANA, "phone").await;
    let told = |text: String| Some(bodies::plain(&text));
    let link = |code: &str, at: Option<&str>, told| Edit::Link {
        code: code.to_owned(),
        at: at.map(super::at),
        told,
    };
    bench.edit(link("phone", Some(PHONE), told(format!("{PHONE} is yours, too")))).await;
    ask(&bench, PHONE, MAIL, "mail").await;
    bench.edit(link("mail", None, told(format!("{MAIL} is yours, too")))).await;
    invite(&bench, owner(ANA), "ben", "telegram:5").await;
    let (group, by, owner) = (at("telegram:-5"), at(ANA), owner(ANA));
    bench.edit(Edit::BringIn { group, by, owner, limit: None }).await;
    for to in [ANA, PHONE, MAIL, "telegram:4711/7", "telegram:-5", "telegram:-5/8"] {
        watch(&bench, to).await;
    }
    let settings = Settings { tz: Some("Europe/Madrid".into()), ..Settings::default() };
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    code(&bench, ANA, "open").await;
    ask(&bench, ANA, "email:eva@example.org", "eva").await;
    ask(&bench, "telegram:5", MAIL, "ben asks").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.send_all().await;
    // Servers name whom they refuse.
    for result in ["550 ana@example.org: no such mailbox", "451 ana@example.org: later"] {
        let claims = bench.turn(Channel::Email, 9, Vec::new()).await.claims;
        let (at, error) = (bench.now().plus(HOUR), result.to_owned());
        for claim in &claims {
            let retry = FinishedAs::Retry { at, counts: true, error: error.clone() };
            let result = match (claim.address == super::at(MAIL), result.starts_with("550")) {
                (true, true) => FinishedAs::Dead(error.clone()),
                (true, false) => retry,
                (false, _) => FinishedAs::Sent("1".into()),
            };
            bench.finish(claim, result).await;
        }
        bench.see(3).await;
    }
    bench
}

#[tokio::test]
async fn no_row_says_any_more_who_was_there() {
    for by in [ANA, PHONE, MAIL] {
        let bench = traces().await;
        let before = named(&bench.engine.database(), &NAMES);
        for column in [
            "identity.address",
            "destination.address",
            "lane.key",
            "link.made_in",
            "notification.body",
            "notification.error",
            "person.brought_from",
        ] {
            assert!(before.contains(&column.to_owned()), "{column}: {before:?}");
        }
        assert!(matches!(bench.edit(Edit::Erase { person: at(by) }).await, Edited::Erased { .. }));
        assert_eq!(named(&bench.engine.database(), &NAMES), Vec::<String>::new(), "{by}");
        // Others are still there.
        let others = named(&bench.engine.database(), &["telegram:5", "telegram:-5"]);
        assert!(others.contains(&"identity.address".to_owned()), "{others:?}");
        bench.sums();
        bench.send_all().await;
        for channel in [Channel::Email, Channel::Discord] {
            bench.turn(channel, 9, Vec::new()).await;
        }
        assert_eq!(named(&bench.engine.database(), &NAMES), Vec::<String>::new(), "{by}");
        bench.sums();
    }
}

#[tokio::test]
async fn of_a_mailbox_whose_reader_has_ended_its_mails_only_that_is_known() {
    let bench = traces().await;
    bench.edit(Edit::Refuse { destination: at(MAIL) }).await;
    bench.edit(Edit::Erase { person: at(ANA) }).await;
    let said = named(&bench.engine.database(), &NAMES);
    assert_eq!(said, ["lane.key", "destination.address"]);
}
