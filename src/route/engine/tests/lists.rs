//! Rules of channels and playlists: each of them hears what it would hear if its video were watched alone.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Budget, Left, Work};
use super::memory::{Rung, World, told, views_at};
use crate::model::{
    FanoutCursor, Holder, ListKey, ListNews, Live, News, RuleId, Snapshot, Status, UnixMillis,
    Value, VideoKey,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

const LISTS: [i64; 2] = [11, 12];

const RULES: [&str; 14] = [
    "views any",
    "title",
    "status",
    "views every 7",
    "views milestones",
    "views at 3, 20, 150, 151",
    "views +30",
    "views -30",
    "views +50%",
    "views -10%",
    "views +10 in 1h",
    "views -10% in 1h",
    "views rate > 20/h",
    "likes any",
];

/// What happens to one video, its lists and their rules.
#[derive(Debug, Clone)]
enum Step {
    /// So many minutes later it is looked at, or was so many minutes before that.
    Look {
        minutes: i64,
        ago: i64,
        views: Option<i64>,
        title: u8,
        is_gone: bool,
    },
    Join(usize),
    Leave(usize),
    Begin(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let look = (
        1..50i64,
        prop_oneof![3 => Just(0), 1 => 0..60i64],
        prop::option::weighted(0.9, 0..200i64),
        0..2u8,
        prop::bool::weighted(0.1),
    );
    prop_oneof![
        8 => look.prop_map(|(minutes, ago, views, title, is_gone)| Step::Look { minutes, ago, views, title, is_gone }),
        2 => (0..2usize).prop_map(Step::Join),
        1 => (0..2usize).prop_map(Step::Leave),
        4 => (0..2usize, 0..RULES.len()).prop_map(|(list, rule)| Step::Begin(list, rule)),
    ]
}

fn look(at: i64, views: Option<i64>, title: u8, is_gone: bool) -> Snapshot {
    Snapshot {
        likes: views.map(|views| views / 10),
        title: Some(format!("title {title}")),
        status: if is_gone { Status::Unavailable } else { Status::Public },
        ..views_at(at, views)
    }
}

/// What is told of a rung but for whose it is.
fn heard(rung: &Rung) -> (i64, Value, Value, Vec<i64>) {
    (rung.at, rung.previous.clone(), rung.current.clone(), rung.marks.values.clone())
}

/// How much is done at once.
#[derive(Debug, Clone, Copy)]
struct Pieces {
    page: usize,
    left: usize,
    is_short_of_time: bool,
}

const WHOLE: Pieces = Pieces { page: 500, left: usize::MAX, is_short_of_time: false };

/// A video in its own watch and in two lists, beside worlds in each of which one rule watches it alone.
struct Beside {
    world: World,
    pieces: Pieces,
    /// By list and rule: the rule, since when it hears of the video, and a world in which it does so alone.
    alone: BTreeMap<(usize, usize), (RuleId, World)>,
    joined: [bool; 2],
    looks: Vec<Snapshot>,
    now: i64,
}

impl Beside {
    fn new(pieces: Pieces) -> Beside {
        let mut world = World::with_page(pieces.page);
        for rule in RULES {
            world.watch(rule, -1);
        }
        Beside {
            world,
            pieces,
            alone: BTreeMap::new(),
            joined: [false; 2],
            looks: Vec::new(),
            now: 0,
        }
    }

    fn act(&mut self, step: &Step) {
        // No two commands in one moment, as in a store with one writer.
        self.now += 1;
        let now = self.now;
        match *step {
            Step::Look { minutes, ago, views, title, is_gone } => {
                self.now += minutes * MINUTE;
                self.see(look(self.now - ago * MINUTE, views, title, is_gone));
            }
            Step::Join(list) if !self.joined[list] => {
                self.joined[list] = true;
                self.world.join(LISTS[list], now, News::Told);
                for ((of, rule), (_, world)) in &mut self.alone {
                    if *of == list {
                        world.watch_from(RULES[*rule], now, None);
                    }
                }
            }
            Step::Leave(list) if self.joined[list] => {
                self.joined[list] = false;
                self.world.leave(LISTS[list]);
                for ((of, _), (_, world)) in &mut self.alone {
                    if *of == list {
                        world.tx.triggers.clear();
                    }
                }
            }
            Step::Begin(list, rule) if !self.alone.contains_key(&(list, rule)) => {
                let id = self.world.watch_list(LISTS[list], RULES[rule], now);
                let mut world = World::new();
                for snapshot in &self.looks {
                    world.see(snapshot);
                }
                if self.joined[list] {
                    world.watch_from(RULES[rule], now, None);
                }
                self.alone.insert((list, rule), (id, world));
            }
            Step::Join(_) | Step::Leave(_) | Step::Begin(..) => {}
        }
    }

    fn see(&mut self, snapshot: Snapshot) {
        let Pieces { left, is_short_of_time, .. } = self.pieces;
        let expired = || is_short_of_time;
        let mut budget = Budget::new(left, &expired);
        self.world.router.route(&mut self.world.tx, &snapshot, &mut budget).unwrap();
        while self.world.work(&mut Budget::new(left, &expired)) {}
        for (_, world) in self.alone.values_mut() {
            world.see(&snapshot);
        }
        self.looks.push(snapshot);
    }

    fn heard_by(&self, rule: RuleId) -> Vec<(i64, Value, Value, Vec<i64>)> {
        let rung = self.world.tx.rung.iter().filter(|rung| rung.rule == rule);
        rung.map(heard).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_rule_of_a_list_hears_what_it_would_hear_alone(
        steps in prop::collection::vec(step(), 1..60),
        page in 1..5usize,
        left in 1..4usize,
        is_short_of_time: bool,
    ) {
        for pieces in [WHOLE, Pieces { page, left, is_short_of_time }] {
            let mut beside = Beside::new(pieces);
            for step in &steps {
                beside.act(step);
            }
            for ((list, rule), (id, alone)) in &beside.alone {
                let alone: Vec<_> = alone.tx.rung.iter().map(heard).collect();
                prop_assert_eq!(
                    beside.heard_by(*id), alone, "{} of list {} in {:?}", RULES[*rule], list, pieces
                );
            }
        }
    }

    #[test]
    fn however_long_changes_wait_every_value_that_is_passed_is_named_once(
        steps in prop::collection::vec((0..4u8, 0..30i64, 0..2usize, 0..3usize), 1..40),
    ) {
        const RULES: [&str; 3] = ["views every 7", "views milestones", "views at 3, 20, 150, 151, 400"];
        let mut world = World::with_page(2);
        world.watch("views any", -1);
        world.watch("views any", -1);
        let mut alone: BTreeMap<(usize, usize), (RuleId, World)> = BTreeMap::new();
        let mut joined = [false; 2];
        let (mut now, mut views) = (0, 5);
        let mut looks = Vec::new();
        for (kind, step, list, rule) in steps {
            now += 10;
            match kind {
                0 if !joined[list] => {
                    joined[list] = true;
                    world.join(LISTS[list], now, News::Told);
                    for ((of, rule), (_, world)) in &mut alone {
                        if *of == list {
                            world.watch_from(RULES[*rule], now, None);
                        }
                    }
                }
                1 if !alone.contains_key(&(list, rule)) => {
                    let id = world.watch_list(LISTS[list], RULES[rule], now);
                    let mut other = World::new();
                    looks.iter().for_each(|look| drop(other.see(look)));
                    if joined[list] {
                        other.watch_from(RULES[rule], now, None);
                    }
                    alone.insert((list, rule), (id, other));
                }
                _ => {
                    views += step;
                    let look = views_at(now, Some(views));
                    world.see_within(&look, 1);
                    alone.values_mut().for_each(|(_, world)| drop(world.see(&look)));
                    looks.push(look);
                }
            }
            if kind == 3 {
                world.work(&mut Budget::new(1, &|| true));
            }
        }
        while world.work_within(1) {}
        // Of many passed at once only the highest are named, and the others counted.
        let passed = |rungs: &[&Rung]| -> u64 {
            rungs.iter().map(|rung| rung.marks.values.len() as u64 + rung.marks.more).sum()
        };
        let last = |rungs: &[&Rung]| rungs.last().and_then(|rung| rung.marks.values.last().copied());
        for ((list, rule), (id, alone)) in &alone {
            let told: Vec<&Rung> =
                world.tx.rung.iter().filter(|rung| rung.rule == *id).collect();
            let wanted: Vec<&Rung> = alone.tx.rung.iter().collect();
            let name = RULES[*rule];
            prop_assert_eq!(passed(&told), passed(&wanted), "{} of list {}", name, list);
            prop_assert_eq!(last(&told), last(&wanted), "{} of list {}", name, list);
        }
    }

    #[test]
    fn changes_that_wait_are_told_to_no_rule_of_a_list_twice_or_before_its_time(
        steps in prop::collection::vec(step(), 1..60),
        works in prop::collection::vec(0..3usize, 60),
    ) {
        let mut world = World::with_page(2);
        // By rule of a list: its list, and when it began.
        let mut rules: BTreeMap<RuleId, (usize, i64)> = BTreeMap::new();
        let mut joined: [Vec<i64>; 2] = Default::default();
        let mut now = 0;
        for (step, works) in steps.iter().zip(works) {
            now += 1;
            let before = world.tx.rung.len();
            match *step {
                Step::Look { minutes, ago, views, title, is_gone } => {
                    now += minutes * MINUTE;
                    world.see_within(&look(now - ago * MINUTE, views, title, is_gone), 1);
                }
                Step::Join(list) if !world.tx.lists.contains_key(&(VideoKey(1), LISTS[list])) => {
                    world.join(LISTS[list], now, News::Told);
                    joined[list].push(now);
                }
                Step::Leave(list) => world.leave(LISTS[list]),
                Step::Begin(list, rule) => {
                    rules.insert(world.watch_list(LISTS[list], RULES[rule], now), (list, now));
                }
                Step::Join(_) => {}
            }
            for _ in 0..works {
                world.work(&mut Budget::new(1, &|| true));
            }
            for rung in &world.tx.rung[before..] {
                let (list, made) = rules[&rung.rule];
                let first = joined[list].first().copied().unwrap_or(i64::MAX);
                prop_assert!(rung.at > made.max(first), "{:?}", rung);
            }
            prop_assert!(world.tx.queue.len() <= 2, "one under way and one that waits");
        }
        while world.work_within(1) {}
        let mut told: Vec<_> =
            world.tx.rung.iter().map(|rung| (rung.rule, rung.series.code(), rung.at)).collect();
        let all = told.len();
        told.sort_unstable();
        told.dedup();
        prop_assert_eq!(told.len(), all, "a rule rings once of one look");
    }
}

#[test]
fn a_rule_of_a_list_hears_nothing_that_was_seen_before_its_video_joined_or_it_began() {
    let mut world = World::new();
    world.walk(&[(100, 10)]);
    world.watch_list(1, "views any", 50);
    world.watch_list(1, "views every 10", 50);
    world.join(1, 200, News::Told);
    assert_eq!(world.walk(&[(150, 25), (200, 35)]), [], "on their way when it joined");
    let late = world.watch_list(1, "views any", 300);
    let mut rings = world.walk(&[(300, 45), (301, 55)]);
    rings.sort();
    assert_eq!(
        rings,
        [
            (35, 45, vec![]),
            (35, 45, vec![40]),
            (45, 55, vec![]),
            (45, 55, vec![]),
            (45, 55, vec![50])
        ]
    );
    assert_eq!(world.tx.rung.iter().filter(|rung| rung.rule == late).count(), 1);
}

#[test]
fn rows_that_are_made_in_pieces_behind_a_fan_out_miss_nothing_of_what_waits() {
    let mut world = World::with_page(2);
    world.walk(&[(100, 10)]);
    for _ in 0..3 {
        world.watch("views any", 150);
    }
    assert!(world.see_within(&views_at(200, Some(20)), 1).deferred);
    for step in 1..=7 {
        world.watch_list(1, &format!("views every {}", 10 * step), 210);
    }
    world.join(1, 220, News::Told);
    // Behind the one under way nothing is made yet, whatever the time.
    assert!(world.see_within(&views_at(300, Some(75)), usize::MAX).deferred);
    assert_eq!(world.tx.triggers.len(), 3);
    let is_pressed = || true;
    let mut most_at_once = 0;
    let mut rows = world.tx.triggers.len();
    while world.work(&mut Budget::new(usize::MAX, &is_pressed)) {
        most_at_once = most_at_once.max(world.tx.triggers.len() - rows);
        rows = world.tx.triggers.len();
    }
    assert_eq!((rows, most_at_once), (10, 2));
    let marks: Vec<_> = world.tx.rung[6..].iter().map(|rung| rung.marks.values.clone()).collect();
    assert_eq!(
        marks,
        [
            vec![30, 40, 50, 60, 70],
            vec![40, 60],
            vec![30, 60],
            vec![40],
            vec![50],
            vec![60],
            vec![70]
        ],
        "from 20, that was known when it joined"
    );
}

#[test]
fn what_is_left_of_a_job_is_kept_while_its_rows_are_made() {
    let mut world = World::with_page(1);
    world.walk(&[(100, 5)]);
    for _ in 0..3 {
        world.watch_list(1, "views every 10", 110);
    }
    world.join(1, 120, News::Told);
    let pressed = || true;
    let mut budget = Budget::new(usize::MAX, &pressed);
    world.router.route(&mut world.tx, &views_at(200, Some(15)), &mut budget).unwrap();
    // A later look joins what waits, in whatever state that is.
    world.router.route(&mut world.tx, &views_at(300, Some(25)), &mut budget).unwrap();
    world.router.route(&mut world.tx, &views_at(400, Some(35)), &mut budget).unwrap();
    let [(_, first), (_, second)] = world.tx.queue.as_slice() else { panic!("two") };
    let unarmed = |text: &str| Work::from_text(text).unwrap().jobs[0].unarmed;
    assert_eq!((unarmed(first), unarmed(second)), (Some(true), Some(true)));
    while world.work(&mut Budget::new(1, &pressed)) {}
    let rings: Vec<_> = world.tx.rung.iter().map(told).collect();
    assert_eq!(rings[..3], vec![(5, 15, vec![10]); 3]);
    assert_eq!(rings[3..], vec![(15, 35, vec![20, 30]); 3]);
}

#[test]
fn a_window_of_a_rule_whose_row_is_made_late_is_looked_at_all_the_same() {
    for (rule, rings) in [
        ("views +50% in 1h", vec![(100, 160, vec![])]),
        ("views +50 in 1h", vec![(100, 160, vec![])]),
        ("views rate > 50/h", vec![(100, 160, vec![])]),
        ("views -5% in 1h", vec![]),
    ] {
        let mut world = World::with_page(1);
        world.walk(&[(0, 100), (HOUR - MINUTE, 110)]);
        // Rows of others have to be made first.
        for _ in 0..3 {
            world.watch_list(1, "likes every 10", HOUR - MINUTE);
        }
        world.watch_list(1, rule, HOUR - MINUTE);
        world.join(1, HOUR - MINUTE + 1, News::Told);
        let pressed = || true;
        let mut budget = Budget::new(usize::MAX, &pressed);
        let look = views_at(HOUR, Some(160));
        assert!(world.router.route(&mut world.tx, &look, &mut budget).unwrap().deferred);
        // What is seen meanwhile is another matter: it waits behind, and the window of then is that of then.
        let later = views_at(HOUR + MINUTE, Some(161));
        world.router.route(&mut world.tx, &later, &mut budget).unwrap();
        while world.work(&mut Budget::new(1, &pressed)) {}
        assert_eq!(world.tx.rung.iter().map(told).collect::<Vec<_>>(), rings, "{rule}");
    }
}

#[test]
fn a_new_video_is_told_once_to_each_list_however_often_it_is_seen_meanwhile() {
    for left in [1, 2, usize::MAX] {
        let mut world = World::with_page(2);
        let watchers: Vec<RuleId> =
            (0..5).map(|n| world.watch_list(1 + n % 2, "upload", 50)).collect();
        world.join(1, 100, News::New);
        world.join(2, 100, News::New);
        let upcoming = |at| Snapshot { live: Live::Upcoming, ..views_at(at, Some(0)) };
        for snapshot in [
            upcoming(200),
            upcoming(300),
            views_at(400, Some(1)),
            views_at(500, Some(2)),
            views_at(600, Some(3)),
        ] {
            world.see_within(&snapshot, left);
            while world.work_within(left) {}
        }
        for watcher in watchers {
            let of = world.tx.rung.iter().filter(|rung| rung.rule == watcher);
            let told: Vec<_> = of.map(|rung| rung.previous.text().unwrap().to_owned()).collect();
            assert_eq!(told, ["upcoming", "started"]);
        }
    }
}

#[test]
fn a_new_video_that_is_seen_again_while_it_is_told_reaches_everybody_once() {
    let mut world = World::with_page(2);
    for _ in 0..9 {
        world.watch_list(1, "upload", 50);
    }
    world.join(1, 100, News::New);
    for step in 0..4 {
        world.see_within(&views_at(200 + step, Some(step)), 2);
    }
    while world.work_within(2) {}
    let mut rules: Vec<i64> = world.tx.rung.iter().map(|rung| rung.rule.0).collect();
    rules.sort_unstable();
    assert_eq!(rules, (1..=9).collect::<Vec<_>>());
}

#[test]
fn changes_that_wait_together_are_told_to_a_list_from_where_the_video_joined() {
    let mut world = World::with_page(2);
    world.walk(&[(100, 10)]);
    for _ in 0..3 {
        world.watch("views any", 150);
    }
    let any = world.watch_list(1, "views any", 160);
    let every = world.watch_list(1, "views every 10", 160);
    for (at, views) in [(200, 15), (300, 25)] {
        assert!(world.see_within(&views_at(at, Some(views)), 1).deferred);
    }
    world.join(1, 350, News::Told);
    let late = world.watch_list(1, "views any", 450);
    for (at, views) in [(400, 35), (500, 45)] {
        assert!(world.see_within(&views_at(at, Some(views)), 1).deferred);
    }
    while world.work_within(1) {}
    let of = |rule| world.tx.rung.iter().filter(move |rung| rung.rule == rule).map(told);
    assert_eq!(of(any).collect::<Vec<_>>(), [(25, 45, vec![])]);
    assert_eq!(of(every).collect::<Vec<_>>(), [(25, 45, vec![30, 40])]);
    assert_eq!(of(late).collect::<Vec<_>>(), [(35, 45, vec![])]);
}

/// What is left over of the news of a list.
fn news(gone: bool, at: i64) -> String {
    Left::List(ListNews { gone, at: UnixMillis(at), cursor: FanoutCursor::START }).to_text()
}

#[test]
fn that_a_list_is_gone_or_back_is_told_in_pieces_to_each_watcher_of_then() {
    let mut world = World::with_page(2);
    let list = Holder::List(ListKey(1));
    for n in 1..=7 {
        let made = if n == 7 { 200 } else { 100 };
        let id = world.watch("status", made);
        let (_, mut row) = world.tx.triggers.remove(&id).unwrap();
        (row.series, row.rule) = (super::super::PRESENCE, crate::model::TriggerRow::NO_RULE);
        world.tx.watchers.push((list, row));
    }
    world.tx.queue.push((list, news(true, 200)));
    world.tx.queue.push((list, news(false, 300)));
    let mut pieces = 0;
    while world.work_within(1) {
        pieces += 1;
    }
    assert!(pieces > 13, "{pieces} pieces");
    let told: Vec<_> =
        world.tx.rung.iter().map(|rung| (rung.trigger.0, rung.at, rung.video)).collect();
    // Whoever came in the moment of the look, or later, knows it.
    let gone = (1..=6).map(|n| (n, 200, None));
    assert_eq!(told, gone.chain((1..=7).map(|n| (n, 300, None))).collect::<Vec<_>>());
    let words = |rung: &Rung| (rung.previous.clone(), rung.current.clone());
    let (public, unavailable) = (Value::Text("public".into()), Value::Text("unavailable".into()));
    assert_eq!(words(&world.tx.rung[0]), (public.clone(), unavailable.clone()));
    assert_eq!(words(&world.tx.rung[6]), (unavailable, public));
    assert!(world.tx.rung.iter().all(|rung| !rung.is_urgent));
}
