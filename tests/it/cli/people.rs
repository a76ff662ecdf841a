//! Who is in, and out: `people` and `invite`.

use std::sync::Arc;

use tubebell::control::invitation;
use tubebell::model::{Address, Owner, Settings, UnixMillis};
use tubebell::store::{
    Access, CardEdit, Edit, Edited, Registry, Shared, Sqlite, WatchEdit, WatchFilter,
};
use tubebell_sim::telegram;

use super::{CONFIG, EARLIER, Home};
use crate::outside;

/// After every run of the program: what expires then can be used now.
const LATER: UnixMillis = UnixMillis(4_000_000_000_000);

const SINCE: &str = "since Tue 14 Nov 2023, 22:13 (UTC)";

fn at(address: &str) -> Address {
    address.parse().unwrap()
}

impl Home {
    async fn edit(&self, edit: Edit) -> Edited {
        let done = self.store().edit(None, vec![edit], EARLIER).await.unwrap();
        done.unwrap().remove(0)
    }

    /// Somebody comes in by an invitation of somebody's.
    async fn invited(&self, person: &str, by: Owner) {
        let code = format!("code-of-{person}");
        let edit =
            Edit::Invite { code: code.clone(), made_by: by, expires_at: LATER, per_day: None };
        self.edit(edit).await;
        assert_eq!(self.edit(Edit::Admit { person: at(person), code }).await, Edited::Done(1));
    }

    async fn brought_in(&self, group: &str, by: &str) {
        let (by, owner) = (at(by), Owner::of(&at(by)));
        let edit = Edit::BringIn { group: at(group), by, owner, limit: None };
        assert_eq!(self.edit(edit).await, Edited::Done(1));
    }

    /// A watch as somebody makes it in a chat.
    async fn watch(&self, to: &str, owner: &str, video: &str) {
        let edit = WatchEdit {
            destination: at(to),
            owner: Owner::of(&at(owner)),
            subject: format!("video:{video}").parse().unwrap(),
            title: None,
            rules: Vec::new(),
            settings: Settings::default(),
            origin: "chat".to_owned(),
            beginning: None,
            limit: None,
            videos_limit: None,
        };
        self.edit(Edit::Watch(Box::new(edit))).await;
    }

    /// A card as somebody makes it in a chat.
    async fn card(&self, to: &str, video: &str) {
        let edit = CardEdit {
            destination: at(to),
            owner: Owner::of(&at(to)),
            video: video.parse().unwrap(),
            beginning: None,
            per_chat: 5,
            videos_limit: None,
        };
        assert_eq!(self.edit(Edit::Card(Box::new(edit))).await, Edited::Carded { is_again: false });
    }

    async fn watched_at(&self) -> Vec<String> {
        let rows = self.store().watches(WatchFilter::All, 0, 100).await.unwrap();
        rows.iter().map(|row| row.destination.address.to_string()).collect()
    }
}

/// Ana, who was invited by the operator and has brought two groups in; Ben, whom she has invited; a gateway is running.
async fn home() -> (Home, Sqlite) {
    let home = Home::new();
    let gateway = Sqlite::open(&home.path().join("tubebell.db"), Access::Run).unwrap();
    home.invited("telegram:1", Owner::Operator).await;
    home.invited("telegram:2", Owner::of(&at("telegram:1"))).await;
    home.brought_in("telegram:-10", "telegram:1").await;
    home.brought_in("telegram:-11", "telegram:1").await;
    home.brought_in("telegram:-20", "telegram:2").await;
    for (to, owner) in [
        ("telegram:1", "telegram:1"),
        ("telegram:-10", "telegram:1"),
        ("telegram:-10/5", "telegram:1"),
        ("telegram:2", "telegram:2"),
        ("telegram:-20", "telegram:2"),
    ] {
        home.watch(to, owner, "dQw4w9WgXcQ").await;
    }
    let code = "unused".to_owned();
    home.edit(Edit::Invite {
        code,
        made_by: Owner::of(&at("telegram:1")),
        expires_at: LATER,
        per_day: None,
    })
    .await;
    (home, gateway)
}

