//! The page of the demo shows a phone, a server of Discord's and a mailbox side by side, and no other page may.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use jiff::Timestamp;
use tubebell_sim::world::World;
use tubebell_sim::{Simulation, Stage, discord, smtp, telegram};

use crate::wait::LIMIT;

/// What a page says with itself about frames, and the page.
async fn page(url: &str) -> (String, String) {
    let page = reqwest::get(url).await.unwrap();
    assert_eq!(page.status(), 200, "{url}");
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    (policy, page.text().await.unwrap())
}

#[tokio::test]
async fn the_page_frames_all_of_them_and_they_let_it_alone_frame_them() {
    let now = Timestamp::UNIX_EPOCH;
    let simulation = Simulation::new(World::new(1, now), Arc::new(move || now));
    let stage = Stage::bind(0).await.unwrap();
    let (port, url) = (stage.port(), stage.url());
    let framed_by = Some(port);
    let phone = telegram::Options { framed_by, ..telegram::Options::default() };
    let phone = telegram::serve(&simulation, phone).await.unwrap().api_url();
    let discord = discord::Options { framed_by, ..discord::Options::default() };
    let discord = discord::serve(&simulation, discord).await.unwrap().base_url();
    let alone = telegram::serve(&simulation, telegram::Options::default()).await.unwrap();
    let mailbox = smtp::Options { framed_by, ..smtp::Options::default() };
    let mailbox = smtp::serve(&simulation, mailbox).await.unwrap().page_url();
    stage.serve(&simulation, &phone, &discord, &mailbox);

    let (policy, html) = page(&url).await;
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.ends_with(&format!("; frame-src {phone} {discord} {mailbox}")), "{policy}");
    for framed in [&phone, &discord, &mailbox] {
        assert!(html.contains(&format!("<iframe src=\"{framed}\"")), "{html}");
        let (policy, _) = page(framed).await;
        let ancestors = format!("frame-ancestors http://127.0.0.1:{port} http://localhost:{port}");
        // The mailbox frames its letters.
        let policy = policy.strip_suffix("; frame-src 'self'").unwrap_or(&policy);
        assert!(policy.ends_with(&ancestors), "{policy}");
    }
    assert!(!html.contains("{{"), "{html}");
    let (policy, _) = page(&alone.api_url()).await;
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");

    let foreign = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
    let foreign = foreign.get(&url).header("host", "evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 421);
    simulation.stop().await;
}
