//! Laws of channels and playlists over random histories: a video in a list is as one that is watched alone, a rule hears
//! nothing that was seen before its time, an upload is told once, and nothing is left behind.

use super::listing::{CHANNEL, PLAYLIST, id, name, row};
use super::*;
use proptest::prelude::*;
use std::collections::HashSet;
use tubebell::model::Value;

const RULES: &str = "views any; views every 7; views milestones; views at 3, 20, 31; views +5; views -5; views +50%; \
                     views +5 in 1m; views rate > 60/h; title; status";

/// How many alerts a transaction makes, and whether its time is always up.
#[derive(Debug, Clone, Copy)]
struct Pieces(usize, bool);

impl Bench {
    /// Routes what is in the log and left over, a piece at a time.
    async fn route_in(&self, pieces: Pieces) {
        while self.route_one(pieces).await {}
        while self.work_one(pieces).await {}
    }

    /// Routes the next snapshot.
    async fn route_one(&self, Pieces(alerts, pressed): Pieces) -> bool {
        let read = self.store().position(EMBEDDED_STREAM, 0).await.unwrap();
        let batch = self.store().read_log(read, 1).await.unwrap();
        let Some((offset, snapshot)) = batch.into_iter().next() else { return false };
        let work =
            move |tx: &mut dyn tubebell::model::RoutingTx<Error = tubebell::store::StoreError>| {
                let expired = || pressed;
                Router::new().route(tx, &snapshot, &mut Budget::new(alerts, &expired))?;
                Ok(offset + 1)
            };
        self.store().route(EMBEDDED_STREAM, 0, read, self.now(), Box::new(work)).await.unwrap();
        true
    }

    /// Goes on with what was left over.
    async fn work_one(&self, Pieces(alerts, pressed): Pieces) -> bool {
        let work = move |tx: &mut dyn tubebell::model::RoutingTx<Error = tubebell::store::StoreError>,
                         holder,
                         work: &str| {
            let expired = || pressed;
            Router::new().resume(tx, holder, work, &mut Budget::new(alerts, &expired))
        };
        self.store().fan_out(self.now(), Box::new(work)).await.unwrap()
    }

    /// Sends all that waits, so that what comes next is an alert of its own.
    async fn send_everything(&self) {
        loop {
            let mut is_done = true;
            for channel in [Channel::Telegram, Channel::Webhook] {
                for claim in self.turn(channel, 100, Vec::new()).await.claims {
                    self.sent(&claim).await;
                    is_done = false;
                }
            }
            if is_done {
                return;
            }
        }
    }

    async fn sweep_all(&self) {
        while self.store().sweep(KEEP, self.now()).await.unwrap() {}
    }

    /// What a destination was rung for: rule, values, moment.
    fn rung(&self, to: &str) -> Vec<(UnixMillis, String, Value, Value, Option<String>)> {
        let rung = self.engine.alerts().into_iter();
        let rung = rung.filter(|alert| alert.address == to && alert.rule_made_at.is_some());
        let mut rung: Vec<_> = rung
            .map(|alert| {
                (alert.observed_at, alert.rule_text, alert.previous, alert.current, alert.marks)
            })
            .collect();
        rung.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        rung
    }
}

/// What happens to two videos with the same numbers: one is in lists, the other is watched alone.
#[derive(Debug, Clone)]
enum Twin {
    /// So many seconds later both have so many views.
    See {
        seconds: u16,
        views: u8,
        title: u8,
    },
    /// The first joins a list; the other is watched.
    Join(bool),
    /// The first leaves it; the other is watched no more.
    Leave(bool),
    /// Both are watched by others, too, or not any more.
    Others(bool),
    Sweep,
    Restart,
}

fn twin() -> impl Strategy<Value = Twin> {
    prop_oneof![
        10 => (1u16..90, 0u8..40, 0u8..2).prop_map(|(seconds, views, title)| Twin::See { seconds, views, title }),
        3 => any::<bool>().prop_map(Twin::Join),
        1 => any::<bool>().prop_map(Twin::Leave),
        1 => any::<bool>().prop_map(Twin::Others),
        1 => Just(Twin::Sweep),
        1 => Just(Twin::Restart),
    ]
}

const LISTS: [(&str, &str, &str); 2] = [
    (CHANNEL, "telegram:1", "webhook:https://one.example/"),
    (PLAYLIST, "telegram:2", "webhook:https://two.example/"),
];