#[tokio::test]
async fn people_are_listed_with_how_they_came_and_what_they_have() {
    let (home, _gateway) = home().await;
    let access = "[access]\nallow = [\"telegram:3\"]\n[operator]\nto = [\"telegram:4\"]\n";
    home.write("config/tubebell.toml", format!("{CONFIG}{access}"));
    let said = home.run("people list");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(
        said.out.lines().collect::<Vec<_>>(),
        [
            "telegram:4  operator, by operator.to  0 watches",
            "telegram:3  by access.allow  0 watches",
            &format!("telegram:-10  {SINCE}  brought in by telegram:1  2 watches"),
            &format!("telegram:-11  {SINCE}  brought in by telegram:1  0 watches"),
            &format!("telegram:-20  {SINCE}  brought in by telegram:2  1 watch"),
            &format!(
                "telegram:1  {SINCE}  invited by the operator  2 groups  1 watch  1 unused invitation"
            ),
            &format!("telegram:2  {SINCE}  invited by telegram:1  1 group  1 watch"),
        ]
    );
    let empty = Home::new();
    drop(empty.store());
    empty.run("people list").done("nobody is in yet: `tubebell invite` makes an invitation");
}

#[tokio::test]
async fn whoever_is_removed_is_out_with_their_groups_invitations_and_watches() {
    let (home, gateway) = home().await;
    home.write("w.csv", "video,to\naaaaaaaaaaa,telegram:1 telegram:9\n");
    home.run("apply w.csv").done("2 new, 0 changed, 0 pruned, 0 unchanged");
    let settings = Settings { at_most_s: Some(60), ..Settings::default() };
    let set = Edit::Set { destination: at("telegram:-10/5"), subject: None, settings };
    home.edit(set).await;
    for chat in ["telegram:1", "telegram:-10/5", "telegram:2"] {
        home.card(chat, "aaaaaaaaaaa").await;
    }

    let said = home.run("people remove telegram:1");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(
        lines[0],
        "telegram:1 is out: 3 watches and 2 cards ended, 2 groups out with them (telegram:-10, telegram:-11), 1 invitation withdrawn"
    );
    assert!(lines[1].starts_with("1 watch of ") && lines[1].contains("w.csv to telegram:1 stays"));
    assert_eq!(lines.len(), 2);
    for address in ["telegram:1", "telegram:-10", "telegram:-11"] {
        assert!(!gateway.is_admitted(&at(address)).await.unwrap(), "{address}");
    }
    let admit = Edit::Admit { person: at("telegram:1"), code: "unused".into() };
    assert_eq!(home.edit(admit).await, Edited::BadInvite);
    assert_eq!(
        home.watched_at().await,
        ["telegram:2", "telegram:-20", "telegram:1", "telegram:9"],
        "whom they had invited stays, and what a file says"
    );
    let cards = async |of: &str| gateway.cards(&at(of)).await.unwrap().len();
    assert_eq!((cards("telegram:1").await, cards("telegram:2").await), (0, 1));
    let topic = gateway.destination(&at("telegram:-10/5")).await.unwrap().unwrap();
    assert_eq!(topic.settings, Settings::default(), "nothing keeps the row");

    // A group can be put out alone, and what ended at half of it is found again.
    home.edit(Edit::Expel { person: at("telegram:2") }).await;
    home.run("people remove telegram:2").done("telegram:2 is out: 2 watches and 1 card ended");
    home.run("people remove telegram:7").failed(
        1,
        &["tubebell: telegram:7 is not known here: `tubebell people list` shows who is in"],
    );
}

