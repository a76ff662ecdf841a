//! A gateway whose broker is away, stands still, comes back, or has lost what it had.

use rdkafka::admin::AdminOptions;
use tubebell::app::Gateway;

use super::broker::Broker;
use super::stream::{admin, all, found, place};
use crate::faults::ready;
use crate::kafka::gateway::{sections, told};
use crate::kafka::hands::{Hands, options, seen};
use crate::process::Program;
use crate::story::{Story, recorded};
use crate::wait::until;

/// In JSON; a record is tried for no longer than half a second.
const IMPATIENT: &str = "format = \"json\"\n[kafka.properties]\n\"message.timeout.ms\" = \"500\"\n[web]\nlisten = \"127.0.0.1:0\"\n";

/// A story on this broker.
async fn story_on(broker: &Broker) -> Story {
    let mut story = Story::quick().await;
    story.more = sections(&broker.address().to_string(), "", IMPATIENT);
    story
}

/// Waits until `/readyz` says this of Kafka.
async fn says(gateway: &Gateway, part: &str) {
    until(part, async || {
        let (is_ready, text) = ready(gateway).await;
        !is_ready && text.contains(&format!("kafka FAILED {part}"))
    })
    .await;
}

async fn is_well(gateway: &Gateway) {
    until("that all is well", async || ready(gateway).await.0).await;
}

