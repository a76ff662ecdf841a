//! What is new in a list: told once, to those who watched before it came.

use super::*;

#[tokio::test]
async fn a_later_member_is_told_from_its_first_look_in_the_order_in_which_they_came() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    let new = vec![row(3, bench.now().plus(MINUTE)), row(2, bench.now())];
    assert_eq!(bench.list_of(CHANNEL, new, false).await, listed(2, 0));
    // The new ones are looked at before all others, the older of them first.
    let due = bench.store().due_videos(bench.now(), 2).await.unwrap();
    assert_eq!(due.iter().map(|video| video.id).collect::<Vec<_>>(), [id(3), id(2)]);
    bench.see_video(&name(2), 1).await;
    bench.see_video(&name(3), 1).await;
    bench.see_video(&name(1), 1).await;
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies[0].contains(&name(2)) && bodies[1].contains(&name(3)), "{bodies:?}");
    bench.sums();
    // Once.
    bench.see_video(&name(2), 5).await;
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn a_watch_made_later_hears_of_no_video_that_is_older() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    let published = bench.now();
    bench.pass(HOUR);
    bench.watch_subject("telegram:12", CHANNEL, "upload").await;
    bench.list(vec![row(2, published), row(1, T0.minus(DAY))]).await;
    bench.see_video(&name(2), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn what_slides_in_or_is_back_is_no_upload_whatever_the_limit() {
    for members_max in [1, 3, 5, 19] {
        let bench = Bench::new();
        bench.watch_subject(ANA, CHANNEL, "upload").await;
        let mut all: Vec<usize> = (1..=20).collect();
        bench.list_within(CHANNEL, old(&all), true, members_max).await;
        for _ in 0..10 {
            // The newest is deleted, and a feed shows the rest.
            all.pop();
            let newest = all.iter().rev().take(15).copied().collect::<Vec<_>>();
            bench.list_within(CHANNEL, old(&newest), false, members_max).await;
            bench.list_within(CHANNEL, old(&all), true, members_max).await;
        }
        // All of them are back.
        bench.list_within(CHANNEL, old(&(1..=20).collect::<Vec<_>>()), true, members_max).await;
        for n in 1..=20 {
            bench.see_video(&name(n), 1).await;
        }
        assert!(bench.send_all().await.is_empty(), "{members_max}");
    }
}

#[tokio::test]
async fn what_was_told_once_is_not_told_again_when_it_is_public_again() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    let new = row(2, bench.now());
    bench.list(vec![new.clone()]).await;
    bench.see_video(&name(2), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
    bench.list(vec![]).await;
    bench.pass(DAY);
    bench.list(vec![new]).await;
    bench.see_video(&name(2), 2).await;
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn the_first_upload_of_an_empty_channel_rings() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    assert_eq!(bench.list(vec![]).await, listed(0, 0));
    bench.list(vec![row(1, bench.now())]).await;
    bench.see_video(&name(1), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_first_listing_that_came_late_tells_what_was_published_meanwhile() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.pass(HOUR);
    bench.list(vec![row(2, bench.now().minus(MINUTE)), row(1, T0.minus(MINUTE))]).await;
    bench.see_video(&name(2), 1).await;
    bench.see_video(&name(1), 1).await;
    let bodies = bench.send_all().await;
    assert!(bodies.len() == 1 && bodies[0].contains(&name(2)), "{bodies:?}");
}

#[tokio::test]
async fn a_premiere_is_told_when_it_is_announced_and_when_it_can_be_seen() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    bench.list(vec![row(2, bench.now())]).await;
    let starts_at = Some(T0.plus(3 * DAY));
    let premiere = |bench: &Bench, live| {
        bench.pass(SECOND);
        Snapshot { live, starts_at, ..snapshot(&name(2), bench.now(), 0) }
    };
    bench.publish(premiere(&bench, Live::Upcoming)).await;
    let told = bench.send_all().await;
    assert!(told.len() == 1 && told[0].contains("upcoming"), "{told:?}");
    bench.publish(premiere(&bench, Live::Upcoming)).await;
    assert!(bench.send_all().await.is_empty());
    bench.publish(premiere(&bench, Live::Live)).await;
    let told = bench.send_all().await;
    assert!(told.len() == 1 && told[0].contains("started"), "{told:?}");
    bench.publish(premiere(&bench, Live::Completed)).await;
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn a_premiere_that_was_announced_before_the_watch_is_told_when_it_can_be_seen() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[2, 1])).await;
    bench.pass(SECOND);
    let upcoming = Snapshot { live: Live::Upcoming, ..snapshot(&name(2), bench.now(), 0) };
    bench.publish(upcoming).await;
    assert!(bench.send_all().await.is_empty());
    // It begins: YouTube moves its date.
    let mut rows = old(&[1]);
    rows.push(row(2, bench.now().plus(MINUTE)));
    bench.list(rows).await;
    bench.see_video(&name(2), 1).await;
    let told = bench.send_all().await;
    assert!(told.len() == 1 && told[0].contains("started"), "{told:?}");
}

#[tokio::test]
async fn a_new_video_that_can_not_be_seen_is_told_when_it_can() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    bench.list(vec![row(2, bench.now())]).await;
    bench.pass(SECOND);
    let gone = Snapshot { status: Status::Unavailable, ..snapshot(&name(2), bench.now(), 0) };
    bench.publish(gone).await;
    assert!(bench.send_all().await.is_empty());
    bench.see_video(&name(2), 0).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn an_upload_for_somebody_who_is_muted_is_counted_and_not_told() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list(old(&[1])).await;
    bench.mute(ANA, None, Some(T0.plus(DAY))).await;
    bench.list(vec![row(2, bench.now())]).await;
    bench.see_video(&name(2), 1).await;
    let why = bench.store().why(id(2), Some(at(ANA))).await.unwrap();
    assert_eq!((why[0].suppressions[0].0.as_str(), why[0].suppressions[0].1), ("muted", 1));
    assert!(bench.send_all().await.is_empty());
}

#[tokio::test]
async fn a_date_of_the_future_makes_nothing_old_that_comes_after_it() {
    let bench = Bench::new();
    bench.watch_subject(ANA, CHANNEL, "upload").await;
    bench.list_within(CHANNEL, vec![], true, 1).await;
    for n in 1..=3 {
        bench.list_within(CHANNEL, vec![row(n, bench.now().plus(DAY))], true, 1).await;
    }
    bench.list_within(CHANNEL, vec![], true, 1).await;
    bench.pass(HOUR);
    bench.list_within(CHANNEL, vec![row(9, bench.now())], true, 1).await;
    bench.see_video(&name(9), 1).await;
    assert_eq!(bench.send_all().await.len(), 1);
}