#[tokio::test]
async fn whom_the_configuration_lets_in_is_put_out_there() {
    let (home, _gateway) = home().await;
    let remove = |home: &Home, line: &str| {
        home.run("people remove telegram:1").failed(1, &[&format!("tubebell: telegram:1 {line}")]);
    };
    home.write("config/tubebell.toml", format!("{CONFIG}[operator]\nto = [\"telegram:1\"]\n"));
    remove(
        &home,
        "is the operator: take it out of operator.to of the configuration first, and restart `tubebell run`",
    );
    home.write("config/tubebell.toml", format!("{CONFIG}[access]\nallow = [\"telegram:1\"]\n"));
    remove(
        &home,
        "is in by the configuration: take it out of access.allow first, and restart `tubebell run`",
    );
    home.write("config/tubebell.toml", CONFIG);
    let (code, edit) = invitation(Owner::Operator, EARLIER);
    home.edit(edit).await;
    home.edit(Edit::BecomeOperator { person: at("telegram:1"), code }).await;
    remove(
        &home,
        "is the operator, by the first invitation: name another in operator.to of the configuration first, and restart `tubebell run`",
    );
    assert!(home.run("people list").out.contains("operator, by the first invitation  2 groups"));
    assert!(home.store().is_admitted(&at("telegram:1")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_invitation_is_made_and_withdrawn_beside_a_running_gateway() {
    let simulation = outside::simulation(Arc::new(|| EARLIER));
    let sandbox = telegram::serve(&simulation, telegram::Options::default()).await.unwrap();
    let home = Home::new();
    let gateway = Sqlite::open(&home.path().join("tubebell.db"), Access::Run).unwrap();
    let config = |url: &str| {
        let telegram = format!("token = \"{}\"\napi_url = \"{url}\"", sandbox.token());
        CONFIG.replace("token = \"123456789:AA-test\"", &telegram)
    };
    home.write("config/tubebell.toml", config(&sandbox.api_url()));
    let said = home.run("invite");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let lines: Vec<&str> = said.out.lines().collect();
    let code = lines[0].strip_prefix("https://t.me/tubebell_bot?start=").unwrap();
    assert!(lines[1].starts_with("good for one person until "), "{}", lines[1]);
    assert!(lines[1].ends_with("; whoever opens it first in a private chat is the operator"));

    home.run(&format!("invite --revoke {}", lines[0]))
        .done("the invitation is withdrawn: nobody gets in by it");
    let admit = |code: &str| Edit::Admit { person: at("telegram:1"), code: code.to_owned() };
    let done = gateway.edit(None, vec![admit(code)], EARLIER).await.unwrap().unwrap();
    assert_eq!(done, [Edited::BadInvite]);
    let unknown = "tubebell: there is no such invitation: it is mistyped, withdrawn or too old";
    home.run(&format!("invite --revoke {code}")).failed(1, &[unknown]);

    // Without Telegram there is the line that the link stands for.
    home.write("config/tubebell.toml", config("http://127.0.0.1:9"));
    let said = home.run("invite");
    assert_eq!(said.code, 0);
    assert!(said.err.contains("does not say what the bot is called"), "{}", said.err);
    let code = said.out.lines().next().unwrap().strip_prefix("/start ").unwrap().to_owned();
    gateway.edit(None, vec![admit(&code)], EARLIER).await.unwrap();
    home.run(&format!("invite --revoke {code}")).failed(
        1,
        &["tubebell: somebody came in by this invitation: `tubebell people list` shows who, `people remove` puts them out"],
    );
    for (mode, line) in [
        ("open", "nobody needs an invitation: access.mode is \"open\", the bot answers everyone"),
        (
            "allowlist",
            "invitations mean nothing: access.mode is \"allowlist\", add the chat to access.allow",
        ),
    ] {
        let access = format!("[access]\nmode = \"{mode}\"\nallow = [\"telegram:3\"]\n");
        home.write("config/tubebell.toml", format!("{CONFIG}{access}"));
        home.run("invite").failed(1, &[&format!("tubebell: {line}")]);
    }
    simulation.stop().await;
}