async fn act_twin(bench: &mut Bench, joined: &mut [bool; 2], pieces: Pieces, step: Twin) {
    let alone = format!("video:{}", id(2));
    match step {
        Twin::See { seconds, views, title } => {
            bench.pass(SECOND * u32::from(seconds));
            for n in [1, 2] {
                let title = Some(format!("title {title}"));
                let snapshot = Snapshot { title, ..snapshot(&name(n), bench.now(), views.into()) };
                bench.store().append(vec![snapshot]).await.unwrap();
            }
            bench.route_in(pieces).await;
            bench.send_everything().await;
        }
        Twin::Join(which) if !joined[usize::from(which)] => {
            joined[usize::from(which)] = true;
            let (list, _, other) = LISTS[usize::from(which)];
            bench.list_within(list, vec![row(1, T0.minus(DAY))], true, 10).await;
            bench.watch_subject(other, &alone, RULES).await;
        }
        Twin::Leave(which) if joined[usize::from(which)] => {
            joined[usize::from(which)] = false;
            let (list, _, other) = LISTS[usize::from(which)];
            bench.list_within(list, vec![], true, 10).await;
            let subject = of(&alone);
            bench.edit(Edit::Unwatch { destination: at(other), subject }).await;
        }
        Twin::Others(true) => {
            for n in [1, 2] {
                let subject = format!("video:{}", id(n));
                bench.watch_subject("telegram:9", &subject, "views any").await;
            }
        }
        Twin::Others(false) => {
            for n in [1, 2] {
                let subject = of(&format!("video:{}", id(n)));
                bench.edit(Edit::Unwatch { destination: at("telegram:9"), subject }).await;
            }
        }
        Twin::Join(_) | Twin::Leave(_) => {}
        Twin::Sweep => bench.sweep_all().await,
        Twin::Restart => bench.restart(),
    }
}

/// What happens to lists whose changes wait, are told in pieces, or are seen late.
#[derive(Debug, Clone)]
enum Step {
    Watch(u8, bool, bool),
    Unwatch(u8, bool),
    /// The whole of a list: a bit for each of its videos.
    List(bool, u8),
    /// What a feed shows of it.
    Feed(bool, u8),
    Presence(bool, bool),
    /// A look that is routed later.
    See(u8, u8, u8),
    Route,
    Work(u8),
    Claim,
    Sweep,
    Pass(u16),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..4, any::<bool>(), any::<bool>()).prop_map(|(p, l, r)| Step::Watch(p, l, r)),
        1 => (0u8..4, any::<bool>()).prop_map(|(p, l)| Step::Unwatch(p, l)),
        3 => (any::<bool>(), any::<u8>()).prop_map(|(l, bits)| Step::List(l, bits)),
        2 => (any::<bool>(), any::<u8>()).prop_map(|(l, bits)| Step::Feed(l, bits)),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(l, there)| Step::Presence(l, there)),
        8 => (0u8..8, 0u8..40, 0u8..4).prop_map(|(v, n, how)| Step::See(v, n, how)),
        6 => Just(Step::Route),
        8 => (1u8..5).prop_map(Step::Work),
        3 => Just(Step::Claim),
        1 => Just(Step::Sweep),
        2 => (0u16..600).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

/// Everything that happens, in the smallest pieces.
const SMALL: Pieces = Pieces(1, true);

/// Members that a list holds at most.
const MEMBERS_MAX: usize = 5;

struct Lives {
    bench: Bench,
    /// When each of the videos came into the world: half of them before all watches.
    born: [UnixMillis; 8],
}

impl Lives {
    fn new() -> Lives {
        let bench = Bench::new();
        let born = std::array::from_fn(|n| match n {
            0..4 => T0.minus(DAY),
            _ => T0.plus(MINUTE * u32::try_from(n).unwrap()),
        });
        Lives { bench, born }
    }

    fn of_bits(&self, bits: u8) -> Vec<tubebell::store::ListedMember> {
        let is_there = |n: &usize| bits & (1 << n) != 0 && self.born[*n] <= self.bench.now();
        (0..8).filter(is_there).map(|n| row(n, self.born[n])).collect()
    }

    /// Whether anybody watches a list.
    async fn is_watched(&self, list: &str) -> bool {
        let limits = tubebell::store::ListLimits { per_list: 10, per_owner: 10 };
        let due = self.bench.store().due_subjects(self.bench.now().plus(DAY), 10, limits).await;
        due.unwrap().iter().any(|due| due.subject == of(list))
    }

