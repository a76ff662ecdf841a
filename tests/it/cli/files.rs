//! Files that the operator names or is given are read as what they are; files of ours are their owner's alone.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::{CONFIG, Home, said};

const TEMPLATE: &str = "templates/help/telegram.html.hbs";

impl Home {
    fn make_pipe(&self, name: &str) {
        let path = self.path().join(name);
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    fn link(&self, to: &str, name: &str) {
        symlink(to, self.path().join(name)).unwrap();
    }

    fn folder(&self, name: &str) {
        std::fs::create_dir_all(self.path().join(name)).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.path().join(name)).unwrap();
    }

    fn chmod(&self, name: &str, mode: u32) {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.path().join(name), permissions).unwrap();
    }

    fn mode(&self, name: &str) -> u32 {
        self.path().join(name).metadata().unwrap().permissions().mode() & 0o777
    }

    /// Everything that reads templates says this about them, in one line, and nothing else of them.
    #[track_caller]
    fn refuses_templates(&self, line: &str) {
        for arguments in ["preview help", "run"] {
            let said = self.run(arguments);
            assert!(
                said.err.ends_with(&format!("tubebell: {line}\n")),
                "{arguments}: {}",
                said.err
            );
            assert!(said.code > 0 && said.out.is_empty(), "{arguments}: {}", said.out);
        }
        let said = self.run("check --offline");
        assert!(said.out.contains(&format!("FAILED  template {line}\n")), "{}", said.out);
        assert_eq!(said.code, 2);
    }
}

#[test]
fn a_template_that_leads_out_of_its_folder_is_refused_and_nothing_of_it_is_shown() {
    let home = Home::new();
    home.folder("templates/help");
    home.folder("elsewhere");
    home.write("elsewhere/telegram.html.hbs", "hunter2");
    for to in ["../../config/tubebell.toml", "/dev/zero", "/etc/passwd"] {
        home.link(to, TEMPLATE);
        home.refuses_templates(&format!(
            "{TEMPLATE}: leads out of the folder templates: put the file itself there"
        ));
        home.remove(TEMPLATE);
    }
    home.link("../elsewhere", "templates/start");
    home.refuses_templates(
        "templates/start: leads out of the folder templates: put the file itself there",
    );
    home.remove("templates/start");
    // By way of a folder within.
    home.link("../../elsewhere", "templates/help/there");
    home.link("there/telegram.html.hbs", TEMPLATE);
    home.refuses_templates(&format!(
        "{TEMPLATE}: leads out of the folder templates: put the file itself there"
    ));
}

#[test]
fn links_within_the_folder_are_followed_as_kubernetes_makes_them() {
    let home = Home::new();
    // A volume at the folder of one message; a volume of all, with folders in it; and the folder itself is a link.
    home.folder("volume/help/..2026");
    home.write("volume/help/..2026/telegram.html.hbs", "<b>HELP</b>");
    home.link("..2026", "volume/help/..data");
    home.link("..data/telegram.html.hbs", "volume/help/telegram.html.hbs");
    home.folder("volume/..2026/start");
    home.write("volume/..2026/start/telegram.html.hbs", "<b>START</b>");
    home.write("volume/..2026/flat.hbs", "not looked at");
    home.link("..2026", "volume/..data");
    home.link("..data/start", "volume/start");
    home.link("volume", "templates");
    for (name, text) in [("help", "HELP\n"), ("start", "START\n")] {
        let said = home.run(&format!("preview {name}"));
        assert_eq!(said.err, "");
        assert!(said.out.starts_with(text), "{}", said.out);
    }
    // A secret is named by its operator: where it leads is his.
    home.folder("secrets/..2026");
    home.write("secrets/..2026/key", "AIzaSyTest\n");
    home.link("..2026", "secrets/..data");
    home.link("..data/key", "secrets/key");
    home.write(
        "config/tubebell.toml",
        CONFIG.replace("api_key = \"AIzaSyTest\"", "api_key_file = \"secrets/key\""),
    );
    let said = home.run("check --offline");
    assert_eq!(said.code, 0, "{}", said.out);
}

