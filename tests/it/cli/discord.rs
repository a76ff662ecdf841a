//! Discord as the command line knows it: whether a token is good, a test message, and webhooks whose addresses are secrets.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio_util::task::TaskTracker;

use super::{CONFIG, Home};

const TOKEN: &str = "MTE0MjQz.GaBcDe.t0k3n-of_the-bot";

/// Takes messages, and says who it is to whoever has the token.
async fn answer(State(token): State<&'static str>, uri: Uri, headers: HeaderMap) -> Response {
    let is_known =
        headers.get("authorization").is_some_and(|value| *value == format!("Bot {token}"));
    match uri.path() {
        "/api/v10/users/@me" if is_known => r#"{"id":"114243","username":"bell"}"#.into_response(),
        "/api/v10/channels/42/messages" if is_known => r#"{"id":"7"}"#.into_response(),
        "/api/v10/webhooks/12/h00k" => r#"{"id":"8"}"#.into_response(),
        _ => {
            let body = r#"{"message":"401: Unauthorized","code":0}"#;
            (StatusCode::UNAUTHORIZED, body).into_response()
        }
    }
}

/// A server that knows this token; its URL.
async fn discord(token: &'static str, tasks: &TaskTracker) -> String {
    let app = Router::new().fallback(answer).with_state(token);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://127.0.0.1:{port}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn check_says_whose_token_it_is_or_how_to_get_a_good_one() {
    let tasks = TaskTracker::new();
    let url = discord(TOKEN, &tasks).await;
    let home = Home::empty();
    let section = |token: &str| format!("[discord]\napi_url = \"{url}\"\n{token}");
    home.write("t.toml", section(&format!("token = \"{TOKEN}\"\n")));
    let said = home.run("check --config t.toml");
    assert!(
        said.out.contains("ok      discord: the token is that of bell (114243)\n"),
        "{}",
        said.out
    );
    home.write("t.toml", section("token = \"a.b.s3cret\"\n"));
    let said = home.run("check --config t.toml");
    let line = "FAILED  discord: the token is refused: reset it at https://discord.com/developers/applications, under Bot, \
                and put the new one into discord.token (credentials refused: 401: Unauthorized)\n";
    assert!(said.out.contains(line) && !said.out.contains("s3cret"), "{}", said.out);
    home.write("t.toml", section(""));
    let said = home.run("check --config t.toml");
    assert!(
        said.out.contains("ok      discord: webhooks alone, as there is no token"),
        "{}",
        said.out
    );
    home.write("t.toml", "[discord]\napi_url = \"http://127.0.0.1:1\"\ntoken = \"a.b.c\"\n");
    let said = home.run("check --config t.toml");
    assert!(said.out.contains("FAILED  discord: can't be reached"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_message_arrives_by_the_bot_and_by_a_webhook() {
    let tasks = TaskTracker::new();
    let url = discord(TOKEN, &tasks).await;
    let home = Home::empty();
    home.write("t.toml", format!("[discord]\napi_url = \"{url}\"\ntoken = \"{TOKEN}\"\n"));
    home.run("test discord:42 --config t.toml").done("discord:42: arrived (message id 42/7)");
    let hook = |token: &str| format!("discord-webhook:{url}/api/webhooks/12/{token}");
    home.run(&format!("test {} --config t.toml", hook("h00k")))
        .done("discord-webhook:12/…: arrived (message id 8)");
    home.run(&format!("test {} --config t.toml", hook("s3cret")))
        .failed(1, &["tubebell: discord-webhook:12/…: recipient gone: 401: Unauthorized"]);
    home.write("t.toml", "[discord]\n");
    home.run("test discord:42 --config t.toml").failed(
        2,
        &["tubebell: discord:42 is off: there is no discord.token in the configuration"],
    );
    let said = home.run(&format!("test {} --config t.toml", hook("s3cret")));
    assert_eq!(said.code, 1);
    assert!(said.err.contains("a Discord webhook is at https://discord.com"), "{}", said.err);
    assert!(!said.err.contains("s3cret"), "{}", said.err);
}

#[test]
fn the_address_of_a_webhook_is_shown_by_its_id_and_exported_whole_into_a_private_file() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.write("config/tubebell.toml", format!("{CONFIG}[discord]\n"));
    let hook = "discord-webhook:https://discord.com/api/webhooks/12/s3cret?thread_id=9";
    home.write("w.csv", format!("video,to\ndQw4w9WgXcQ,{hook}\n"));
    home.run("apply w.csv").done("1 new, 0 changed, 0 pruned, 0 unchanged");
    let listed = home.run("destinations").out;
    assert!(listed.contains("discord-webhook:12/…") && !listed.contains("s3cret"), "{listed}");
    let said = home.run("export all.toml");
    assert_eq!((said.code, said.err.as_str()), (0, "wrote 1 watch to all.toml\n"));
    assert!(home.read("all.toml").contains(&format!("to = [\"{hook}\"]")));
    let mode = home.path().join("all.toml").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    home.run("apply all.toml --dry-run");
    home.write(
        "w.csv",
        "video,to\ndQw4w9WgXcQ,discord-webhook:https://d.example/api/webhooks/12/s3cret\n",
    );
    let said = home.run("apply w.csv");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("a Discord webhook is at") && !said.err.contains("s3cret"),
        "{}",
        said.err
    );
}
