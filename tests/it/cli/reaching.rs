//! Destinations that are off, and the way back: `destinations`, `test`, and what the other tools say of them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use tokio_util::task::TaskTracker;
use tubebell::model::Address;
use tubebell::store::{Access, Edit, Registry, Shared, Sqlite};
use tubebell_sim::Simulation;
use tubebell_sim::telegram::{self, TelegramSandbox, Trouble};

use super::{CONFIG, EARLIER, Home};
use crate::outside;

const HOOK: &str = "webhook:https://example.org/s3cret";
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const SINCE: &str = "Tue 14 Nov 2023, 22:13 (UTC)";

fn at(address: &str) -> Address {
    address.parse().unwrap()
}

impl Home {
    /// A home with watches of a person, another, and an endpoint.
    fn with_watches() -> Home {
        let home = Home::new();
        home.write("w.csv", format!("video,to\ndQw4w9WgXcQ,telegram:1 telegram:2 {HOOK}\n"));
        home.run("apply w.csv").done("3 new, 0 changed, 0 pruned, 0 unchanged");
        home
    }

    async fn off(&self, address: &str, reason: &str) {
        let edit = Edit::Disable { destination: at(address), reason: reason.to_owned() };
        self.store().edit(None, vec![edit], EARLIER).await.unwrap();
    }

    async fn is_off(&self, address: &str) -> bool {
        self.store().destination(&at(address)).await.unwrap().unwrap().shut().is_some()
    }
}

#[tokio::test]
async fn destinations_are_listed_and_made_on_by_their_address_or_number() {
    let home = Home::with_watches();
    let _gateway = Sqlite::open(&home.path().join("tubebell.db"), Access::Run).unwrap();
    home.run("destinations --off").done("messages arrive everywhere, as far as is known");
    home.off("telegram:2", "Forbidden: bot was blocked by the user").await;
    home.off(HOOK, "HTTP 410\nforged: line").await;
    let said = home.run("destinations");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(
        said.out.lines().collect::<Vec<_>>(),
        [
            "1  telegram:1  1 watch",
            "2  telegram:2  1 watch",
            &format!("    off since {SINCE}, because Forbidden: bot was blocked by the user"),
            "3  webhook:example.org/…  1 watch",
            &format!("    off since {SINCE}, because HTTP 410 forged: line"),
        ]
    );
    assert_eq!(home.run("destinations --off").out.lines().count(), 4);
    home.run("destinations --enable 3").done(&format!(
        "webhook:example.org/… is on again; it was off since {SINCE}, because HTTP 410 forged: line"
    ));
    assert!(!home.is_off(HOOK).await);
    home.run(&format!("destinations --enable {HOOK}")).done("webhook:example.org/… is on already");
    assert!(home.is_off("telegram:2").await);
    assert_eq!(home.run("destinations --enable telegram:2").code, 0);
    assert!(!home.is_off("telegram:2").await);
    for (which, shown) in [("telegram:9", "telegram:9"), ("9", "9")] {
        let line =
            format!("tubebell: {shown} is no destination: `tubebell destinations` lists them");
        home.run(&format!("destinations --enable {which}")).failed(1, &[&line]);
    }
    assert_eq!(home.run("destinations --enable nonsense").code, 2);
    let empty = Home::new();
    drop(empty.store());
    empty.run("destinations").done("there are no destinations");
}

#[tokio::test]
async fn apply_makes_on_what_its_file_names_and_says_so() {
    let home = Home::with_watches();
    home.off("telegram:2", "Forbidden: bot was blocked by the user").await;
    home.off(HOOK, "HTTP 410").await;
    home.off("telegram:1", "Bad Request: chat not found").await;
    home.write("w.csv", format!("video,to\ndQw4w9WgXcQ,telegram:2 {HOOK}\naaaaaaaaaaa,{HOOK}\n"));
    let both = format!(
        "2 destinations: telegram:2 (off since {SINCE}, because Forbidden: bot was blocked by the user), webhook:example.org/… (off since {SINCE}, because HTTP 410)"
    );
    let said = home.run("apply w.csv --dry-run");
    assert!(said.out.contains(&format!("\nwould enable {both}\n")), "{}", said.out);
    said.done("1 new, 0 changed, 0 pruned, 2 unchanged; --dry-run: nothing was written");
    assert!(home.is_off("telegram:2").await);
    // Where so much would end that it is refused, nothing is done at all.
    home.write("half.csv", "video,to\naaaaaaaaaaa,telegram:2\n");
    assert_eq!(home.run("apply half.csv --name w.csv --prune").code, 1);
    assert!(home.is_off("telegram:2").await);

    let said = home.run("apply w.csv");
    assert!(said.out.starts_with(&format!("enabled {both}\n")), "{}", said.out);
    said.done("1 new, 0 changed, 0 pruned, 2 unchanged");
    assert!(!home.is_off("telegram:2").await && !home.is_off(HOOK).await);
    assert!(home.is_off("telegram:1").await, "the file does not name it any more");
    let again = home.run("apply w.csv");
    assert_eq!(again.out, "nothing to change: 3 watches unchanged\n");
}

