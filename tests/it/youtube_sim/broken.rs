//! Answers that break on the way.

use super::*;
use crate::wait::{Frozen, until};

#[tokio::test]
async fn a_burst_of_server_errors_ends() {
    let stage = Stage::with("a").await;
    let request = "/youtube/v3/videos?part=id&id=aaaaaaaaaaa";
    stage.sim.faults(|faults| {
        faults.plan(Endpoint::Videos, Fault::Server(503), 2);
        faults.plan(None, Fault::Server(500), 1);
    });
    assert_eq!(stage.refused(request).await, refusal(503, "backendError"));
    assert_eq!(stage.refused(request).await, refusal(503, "backendError"));
    assert_eq!(stage.refused(request).await, refusal(500, "internalError"));
    stage.good(request).await;
    stage.sim.faults(|faults| faults.plan(None, Fault::QuotaUsedUp(QuotaShape::Classic), None));
    assert_eq!(stage.refused(request).await, refusal(403, "quotaExceeded"));
    stage.sim.faults(Faults::heal);
    stage.good(request).await;
}

#[tokio::test]
async fn bodies_break_in_all_the_ways_they_can() {
    let stage = Stage::with("a").await;
    let request = "/youtube/v3/videos?part=id,snippet&id=aaaaaaaaaaa";
    let next = async |fault| {
        stage.sim.faults(|faults| faults.plan(None, fault, 1));
        stage.request(request).send().await.unwrap()
    };
    let cut = next(Fault::CutShort).await;
    let promised = cut.content_length().unwrap();
    assert!(cut.bytes().await.is_err(), "{promised} bytes promised and sent");

    let half = next(Fault::HalfBody).await.bytes().await.unwrap();
    assert!(!half.is_empty() && serde_json::from_slice::<Value>(&half).is_err());

    let page = next(Fault::NotJson).await;
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html; charset=UTF-8".parse().unwrap())
    );

    let wrong: Value = next(Fault::WrongShape).await.json().await.unwrap();
    assert!(wrong["items"][0].is_null());

    let mut huge = next(Fault::Huge(3_000_000)).await;
    let mut size = 0;
    while let Some(chunk) = huge.chunk().await.unwrap() {
        size += chunk.len();
    }
    assert_eq!(size, 3_000_000);
    stage.good(request).await;
}

#[tokio::test]
async fn a_client_may_leave_an_endless_body() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.plan(None, Fault::Huge(u64::MAX), 1));
    let mut answer =
        stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa").send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    drop(answer);
    stage.good("/youtube/v3/videos?part=id&id=aaaaaaaaaaa").await;
}

/// The error of a client that waits for an answer and is as patient as clients are.
async fn given_up(stage: &Stage, request: reqwest::RequestBuilder) -> reqwest::Error {
    let asked = stage.sim.requests().len();
    let (answer, ()) = tokio::join!(request.send(), async {
        until("that it is asked", async || stage.sim.requests().len() > asked).await;
        let _frozen = Frozen::now();
        tokio::time::advance(TIMEOUT).await;
    });
    answer.unwrap_err()
}

#[tokio::test]
async fn a_hang_is_the_clients_to_end_and_does_not_hold_up_the_stop() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.plan(None, Fault::Hang, None));
    let request = || stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa");
    let error = given_up(&stage, request()).await;
    assert!(error.is_timeout(), "{error}");
    let hanging = request().send();
    let stop = async {
        until("that it is asked again", async || stage.sim.requests().len() == 2).await;
        stage.simulation.stop().await;
    };
    let (_, ()) = tokio::join!(hanging, stop);
    assert!(request().send().await.is_err(), "still listening");
}

#[tokio::test]
async fn a_slow_answer_is_a_right_one() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.plan(None, Fault::Slow(2 * TIMEOUT), 1));
    let request = || stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa");
    assert!(given_up(&stage, request()).await.is_timeout());
    stage.sim.faults(|faults| faults.plan(None, Fault::Slow(Duration::from_millis(1)), 1));
    assert_eq!(request().send().await.unwrap().status().as_u16(), 200);
}