/// Ends a story in which these were to be told, each once.
async fn ends(story: Story, gateway: Gateway, once: &[&str]) {
    recorded(&gateway).await;
    for once in once {
        assert_eq!(told(&story, once), 1, "{once}: {:#?}", story.texts());
    }
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_at_the_start_holds_up_neither_it_nor_the_chat() {
    let Some(mut broker) = Broker::start().await else { return };
    broker.kill();
    let story = story_on(&broker).await;
    let gateway = story.start().await;
    says(&gateway, "no broker answers").await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    story.set_counts(1005, None);
    story.ask("/list", "You watch 1 of").await;
    assert_eq!(told(&story, "passed"), 0);
    broker.restart().await;
    story.hears("passed 1,000").await;
    is_well(&gateway).await;
    ends(story, gateway, &["passed 1,000"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_or_frozen_amid_polling_delays_what_is_told_and_repeats_nothing() {
    let Some(mut broker) = Broker::start().await else { return };
    let story = story_on(&broker).await;
    let gateway = story.start().await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    for (views, is_frozen) in [(1005, false), (2005, true), (3005, false), (4005, true)] {
        if is_frozen {
            broker.freeze().await;
        } else {
            broker.kill();
        }
        story.set_counts(views, None);
        // Longer than a record is tried.
        says(&gateway, "no broker answers").await;
        story.ask("/list", "You watch 1 of").await;
        if is_frozen {
            broker.thaw();
        } else {
            broker.restart().await;
        }
        story.hears(&format!("passed {},000", views / 1000)).await;
        is_well(&gateway).await;
    }
    ends(story, gateway, &["passed 1,000", "passed 2,000", "passed 3,000", "passed 4,000"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_while_a_broker_is_away_is_refused_and_kept_by_nobody() {
    let Some(mut broker) = Broker::start().await else { return };
    let servers = broker.address().to_string();
    let mut options = options(&servers, "");
    options.properties.0.insert("message.timeout.ms".to_owned(), "100".into());
    let hands = Hands::new(options);
    hands.publish(vec![seen(0, 0, 0)]).await;
    assert_eq!(hands.routed(1).await.len(), 1);
    broker.kill();
    // Six times what librdkafka may hold.
    for second in 1..=12 {
        let many = (0..5_000).map(|n| seen(n, second, 1)).collect();
        assert!(hands.bus.sink.publish(many).await.is_err(), "nobody has them");
    }
    broker.restart().await;
    hands.publish(vec![seen(0, 99, 2)]).await;
    assert_eq!(hands.routed(1).await, [seen(0, 99, 2)]);
    // Each was tried for its time; nothing has waited for the broker.
    assert_eq!(all(&servers, "youtube_videos").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_that_are_deleted_while_it_runs_are_made_anew() {
    let Some((servers, prefix)) = place() else { return };
    let mut story = Story::quick().await;
    story.more = sections(&servers, &prefix, IMPATIENT);
    let gateway = story.start().await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    for (views, name) in [(2005, "youtube_videos"), (3005, "youtube_changes")] {
        let topic = format!("{prefix}{name}");
        admin(&servers).delete_topics(&[&topic], &AdminOptions::new()).await.unwrap();
        story.set_counts(views, None);
        story.hears(&format!("passed {},000", views / 1000)).await;
        until("its records", async || found(&servers, &topic).is_ok_and(|all| !all.is_empty()))
            .await;
    }
    ends(story, gateway, &["passed 1,000", "passed 2,000", "passed 3,000"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_comes_back_without_its_records_is_read_from_its_new_beginning() {
    let Some(mut broker) = Broker::start().await else { return };
    let story = story_on(&broker).await;
    let gateway = story.start().await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    for views in [1005, 2005, 3005] {
        story.set_counts(views, None);
        story.hears(&format!("passed {},000", views / 1000)).await;
        broker.kill();
        broker.lose("youtube_videos");
        broker.restart().await;
    }
    story.set_counts(4005, None);
    story.hears("passed 4,000").await;
    ends(story, gateway, &["passed 1,000", "passed 2,000", "passed 3,000", "passed 4,000"]).await;
}

/// A broker that lets in one user.
const SASL: &str = "listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.broker.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
username=\"bell\" password=\"right-password\" user_bell=\"right-password\";";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_without_it_and_the_right_one_lets_in() {
    let Some(broker) = Broker::start_with(SASL).await else { return };
    for password in ["wrong-password", "right-password"] {
        let mut story = Story::quick().await;
        let sasl = format!(
            "{}\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanism\" = \"PLAIN\"\n\"sasl.username\" = \"bell\"\n\
             \"sasl.password\" = \"{password}\"\n",
            "format = \"json\"\n[kafka.properties]\n"
        );
        story.more = sections(&broker.address().to_string(), "", &sasl)
            + "[web]\nlisten = \"127.0.0.1:0\"\n";
        if password == "right-password" {
            let gateway = story.start().await;
            story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
            story.set_counts(1005, None);
            story.hears("passed 1,000").await;
            ends(story, gateway, &["passed 1,000"]).await;
            continue;
        }
        let folder = story.folder.path().to_owned();
        let mut program = Program::gateway(&story, "run");
        let log = |program: &Program| program.out(&folder) + &program.err(&folder);
        until("a line", async || log(&program).contains("does not let us in")).await;
        story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
        program.signal("TERM");
        assert_eq!(program.end().await.code(), Some(0));
        assert!(!log(&program).contains(password), "{}", log(&program));
        story.end().await;

        let mut story = Story::quick().await;
        story.more = sections(&broker.address().to_string(), "", &sasl)
            + "[web]\nlisten = \"127.0.0.1:0\"\n";
        let gateway = story.start().await;
        says(&gateway, "user and password are refused").await;
        gateway.stop().await;
        story.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_the_broker_is_away_or_frozen_is_one_within_its_time() {
    for is_frozen in [false, true] {
        let Some(mut broker) = Broker::start().await else { return };
        let mut story = Story::quick().await;
        story.more = sections(&broker.address().to_string(), "", "format = \"json\"\n");
        let folder = story.folder.path().to_owned();
        let mut program = Program::gateway(&story, "run");
        story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
        story.set_counts(1005, None);
        story.hears("passed 1,000").await;
        if is_frozen {
            broker.freeze().await;
        } else {
            broker.kill();
        }
        story.set_counts(2005, None);
        let log = |program: &Program| program.out(&folder) + &program.err(&folder);
        until("that it is missed", async || log(&program).contains("no broker of Kafka's answers"))
            .await;
        program.signal("TERM");
        let status = program.end().await;
        assert_eq!(status.code(), Some(0), "{}", log(&program));
        // What the gateway says where it could not end within its time.
        assert!(
            !log(&program).contains("stopped before everything had ended"),
            "{}",
            log(&program)
        );
        if is_frozen {
            broker.thaw();
        } else {
            broker.restart().await;
        }
        let gateway = story.start().await;
        story.hears("passed 2,000").await;
        ends(story, gateway, &["passed 1,000", "passed 2,000"]).await;
    }
}