#[tokio::test]
async fn check_and_export_say_what_is_off() {
    let home = Home::with_watches();
    assert!(!home.run("check --offline").out.contains("note"));
    home.off(HOOK, "HTTP 410").await;
    let said = home.run("check --offline");
    let line = format!("note    webhook:example.org/… is off since {SINCE}, because HTTP 410\n");
    assert_eq!((said.code, said.out.contains(&line)), (0, true), "{}", said.out);
    assert!(!said.out.contains("s3cret"), "{}", said.out);
    let said = home.run("export");
    let line = format!("# webhook:example.org/… is off since {SINCE}, because HTTP 410\n");
    assert!(said.out.contains(&line), "{}", said.out);
    for number in 10..20 {
        home.write("w.csv", format!("video,to\ndQw4w9WgXcQ,telegram:{number}\n"));
        home.run("apply w.csv");
        home.off(&format!("telegram:{number}"), "blocked").await;
    }
    let said = home.run("check --offline").out;
    assert_eq!(said.matches("note    ").count(), 6, "{said}");
    assert!(
        said.contains("note    … and more are off: see `tubebell destinations --off`\n"),
        "{said}"
    );
}

/// A Telegram in which Ana has written to the bot, and Ben has not.
async fn sandbox(simulation: &Simulation) -> TelegramSandbox {
    let sandbox = telegram::serve(simulation, telegram::Options::default()).await.unwrap();
    sandbox.user(1, "Ana");
    sandbox.user(2, "Ben");
    sandbox.say(1, 1, "hello").unwrap();
    sandbox
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_message_goes_the_real_way_and_what_arrives_makes_its_destination_on() {
    let simulation = outside::simulation(Arc::new(|| EARLIER));
    let telegram = sandbox(&simulation).await;
    let home = Home::empty();
    let (token, url) = (telegram.token(), telegram.api_url());
    std::fs::create_dir(home.path().join("config")).unwrap();
    home.write(
        "config/tubebell.toml",
        format!("[telegram]\ntoken = \"{token}\"\napi_url = \"{url}\"\n"),
    );
    // It needs neither a watch nor a database, and makes none.
    let said = home.run("test telegram:1");
    assert!(said.out.starts_with("telegram:1: arrived (message id "), "{}{}", said.out, said.err);
    assert_eq!((said.code, said.err.as_str(), said.out.lines().count()), (0, "", 1));
    assert!(telegram.sent(1)[0].text.starts_with("✅ It works."));
    assert!(!home.has("tubebell.db"));

    home.write("w.csv", "video,to\ndQw4w9WgXcQ,telegram:1 telegram:2\n");
    home.run("apply w.csv");
    home.off("telegram:1", "Forbidden: bot was blocked by the user").await;
    home.off("telegram:2", "Bad Request: chat not found").await;
    home.run("test telegram:1").done(&format!(
        "it is on again; it was off since {SINCE}, because Forbidden: bot was blocked by the user"
    ));
    assert!(!home.is_off("telegram:1").await);
    home.run("test telegram:2").failed(
        1,
        &["tubebell: telegram:2: recipient gone: Forbidden: bot can't initiate conversation with a user"],
    );
    assert!(home.is_off("telegram:2").await, "nothing has arrived there");
    telegram.trouble(1, Trouble::NoRights);
    let said = home.run("test telegram:1");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("not enough rights to send text messages"), "{}", said.err);

    home.run("test webhook:https://example.org/s3cret").failed(
        2,
        &["tubebell: webhook:example.org/… is off: there is no section [webhook] in the configuration"],
    );
    home.run("test recorder:x").failed(
        2,
        &["tubebell: recorder:x is off: there is no section [recorder] in the configuration"],
    );
    assert_eq!(home.run("test nonsense").code, 2);
    assert_eq!(home.run("test").code, 2);
    simulation.stop().await;
}

type Requests = Arc<Mutex<Vec<(HeaderMap, String)>>>;

async fn receive(
    State((status, requests)): State<(u16, Requests)>,
    request: Request,
) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    requests.lock().unwrap().push((parts.headers, body));
    StatusCode::from_u16(status).unwrap()
}

/// An endpoint that answers everything with this status.
async fn endpoint(status: u16, tasks: &TaskTracker) -> (String, Requests) {
    let requests = Requests::default();
    let app = Router::new().fallback(receive).with_state((status, Arc::clone(&requests)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    (format!("webhook:http://127.0.0.1:{port}/s3cret"), requests)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_webhook_is_signed_like_any_other_and_says_that_nothing_of_it_has_happened() {
    let tasks = TaskTracker::new();
    let (well, requests) = endpoint(204, &tasks).await;
    let (gone, _) = endpoint(410, &tasks).await;
    let home = Home::empty();
    let section = "[webhook]\nallow_private = true\nsecret = ";
    home.write("t.toml", CONFIG.replace("[webhook]\nsecret = ", section));
    let said = home.run(&format!("test {well} --config t.toml"));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert!(said.out.contains(": arrived (message id msg_"), "{}", said.out);
    let said = home.run(&format!("test {gone} --config t.toml"));
    assert_eq!(said.code, 1);
    assert!(said.err.contains("recipient gone"), "{}", said.err);
    assert!(!said.err.contains("s3cret"), "{}", said.err);

    let (headers, body) = requests.lock().unwrap().remove(0);
    let header = |name: &str| headers[name].to_str().unwrap();
    let verifier = standardwebhooks::Webhook::new(SECRET).unwrap();
    let time = header("webhook-timestamp").parse().unwrap();
    let expected = verifier.sign(header("webhook-id"), time, body.as_bytes()).unwrap();
    assert_eq!(header("webhook-signature"), expected);
    assert_eq!(header("webhook-id").len(), "msg_".len() + 13);
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["type"], &body["data"]["test"]), (&"alert.fired".into(), &true.into()));
    assert_eq!(body["data"]["alerts"].as_array().unwrap().len(), 1);
}