#[test]
fn what_is_no_regular_file_is_said_and_not_waited_for() {
    let home = Home::new();
    home.make_pipe("pipe");
    home.make_pipe("pipe.csv");
    for place in ["pipe", "/dev/zero", "config"] {
        let line = format!("{place}: is no regular file");
        home.run(&format!("export --config {place}")).failed(2, &[&format!("tubebell: {line}")]);
        home.write("t.toml", format!("[telegram]\ntoken_file = \"{place}\"\n"));
        home.run("export --config t.toml").failed(
            2,
            &[&format!("tubebell: t.toml:2: telegram.token_file: {place} is no regular file")],
        );
    }
    home.run("apply pipe.csv").failed(2, &["tubebell: pipe.csv: is no regular file"]);
    home.run("demo --replay pipe").failed(1, &["tubebell: cannot read pipe: is no regular file"]);
    home.write("t.toml", format!("{CONFIG}\n[store]\nurl = \"sqlite://pipe\"\n"));
    for arguments in ["export", "run"] {
        home.run(&format!("{arguments} --config t.toml"))
            .failed(1, &["tubebell: pipe: is no regular file: name another"]);
    }
    home.make_pipe("tubebell.db.lock");
    home.run("run").failed(1, &["tubebell: tubebell.db.lock: is no regular file: remove it"]);
    home.folder("templates/help");
    home.make_pipe(TEMPLATE);
    home.refuses_templates(&format!("{TEMPLATE}: is no regular file"));
}

#[test]
fn what_is_too_long_is_refused_with_its_bound() {
    let home = Home::new();
    let long = |most: usize| "#".repeat(most + 1);
    home.write("long.toml", long(1 << 20));
    home.run("export --config long.toml").failed(2, &["tubebell: long.toml: is longer than 1 MiB"]);
    home.write("key", long(64 << 10));
    home.write("t.toml", "[youtube]\napi_key_file = \"key\"\n");
    home.run("export --config t.toml")
        .failed(2, &["tubebell: t.toml:2: youtube.api_key_file: key is longer than 64 KiB"]);
    home.folder("templates/help");
    home.write(TEMPLATE, long(64 << 10));
    home.refuses_templates(&format!("{TEMPLATE}: is longer than 64 KiB"));
    home.remove(TEMPLATE);
    for number in 0..101 {
        home.write(&format!("templates/help/{number}.hbs"), "");
    }
    home.refuses_templates(
        "templates: holds more than 100 templates: there are not as many messages",
    );
}

#[test]
fn what_is_made_is_its_owners_alone_whatever_the_umask() {
    for umask in ["0", "0777"] {
        let home = Home::new();
        home.write("w.csv", "video,to\ndQw4w9WgXcQ,telegram:1\n");
        let made = |arguments: &str| {
            let mut shell = Command::new("sh");
            let line = format!("umask {umask}; exec \"$0\" {arguments}");
            shell.args(["-c", &line, env!("CARGO_BIN_EXE_tubebell")]).current_dir(home.path());
            let said = said(&mut shell);
            assert_eq!(said.code, 0, "umask {umask}: {arguments}: {}", said.err);
        };
        made("apply w.csv");
        made("backup copy.db");
        made("export out.toml");
        made("init --config new.toml");
        home.write("old.toml", "");
        home.chmod("old.toml", 0o666);
        made("init --force --config old.toml");
        for name in ["tubebell.db", "copy.db", "out.toml", "new.toml", "old.toml"] {
            assert_eq!(home.mode(name), 0o600, "umask {umask}: {name}");
        }
        if umask == "0" {
            made("init --config new/er/t.toml");
            assert_eq!((home.mode("new"), home.mode("new/er")), (0o700, 0o700));
        }
    }
}

