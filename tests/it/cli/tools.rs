//! The smaller tools, and what they have in common.

use tubebell::control::invitation;
use tubebell::model::Owner;
use tubebell::store::{Edit, Registry, WatchFilter};

use super::{EARLIER, Home, said};

#[test]
fn the_program_tells_its_version_and_its_commands() {
    let home = Home::empty();
    home.run("--version").done(concat!("tubebell ", env!("CARGO_PKG_VERSION")));
    let help = home.run("--help");
    assert_eq!(help.code, 0);
    for command in [
        "demo",
        "init",
        "run",
        "check",
        "apply",
        "export",
        "backup",
        "preview",
        "dead-letters",
        "destinations",
        "people",
        "invite",
        "test",
        #[cfg(feature = "kafka")]
        "ksql",
        "why",
    ] {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let home = Home::new();
    for arguments in [
        "",
        "aply",
        "apply",
        "dead-letters",
        "dead-letters replay",
        "dead-letters replay 1 --all",
        "people",
        "people remove",
        "people remove nobody",
        "people remove telegram:1/5",
        "ksql",
        "ksql drop",
        "why",
        "why nope",
        "why dQw4w9WgXcQ --to nobody",
        "preview nope",
        "demo --speed 0",
    ] {
        let said = home.run(arguments);
        assert_eq!(said.code, 2, "{arguments}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_wrong_configuration_ends_every_tool_with_2_and_names_the_nearest_key() {
    let home = Home::new();
    home.write("config/tubebell.toml", "[store]\nulr = \"sqlite://a.db\"\n");
    let line = "config/tubebell.toml:2: unknown key store.ulr: did you mean url?";
    for arguments in [
        "run",
        "export",
        "why dQw4w9WgXcQ",
        "backup b.db",
        "dead-letters list",
        "preview alert",
        "destinations",
        "people list",
        "people remove telegram:1",
        "invite",
        "test telegram:1",
    ] {
        home.run(arguments).failed(2, &[&format!("tubebell: {line}")]);
    }
    let said = home.run("check");
    assert_eq!((said.code, said.out.as_str()), (2, format!("FAILED  {line}\n").as_str()));
    home.run("check --config nope.toml").failed(2, &[]);
}

#[test]
fn run_says_all_that_it_lacks() {
    let home = Home::empty();
    home.run("run").failed(
        2,
        &[
            "there is no section [youtube]: without an API key there are no numbers; `tubebell init` writes a configuration that says where to get one",
            "there is neither [telegram] nor [discord] nor [email] nor [webhook]: nobody could be told; add one of them",
            "tubebell: 2 mistakes in the configuration",
        ],
    );
}

#[test]
fn init_writes_a_private_configuration_and_keeps_the_one_that_is_there() {
    let home = Home::empty();
    let said = home.run("init");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.starts_with("wrote config/tubebell.toml\n"));
    assert!(said.out.contains("tubebell check "));
    let text = home.read("config/tubebell.toml");
    assert!(text.contains("[youtube]"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = home.path().join("config/tubebell.toml");
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    home.write("config/tubebell.toml", "# mine\n");
    home.run("init")
        .failed(1, &["tubebell: config/tubebell.toml exists already: --force replaces it"]);
    assert_eq!(home.read("config/tubebell.toml"), "# mine\n");
    assert_eq!(home.run("init --force").code, 0);
    assert_eq!(home.read("config/tubebell.toml"), text);

    let said = home.run("init --config deep/er/other.toml");
    assert!(said.out.contains("tubebell run --config deep/er/other.toml "), "{}", said.out);
    assert_eq!(home.read("deep/er/other.toml"), text);
}

#[test]
fn tools_without_a_database_say_so_and_make_none() {
    let home = Home::new();
    for arguments in
        ["export", "why dQw4w9WgXcQ", "backup b.db", "dead-letters list", "destinations"]
    {
        let said = home.run(arguments);
        assert_eq!(said.code, 1, "{arguments}");
        assert!(said.err.starts_with("tubebell: tubebell.db: there is no such database"));
        assert_eq!(said.err.lines().count(), 1);
    }
    assert!(!home.has("tubebell.db"));
}

#[tokio::test]
async fn a_backup_holds_what_the_database_holds_and_replaces_nothing() {
    let home = Home::new();
    home.write("w.csv", "video,to\ndQw4w9WgXcQ,telegram:1\n");
    home.run("apply w.csv");
    let _gateway = home.store(); // A copy is made beside whoever has the database open.
    home.run("backup copy.db")
        .done("wrote copy.db: to restore it, stop tubebell, put it in the place of tubebell.db, and remove tubebell.db-wal and tubebell.db-shm");
    home.run("backup copy.db").failed(1, &["tubebell: copy.db: exists already: name a new file"]);
    home.run("backup nowhere/copy.db")
        .failed(1, &["tubebell: nowhere/copy.db: there is no folder nowhere: make it first"]);
    let copy = tubebell::store::Sqlite::open(
        &home.path().join("copy.db"),
        tubebell::store::Access::Existing,
    )
    .unwrap();
    assert_eq!(copy.watches(WatchFilter::All, 0, 10).await.unwrap().len(), 1);
}

#[test]
fn an_older_database_is_copied_by_its_own_program() {
    let home = Home::new();
    let db = rusqlite::Connection::open(home.path().join("tubebell.db")).unwrap();
    drop(home.store());
    db.execute_batch("PRAGMA user_version = 1").unwrap();
    let said = home.run("backup copy.db");
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("older version: its own program makes the copy"), "{}", said.err);
    assert!(!home.has("copy.db"));
}

#[test]
fn check_names_the_file_that_it_did_not_find_and_warns_of_statistics_that_are_kept_too_long() {
    let home = Home::new();
    let config = home.read("config/tubebell.toml");
    home.write("config/tubebell.toml", format!("{config}\n[limits]\nretention_days = 31\n"));
    let said = home.run("check --offline").out;
    let line = "note    limits.retention_days = 31: the terms of YouTube's API allow 30\n";
    assert!(said.contains(line), "{said}");
    std::fs::remove_file(home.path().join("config/tubebell.toml")).unwrap();
    let said = home.run("check --offline").out;
    assert!(said.contains("there is no config/tubebell.toml here"), "{said}");
}

#[test]
fn dead_letters_that_are_not_named_are_asked_for() {
    let home = Home::new();
    drop(home.store());
    home.run("dead-letters replay").failed(
        2,
        &["tubebell: say which: their numbers, as `tubebell dead-letters list` shows them, or --all"],
    );
}

#[test]
fn preview_shows_a_mail_and_its_html() {
    let home = Home::empty();
    let names = home.run("preview --channel email");
    assert_eq!(names.out, "alert\nalerts\nconfirm\ndigest\noperator\ntest\n");
    let said = home.run("preview alert --channel email");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let subject = "Subject: 1,240 views (+290): Never Gonna Give You Up (4K Remaster)\n\n";
    assert!(said.out.starts_with(subject), "{}", said.out);
    assert!(said.out.contains("950 → 1,240"), "{}", said.out);
    let said = home.run("preview alert --html");
    assert!(said.out.starts_with("<!DOCTYPE html>"), "{}", said.out);
    assert!(said.out.contains("href=\"https://example.org/unsubscribe\""), "{}", said.out);
    let said = home.run("preview confirm --channel email");
    assert!(said.out.starts_with("Subject: Do you want mails from tubebell?\n\n"), "{}", said.out);
    assert!(
        home.run("preview confirm --html").out.contains("href=\"https://bell.example/confirm/")
    );
    let line = "tubebell: `confirm` is sent by mail alone: see it with --channel email";
    home.run("preview confirm").failed(2, &[line]);
    for command in ["preview mute --channel email", "preview mute --html"] {
        let line = "tubebell: `mute` is not sent by mail; these are: alert, alerts, confirm, digest, operator, test";
        home.run(command).failed(2, &[line]);
    }
    home.run("preview mut --channel email").failed(
        2,
        &["tubebell: no template is called `mut`; there are alert, alerts, confirm, digest, operator, test"],
    );

    std::fs::create_dir_all(home.path().join("templates/mail")).unwrap();
    home.write("templates/mail/email.html.hbs", "<p>{{{content}}}</p>");
    let line = "templates/mail/email.html.hbs:1: puts `content` in unescaped; write {{content}}, which escapes it";
    home.run("preview alert --html").failed(2, &[&format!("tubebell: {line}")]);
}

#[test]
fn preview_lists_all_messages_and_shows_one_with_the_operators_template() {
    let home = Home::empty();
    let names = home.run("preview");
    assert!(names.out.lines().any(|name| name == "alert"));
    let said = home.run("preview alert");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("950 → 1,240"), "{}", said.out);

    std::fs::create_dir_all(home.path().join("templates/alert")).unwrap();
    home.write("templates/alert/telegram.html.hbs", "DING <code>{{video.title}}</code>");
    home.write("templates/README.md", "not a template");
    let said = home.run("preview alert");
    assert!(said.out.starts_with("DING `Never Gonna"), "{}{}", said.out, said.err);

    // Windows begins a file with a mark that would stand in every message.
    home.write("templates/alert/telegram.html.hbs", "\u{feff}DONG <code>{{video.title}}</code>");
    let said = home.run("preview alert");
    assert!(said.out.starts_with("DONG `Never Gonna"), "{:?}{}", said.out, said.err);

    home.write("templates/alert/telegram.html.hbs", "<code>{{{video.title}}}</code>");
    let line = "templates/alert/telegram.html.hbs:1: puts `video.title` in unescaped; write {{video.title}}, which escapes it";
    home.run("preview alert").failed(2, &[&format!("tubebell: {line}")]);
    let said = home.run("check --offline");
    assert_eq!(said.code, 2);
    assert!(said.out.contains(&format!("FAILED  template {line}\n")), "{}", said.out);
    home.write("templates/alert/telegram.html.hbs", "{{nothing}} <code>{{{video.title}}}</code>");
    let said = home.run("preview alert");
    assert!(said.err.ends_with("tubebell: 2 mistakes in the templates\n"), "{}", said.err);
}

#[test]
fn preview_asks_for_no_key() {
    let home = Home::empty();
    assert_eq!(home.run("init").code, 0);
    assert_eq!(home.run("check --offline").code, 2, "the keys are still to be filled in");
    let said = home.run("preview alert");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("950 → 1,240"), "{}", said.out);
}

#[tokio::test]
async fn check_says_who_the_operator_is() {
    let home = Home::new();
    let said = home.run("check --offline").out;
    let line = "ok      operator: nobody yet; whoever opens the link that `run` prints at its first start\n";
    assert!(said.contains(line), "{said}");
    let (code, edit) = invitation(Owner::Operator, EARLIER);
    let person = "telegram:42".parse().unwrap();
    let edits = vec![edit, Edit::BecomeOperator { person, code }];
    home.store().edit(None, edits, EARLIER).await.unwrap();
    let said = home.run("check --offline").out;
    assert!(
        said.contains("ok      operator: telegram:42, who opened the first invitation\n"),
        "{said}"
    );
}

#[test]
fn the_environment_configures_without_a_file_and_no_secret_is_ever_shown() {
    let home = Home::empty();
    let mut command = home.command("check");
    command
        .env("TUBEBELL_YOUTUBE__API_KEY", "AIza-s3cret")
        .env("TUBEBELL_YOUTUBE__BASE_URL", "http://127.0.0.1:1")
        .env("TUBEBELL_TELEGRAM__TOKEN", "123456789:AA-s3cret")
        .env("TUBEBELL_TELEGRAM__API_URL", "http://127.0.0.1:1");
    let said = said(&mut command);
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(said.out.contains("FAILED  youtube: could not reach 127.0.0.1:1"), "{}", said.out);
    assert!(said.out.contains("FAILED  telegram: can't be reached"), "{}", said.out);
    assert!(!said.out.contains("s3cret"), "{}", said.out);
}
