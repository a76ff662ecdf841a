//! Limits: what headers say, what a 429 is, and what becomes of a client that goes on all the same.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tubebell_sim::discord::{Fault, LimitScope, Limits, Rate, Scope};

use super::{GENERAL, THREAD, sandbox, sandbox_with};
use crate::wait::Frozen;

#[tokio::test]
async fn a_channel_says_how_many_are_left_and_when_to_come_again() {
    let s = sandbox_with(|options| options.limits = Limits::DISCORD).await;
    let frozen = Frozen::now();
    let work = async {
        let first = s.say(GENERAL, "a").await;
        assert_eq!(
            (first.header("x-ratelimit-limit"), first.header("x-ratelimit-remaining")),
            ("5", "4")
        );
        assert_eq!(first.header("x-ratelimit-reset-after"), "5.000");
        assert_eq!(first.header("x-ratelimit-reset"), "1795000005.000");
        assert_eq!(first.header("x-ratelimit-bucket").len(), 32);
        for _ in 0..4 {
            s.say(GENERAL, "a").await.ok();
        }
        tokio::time::advance(Duration::from_millis(1_500)).await;
        let refused = s.say(GENERAL, "a").await;
        assert_eq!(refused.status, 429);
        assert_eq!(
            refused.body,
            json!({"message": "You are being rate limited.", "retry_after": 3.5, "global": false})
        );
        assert_eq!(
            (refused.header("retry-after"), refused.header("x-ratelimit-scope")),
            ("4", "user")
        );
        assert_eq!(refused.header("x-ratelimit-remaining"), "0");
        s.say(THREAD, "a").await.ok();
        s.say(GENERAL, "a").await;
        assert_eq!((s.discord.counters().too_many, s.discord.counters().impatient), (2, 1));
        tokio::time::advance(Duration::from_millis(3_500)).await;
        s.say(GENERAL, "a").await.ok();
    };
    frozen.run("a refusal", work).await;
    assert_eq!(s.discord.sent(GENERAL).len(), 6);
}

#[tokio::test]
async fn the_bot_as_a_whole_is_limited_and_webhooks_apart() {
    let limits = Limits { global_per_s: 3, ..Limits::default() };
    let s = sandbox_with(|options| options.limits = limits).await;
    let frozen = Frozen::now();
    let work = async {
        for _ in 0..3 {
            s.say(GENERAL, "a").await.ok();
        }
        let refused = s.say(THREAD, "a").await;
        assert_eq!((refused.status, &refused.body["global"]), (429, &json!(true)));
        assert_eq!(refused.header("x-ratelimit-global"), "true");
        assert_eq!(refused.header("x-ratelimit-scope"), "global");
        let hook = s.send(Method::POST, &s.hook, Some(json!({"content": "a"})), false).await;
        assert_eq!(hook.status, 204);
    };
    frozen.run("a refusal", work).await;
}

#[tokio::test]
async fn invalid_requests_end_in_a_ban_and_those_of_a_shared_limit_do_not_count() {
    let limits = Limits { invalid: Rate::new(3, 600), ..Limits::default() };
    let s = sandbox_with(|options| options.limits = limits).await;
    let shared = Fault::TooMany(Duration::from_secs(1), LimitScope::Shared);
    s.discord.plan(Scope::of(GENERAL), shared, 5);
    for _ in 0..5 {
        let refused = s.say(GENERAL, "a").await;
        assert_eq!((refused.status, refused.header("x-ratelimit-scope")), (429, "shared"));
    }
    assert_eq!(s.discord.counters().invalid, 0);
    s.discord.plan(Scope::of(GENERAL), Fault::Refused(403, 50_013, "Missing Permissions"), 4);
    for _ in 0..4 {
        assert_eq!(s.say(GENERAL, "a").await.refusal(), (403, 50_013));
    }
    let banned = s.say(GENERAL, "a").await;
    assert_eq!((banned.status, banned.header("server")), (429, "cloudflare"));
    assert!(banned.body.as_str().unwrap().contains("1015"));
    assert_eq!((s.discord.counters().invalid, s.discord.counters().banned), (4, 1));
    s.discord.pardon();
    s.say(GENERAL, "a").await.ok();
}

#[tokio::test]
async fn without_limits_answers_say_nothing_of_a_bucket() {
    let s = sandbox().await;
    assert_eq!(s.say(GENERAL, "a").await.header("x-ratelimit-bucket"), "");
}