    async fn act(&mut self, step: Step) {
        let bench = &self.bench;
        let place = |n: u8| format!("telegram:{}", n + 1);
        let list = |channel: bool| if channel { CHANNEL } else { PLAYLIST };
        match step {
            Step::Watch(to, which, all) => {
                bench.pass(SECOND);
                let rules = format!("upload; {RULES}");
                let rules = if all { rules.as_str() } else { "upload; views every 5" };
                bench.watch_subject(&place(to), list(which), rules).await;
            }
            Step::Unwatch(to, which) => {
                let (destination, subject) = (at(&place(to)), of(list(which)));
                bench.edit(Edit::Unwatch { destination, subject }).await;
            }
            Step::List(which, bits) if self.is_watched(list(which)).await => {
                let members = self.of_bits(bits);
                bench.list_within(list(which), members, true, MEMBERS_MAX).await;
            }
            Step::Feed(which, bits) if self.is_watched(list(which)).await => {
                let members = self.of_bits(bits);
                bench.list_within(list(which), members, false, MEMBERS_MAX).await;
            }
            Step::Presence(which, there) if self.is_watched(list(which)).await => {
                bench.notice(list(which), there).await;
            }
            Step::List(..) | Step::Feed(..) | Step::Presence(..) => {}
            Step::See(video, views, how) => {
                bench.pass(SECOND);
                let seen = snapshot(&name(video.into()), bench.now(), views.into());
                let live = if how == 1 { Live::Upcoming } else { Live::None };
                let status = if how == 2 { Status::Unavailable } else { Status::Public };
                let seen = Snapshot { live, status, ..seen };
                bench.store().append(vec![seen]).await.unwrap();
            }
            Step::Route => drop(bench.route_one(SMALL).await),
            Step::Work(times) => {
                for _ in 0..times {
                    bench.work_one(SMALL).await;
                }
            }
            Step::Claim => drop(bench.send_all().await),
            Step::Sweep => bench.sweep_all().await,
            Step::Pass(seconds) => bench.pass(SECOND * u32::from(seconds)),
            Step::Restart => self.bench.restart(),
        }
    }

    /// What holds at any instant.
    fn check(&self) {
        let alerts = self.bench.engine.alerts();
        let mut uploads = HashSet::new();
        for alert in &alerts {
            let is_early = alert.rule_made_at.is_some_and(|made_at| alert.observed_at <= made_at);
            assert!(!is_early, "a rule hears of what was seen before it was made: {alert:?}");
            let is_announced = alert.previous.text() == Some(Live::Upcoming.name());
            let is_new = uploads.insert((alert.rule, &alert.video, is_announced));
            let is_upload = alert.rule_text == "upload";
            assert!(is_new || !is_upload, "an upload is told twice to a watch: {alert:?}");
        }
        assert_eq!(self.bench.engine.broken(Laws::Lists), None);
        self.bench.sums();
    }

    /// Everything that waits comes to its end, and nothing is left behind.
    async fn drain(&self) {
        self.bench.route_in(SMALL).await;
        self.bench.send_all().await;
        self.check();
        self.bench.pass(HOUR);
        self.bench.sweep_all().await;
        let engine = &self.bench.engine;
        assert_eq!(engine.stale_triggers(), 0, "rows of rules and videos that are gone");
        let members = engine.members();
        for list in [CHANNEL, PLAYLIST] {
            let left = members.iter().filter(|member| member.list == list && member.has_left);
            // What a listing takes out is remembered until the next one, beside those of before.
            assert!(left.count() <= 2 * MEMBERS_MAX + 1);
        }
        assert_eq!(engine.rows("fanout"), 0);
        assert_eq!((self.bench.count("waiting"), self.bench.count("in flight")), (0, 0));
        self.check();
    }
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_video_in_two_lists_and_watched_by_others_rings_as_if_it_were_watched_alone(
        steps in proptest::collection::vec(twin(), 1..40),
        alerts in 1usize..4,
        pressed: bool,
    ) {
        run(async {
            let mut bench = Bench::new();
            for (list, to, _) in LISTS {
                bench.watch_subject(to, list, RULES).await;
            }
            let mut joined = [false; 2];
            for step in steps {
                act_twin(&mut bench, &mut joined, Pieces(alerts, pressed), step).await;
            }
            for (list, to, other) in LISTS {
                assert_eq!(bench.rung(to), bench.rung(other), "{list}");
            }
        });
    }

    #[test]
    fn whatever_happens_to_lists_each_upload_is_told_once_and_nothing_is_left_behind(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        run(async {
            let mut lives = Lives::new();
            for step in steps {
                lives.act(step).await;
                lives.check();
            }
            lives.drain().await;
        });
    }
}
