//! The laws at the edges, each by its name.

use super::super::{Budget, Sight};
use super::memory::{OTHER, World, snapshot, told, views_at};
use crate::model::{
    Counts, Gate, Live, Metric, RuleId, Series, Signal, Snapshot, Status, Suppressed, UnixMillis,
    Value, VideoKey,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn views(views: i64) -> Option<Counts> {
    Some(Counts { views: Some(views), ..Counts::default() })
}

#[test]
fn the_first_observation_is_a_silent_baseline() {
    let mut world = World::new();
    for rule in [
        "views any",
        "views every 10",
        "views milestones",
        "views at 10, 1M",
        "views +1",
        "views +1%",
        "views -1%",
        "views rate > 1/h",
        "title",
        "status",
        "live",
    ] {
        world.watch(rule, 0);
    }
    let first =
        Snapshot { live: Live::Live, status: Status::Unlisted, ..views_at(100, Some(5000)) };
    assert_eq!(world.see(&first), []);
    assert_eq!(world.see_within(&first, 9).sight, Sight::Late);
}

#[test]
fn snapshots_that_are_routed_together_ring_as_if_each_came_alone_until_the_budget_is_used_up() {
    let other =
        |at, views| Snapshot { video_id: OTHER.parse().unwrap(), ..views_at(at, Some(views)) };
    let seen = [
        views_at(100, Some(990)),
        other(100, 5),
        views_at(200, Some(1_005)),
        views_at(300, Some(2_010)),
        other(200, 6),
    ];
    let batch: Vec<(i64, Snapshot)> = (1..).zip(seen).collect();
    let route = |alerts| {
        let mut world = World::new();
        world.watch("views every 1000", 0);
        let mut routed = Vec::new();
        let mut budget = Budget::new(alerts, &|| false);
        let World { tx, router, .. } = &mut world;
        let each = |after, one: super::super::Routed| routed.push((after, one.sight));
        router.route_all(tx, &batch, &mut budget, each).unwrap();
        (routed, world.tx.rung.iter().map(told).collect::<Vec<_>>())
    };
    let (first, changed) = (Sight::First, Sight::Changed);
    let (routed, rung) = route(9);
    assert_eq!(routed, [(1, first), (2, first), (3, changed), (4, changed), (5, changed)]);
    assert_eq!(rung, [(990, 1_005, vec![1_000]), (1_005, 2_010, vec![2_000])]);
    let (routed, rung) = route(1);
    assert_eq!((routed.len(), rung.len()), (3, 1));
}

#[test]
fn changes_observed_before_a_rule_was_made_never_fire_it() {
    let mut world = World::new();
    world.walk(&[(100, 900)]);
    for rule in ["views any", "views every 1000", "views +1", "title"] {
        // Made while snapshots of the same or an earlier moment are still on their way.
        world.watch(rule, 300);
    }
    let title = Some("renamed".to_owned());
    assert_eq!(world.see(&Snapshot { title: title.clone(), ..views_at(200, Some(1100)) }), []);
    assert_eq!(world.see(&Snapshot { title: title.clone(), ..views_at(300, Some(1200)) }), []);
    assert_eq!(world.see(&Snapshot { title, ..views_at(301, Some(1300)) }).len(), 2);
}

#[test]
fn the_snapshot_in_the_answer_is_the_base() {
    // The first watch of a video is answered from a look-up; the router sees the video only later.
    let mut world = World::new();
    world.watch_from("views every 1000", 50, views(950));
    assert_eq!(world.walk(&[(100, 1010)]), [(950, 1010, vec![1000])]);

    let mut world = World::new();
    world.watch_from("views any", 50, views(950));
    assert_eq!(world.walk(&[(100, 950), (200, 951)]), [(950, 951, vec![])]);

    let mut world = World::new();
    world.walk(&[(10, 900)]);
    world.watch_from("views any", 50, views(950));
    assert_eq!(world.walk(&[(100, 951), (200, 952)]), [(950, 951, vec![]), (951, 952, vec![])]);
}

#[test]
fn a_rule_made_before_the_first_observation_gets_its_value_from_that_one() {
    for (rule, rings) in [
        ("views any", vec![(1500, 1600, vec![]), (1600, 2100, vec![])]),
        ("views every 1000", vec![(1600, 2100, vec![2000])]),
        ("views milestones", vec![(1600, 2100, vec![2000])]),
        ("views at 1k, 2k", vec![(1600, 2100, vec![2000])]),
        ("views +600", vec![(1500, 2100, vec![])]),
        ("views +40%", vec![(1500, 2100, vec![])]),
    ] {
        let mut world = World::new();
        world.watch(rule, 0);
        assert_eq!(world.walk(&[(100, 1500), (200, 1600), (300, 2100)]), rings, "{rule}");
    }
}

#[test]
fn a_rule_without_a_base_counts_from_the_last_value_known_before_it() {
    for (rule, ring) in [
        ("likes any", (100, 130, vec![])),
        ("likes +30", (100, 130, vec![])),
        ("likes at 120", (100, 130, vec![120])),
    ] {
        let mut world = World::new();
        world.see(&Snapshot { likes: Some(100), ..snapshot(100) });
        world.see(&snapshot(200));
        world.watch_from(rule, 300, None);
        let rung = world.see(&Snapshot { likes: Some(130), ..snapshot(400) });
        assert_eq!(rung.iter().map(told).collect::<Vec<_>>(), [ring], "{rule}");
    }
}

#[test]
fn a_hidden_count_is_absent_and_never_zero() {
    let mut world = World::new();
    let likes = |at, likes| Snapshot { likes, ..snapshot(at) };
    world.see(&likes(100, Some(100)));
    for rule in ["likes any", "likes -1", "likes -50%", "likes every 50"] {
        world.watch(rule, 150);
    }
    assert_eq!(world.see(&likes(200, None)), []);
    assert_eq!(world.see(&likes(300, Some(100))), []);
    assert_eq!(world.see(&likes(400, None)), []);
    let back: Vec<_> = world.see(&likes(500, Some(150))).iter().map(told).collect();
    assert_eq!(back, [(100, 150, vec![]), (100, 150, vec![150])]);
}

#[test]
fn a_percentage_waits_for_a_base_of_at_least_one() {
    let mut world = World::new();
    world.walk(&[(100, 0)]);
    world.watch("views +50%", 150);
    let rings = world.walk(&[(200, 4), (300, 5), (400, 6), (500, 8), (600, 9)]);
    assert_eq!(rings, [(4, 6, vec![]), (6, 9, vec![])]);

    let mut world = World::new();
    world.walk(&[(100, 10)]);
    world.watch("views -100%", 150);
    let rings = world.walk(&[(200, 1), (300, 0), (400, 5), (500, 0)]);
    assert_eq!(rings, [(10, 0, vec![]), (5, 0, vec![])]);
}

#[test]
fn values_passed_at_once_are_one_alert_that_names_them() {
    let mut world = World::new();
    world.walk(&[(100, 950)]);
    world.watch("views every 1000", 150);
    assert_eq!(world.walk(&[(200, 3400)]), [(950, 3400, vec![1000, 2000, 3000])]);
}

#[test]
fn a_count_corrected_down_and_up_again_does_not_fire_twice() {
    let walk = [(200, 1240), (300, 950), (400, 1240), (500, 900), (600, 2001)];
    for rule in ["views every 1000", "views milestones", "views at 1k, 2k"] {
        let mut world = World::new();
        world.walk(&[(100, 950)]);
        world.watch(rule, 150);
        let rings = world.walk(&walk);
        assert_eq!(rings, [(950, 1240, vec![1000]), (900, 2001, vec![2000])], "{rule}");
    }
}

#[test]
fn a_spent_rule_leaves_no_trigger() {
    let mut world = World::new();
    world.walk(&[(100, 950)]);
    let id = world.watch("views at 1k", 150);
    assert_eq!(world.walk(&[(200, 1000), (300, 999), (400, 1001)]).len(), 1);
    assert!(!world.tx.triggers.contains_key(&id));
}

#[test]
fn a_falling_count_fires_rules_that_fall() {
    let mut world = World::new();
    world.walk(&[(100, 1000)]);
    world.watch("views -10%", 150);
    let rings = world.walk(&[(200, 901), (300, 900), (400, 811), (500, 810), (600, 2000)]);
    assert_eq!(rings, [(1000, 900, vec![]), (900, 810, vec![])]);
}

#[test]
fn a_window_is_absent_until_it_is_full() {
    let mut world = World::new();
    world.watch("views rate > 200/h", 0);
    let walk = [(MINUTE, 0), (30 * MINUTE, 5000), (60 * MINUTE, 9000)];
    assert_eq!(world.walk(&walk), []);
    assert_eq!(world.walk(&[(61 * MINUTE, 9001)]), [(0, 9001, vec![])]);
}

#[test]
fn a_rate_that_stays_above_fires_once_and_is_armed_again_below_nine_tenths() {
    let mut world = World::new();
    world.walk(&[(0, 0), (HOUR, 0)]);
    let id = world.watch("views rate > 200/h", HOUR + 1);
    // Sixty snapshots an hour, so that the rate passes through everything between one hour's gain and the next.
    let mut at = HOUR;
    let mut total = 0;
    let mut hour = |world: &mut World, gain: i64| {
        let steps: Vec<(i64, i64)> =
            (1..=60).map(|m| (at + m * MINUTE, total + gain * m / 60)).collect();
        at += HOUR;
        total += gain;
        world.walk(&steps).len()
    };
    assert_eq!(hour(&mut world, 200), 0, "200 is not more than 200");
    assert_eq!(hour(&mut world, 260), 1);
    assert_eq!(hour(&mut world, 260), 0, "it stays above");
    assert_eq!(hour(&mut world, 190), 0, "190 arms nothing");
    assert_eq!(hour(&mut world, 260), 0);
    assert!(world.row(id).series.down, "it rests");
    assert_eq!(hour(&mut world, 170), 0);
    assert!(!world.row(id).series.down, "it is armed");
    assert_eq!(hour(&mut world, 260), 1);
}

#[test]
fn silence_lowers_a_rate_and_arms_it_again() {
    let mut world = World::new();
    world.walk(&[(0, 0), (HOUR, 0)]);
    world.watch("views rate > 200/h", HOUR + 1);
    assert_eq!(world.walk(&[(2 * HOUR, 300)]), [(0, 300, vec![])]);
    // Nothing is seen for two hours; just before the next snapshot the rate was 0.
    assert_eq!(world.walk(&[(4 * HOUR, 600)]), [(300, 600, vec![])]);
}

#[test]
fn numbers_that_stand_still_arm_a_rule_again() {
    let mut world = World::new();
    world.walk(&[(0, 100), (HOUR, 100)]);
    let id = world.watch("views +50% in 1h", HOUR + 1);
    assert_eq!(world.walk(&[(HOUR + MINUTE, 150)]), [(100, 150, vec![])]);
    assert_eq!(
        world.row(id).series,
        Series::down(Signal::Growth { metric: Metric::Views, window_s: 3600 })
    );
    assert_eq!(world.walk(&[(3 * HOUR, 150)]), []);
    assert_eq!(
        world.row(id).series,
        Series::up(Signal::Growth { metric: Metric::Views, window_s: 3600 })
    );
}

#[test]
fn a_loss_within_a_window_fires() {
    let mut world = World::new();
    world.walk(&[(0, 1000), (HOUR, 1000)]);
    world.watch("views -5% in 1h", HOUR + 1);
    world.watch("views -50 in 1h", HOUR + 1);
    assert_eq!(world.walk(&[(HOUR + MINUTE, 951)]), []);
    let rings = world.walk(&[(HOUR + 2 * MINUTE, 950), (HOUR + 3 * MINUTE, 940)]);
    assert_eq!(rings, [(1000, 950, vec![]), (1000, 950, vec![])]);
}

#[test]
fn history_holds_changes_only() {
    let mut world = World::new();
    world.walk(&[(100, 1), (200, 1), (300, 2), (400, 2)]);
    let moments: Vec<i64> = world.tx.history.keys().map(|(_, at)| at.0).collect();
    assert_eq!(moments, [100, 300]);
}

#[test]
fn title_status_and_live_fire_with_their_texts() {
    let mut world = World::new();
    world.see(&snapshot(100));
    for rule in ["title", "status", "live", "upload"] {
        world.watch(rule, 150);
    }
    let changed = Snapshot {
        title: Some("@everyone".to_owned()),
        status: Status::Unlisted,
        live: Live::Live,
        ..snapshot(200)
    };
    let text = |text: &str| Value::Text(text.into());
    let rung = world.see(&changed).into_iter();
    assert_eq!(
        rung.map(|rung| (rung.previous, rung.current)).collect::<Vec<_>>(),
        [
            (text("Me at the <zoo> & back"), text("@everyone")),
            (text("public"), text("unlisted")),
            (text("none"), text("live")),
        ]
    );
    assert_eq!(world.see(&Snapshot { observed_at: UnixMillis(300), ..changed }), []);
}

#[test]
fn a_shut_gate_moves_the_trigger_on_and_is_counted() {
    let mut world = World::new();
    world.walk(&[(100, 950)]);
    let id = world.watch("views every 1000", 150);
    world.row(id).gate = Gate::Shut(Suppressed::Muted);
    assert_eq!(world.walk(&[(200, 1100)]), []);
    world.row(id).gate = Gate::Open;
    assert_eq!(world.walk(&[(300, 1200), (400, 2100)]), [(1200, 2100, vec![2000])]);
    assert_eq!(world.tx.suppressed, [((RuleId(id.0), "muted"), 1)].into());
}

#[test]
fn what_an_urgent_rule_tells_is_urgent_and_all_else_is_as_without_the_mark() {
    for rule in ["views any", "views every 100", "views at 1k", "views +5 in 1m"] {
        let rung = |text: &str| {
            let mut world = World::new();
            world.walk(&[(0, 950), (MINUTE, 950)]);
            world.watch(text, MINUTE + 1);
            world.see(&views_at(2 * MINUTE, Some(1100)))
        };
        let (calm, urgent) = (rung(rule), rung(&format!("{rule}!")));
        assert_eq!((calm.len(), calm[0].is_urgent), (1, false), "{rule}");
        assert_eq!((urgent.len(), urgent[0].is_urgent), (1, true), "{rule}");
        assert_eq!((told(&calm[0]), calm[0].series), (told(&urgent[0]), urgent[0].series));
    }
}

#[test]
fn a_stored_rule_that_cannot_be_read_stays_and_harms_nobody() {
    let mut world = World::new();
    world.walk(&[(100, 950)]);
    let id = world.watch("views any", 150);
    world.row(id).text = "from another version".into();
    world.watch("views any", 150);
    assert_eq!(world.walk(&[(200, 951)]), [(950, 951, vec![])]);
    assert!(world.tx.triggers.contains_key(&id));
}

#[test]
fn forgetting_fires_nothing_and_the_next_sight_is_the_first() {
    let mut world = World::new();
    world.walk(&[(100, 950)]);
    world.watch("title", 50);
    let forget = Snapshot { title: None, ..snapshot(200) };
    assert_eq!(world.see_within(&forget, 9).sight, Sight::Forgotten);
    assert!(world.tx.history.is_empty());
    let again = Snapshot { title: Some("new".to_owned()), ..views_at(300, Some(5000)) };
    assert_eq!(world.see(&again), []);
}

#[test]
fn a_video_that_nobody_watches_is_left_alone() {
    let mut world = World::new();
    let stranger = Snapshot { video_id: "aaaaaaaaaaa".parse().unwrap(), ..snapshot(100) };
    assert_eq!(world.see_within(&stranger, 9).sight, Sight::Unwatched);
    assert!(world.tx.history.is_empty());
}

#[test]
fn a_snapshot_routed_twice_fires_once() {
    let mut world = World::new();
    world.walk(&[(100, 950)]);
    world.watch("views any", 150);
    let snapshot = views_at(200, Some(951));
    assert_eq!(world.see(&snapshot).len(), 1);
    assert_eq!(world.see(&snapshot), []);
    assert_eq!(world.see_within(&snapshot, 9).sight, Sight::Late);
}

#[test]
fn an_alert_says_what_was_measured() {
    let mut world = World::new();
    world.walk(&[(0, 0), (HOUR, 0)]);
    world.watch("views rate > 200/h", HOUR + 1);
    let rung = world.see(&views_at(2 * HOUR, Some(300)));
    let gain = Signal::Gain { metric: Metric::Views, window_s: 3600 };
    assert_eq!(rung[0].series, Series::up(gain));
    assert_eq!((rung[0].video, rung[0].at), (Some(VideoKey(1)), 2 * HOUR));
}