#[test]
fn nothing_is_made_behind_a_link() {
    let home = Home::new();
    home.folder("elsewhere");
    home.write("w.csv", "video,to\ndQw4w9WgXcQ,telegram:1\n");
    home.run("apply w.csv");
    home.link("elsewhere/made", "link");
    home.run("backup link").failed(1, &["tubebell: link: exists already: name a new file"]);
    home.run("export link").failed(1, &["tubebell: link exists already: name a new file"]);
    home.run("init --config link")
        .failed(1, &["tubebell: link exists already: --force replaces it"]);
    home.run("init --force --config link")
        .failed(1, &["tubebell: link is a link: name the file itself"]);
    home.write("t.toml", format!("{CONFIG}\n[store]\nurl = \"sqlite://link\"\n"));
    for arguments in ["run", "apply w.csv", "export"] {
        home.run(&format!("{arguments} --config t.toml"))
            .failed(1, &["tubebell: link: is a link that leads nowhere: name the file itself"]);
    }
    let said = home.run("check --offline --config t.toml").out;
    assert!(said.contains("FAILED  store: link: is a link that leads nowhere"), "{said}");
    assert_eq!(std::fs::read_dir(home.path().join("elsewhere")).unwrap().count(), 0);
    // One that is there is its operator's choice.
    std::fs::copy(home.path().join("tubebell.db"), home.path().join("elsewhere/made")).unwrap();
    assert_eq!(home.run("export --config t.toml").code, 0);
}

#[test]
fn check_names_secrets_that_others_can_reach_and_the_way_out() {
    let home = Home::new();
    let reachable = |home: &Home| -> Vec<String> {
        let said = home.run("check --offline");
        assert_eq!(said.code, 0, "{}", said.out);
        let notes = said.out.lines().filter(|line| line.contains("holds secrets"));
        notes.map(str::to_owned).collect()
    };
    let note = |path: &str, mode: &str| {
        format!(
            "note    {path}: holds secrets that others on this machine may read or change (mode {mode}): chmod 600 {path}, owned by the user that runs tubebell"
        )
    };
    assert_eq!(reachable(&home), [""; 0]);
    for mode in [0o644, 0o640, 0o602] {
        home.chmod("config/tubebell.toml", mode);
        let expected = note("config/tubebell.toml", &format!("{mode:o}"));
        assert_eq!(reachable(&home), [expected]);
    }
    // The program that runs says it, too.
    home.write("bad.toml", format!("{CONFIG}\n[store]\nurl = \"sqlite://none/t.db\"\n"));
    home.chmod("bad.toml", 0o644);
    let said = home.run("run --config bad.toml").err;
    assert_eq!(said.matches("bad.toml: holds secrets").count(), 1, "{said}");

    // Without secrets of its own, a configuration may be read by all; the files that it names may not.
    let secrets = [
        ("key", "AIzaSyTest"),
        ("token", "123456789:AA-test"),
        ("hook", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
    ];
    for (name, secret) in secrets {
        home.write(name, secret);
    }
    home.write(
        "config/tubebell.toml",
        "[youtube]\napi_key_file = \"key\"\n[telegram]\ntoken_file = \"token\"\n[webhook]\nsecret_file = \"hook\"\n\
         [webhook.secrets_file]\n\"https://a.org/\" = \"hook\"\n",
    );
    home.chmod("config/tubebell.toml", 0o644);
    assert_eq!(reachable(&home), [""; 0]);
    for (name, _) in secrets {
        home.chmod(name, 0o644);
    }
    assert_eq!(reachable(&home), [note("hook", "644"), note("key", "644"), note("token", "644")]);
}

#[test]
fn a_mistake_repeats_only_a_piece_of_what_the_file_holds() {
    let home = Home::new();
    home.folder("templates/help");
    let long = "x".repeat(60_000);
    for template in [
        format!("{{{{{long}}}}}"),
        format!("{{{{#if {long}}}}}a{{{{/if}}}}"),
        format!("<{long}>"),
        format!("<b>x</{long}>"),
        format!("<a {long}>x</a>"),
        format!("<b>{long}"),
        format!("&{long};"),
        "<b>".repeat(20_000),
        "{{#if late}}".repeat(5_000),
        "{{late}}".repeat(8_000),
    ] {
        home.write(TEMPLATE, &template);
        let said = home.run("preview help");
        let short: String = template.chars().take(40).collect();
        assert_eq!((said.code, said.err.lines().count()), (2, 1), "{short}: {}", said.err.len());
        assert!(said.err.starts_with(&format!("tubebell: {TEMPLATE}")), "{short}: {}", said.err);
        assert!(said.err.chars().count() < 500, "{short}: {}", said.err.len());
    }
}
