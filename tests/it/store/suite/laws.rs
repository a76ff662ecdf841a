//! Laws that hold after any sequence of commands, changes, claims, ends and stops.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Watch(u8, u8, bool),
    Unwatch(u8, u8),
    Mute(u8, Option<u8>),
    MuteWatch(u8, u8, Option<u8>),
    Set(u8, u16, Option<u8>, Option<u8>),
    SetWatch(u8, u8, Option<u8>, Option<u8>),
    DigestNow(u8),
    Quiet(u16),
    See(u8, u8),
    Claim(bool, u8),
    ClaimFew(bool, u8, u8),
    Finish(u8, u8),
    Enable(u8),
    Move(u8, u8),
    Replay,
    Sweep,
    Pass(u16),
    SetBack(u16),
    Restart,
}

/// How digests may come; `off` is none, whatever the chat has.
const DIGESTS: [&str; 4] = ["every 30s", "every 5m", "hourly", "off"];

fn settings(at_most_s: Option<u64>, digest: Option<u8>, pings: Option<u8>) -> Settings {
    Settings {
        at_most_s,
        digest: digest.map(|n| DIGESTS[usize::from(n)].parse().unwrap()),
        pings_per_day: pings.map(u32::from),
        ..Settings::default()
    }
}

fn step() -> impl Strategy<Value = Step> {
    let place = 0u8..5;
    // The videos, and the channel that has them all.
    let video = 0u8..=ALL;
    let digest = proptest::option::of(0u8..4);
    let budget = proptest::option::of(0u8..4);
    prop_oneof![
        3 => (place.clone(), video.clone(), any::<bool>()).prop_map(|(p, v, r)| Step::Watch(p, v, r)),
        1 => (place.clone(), video.clone()).prop_map(|(p, v)| Step::Unwatch(p, v)),
        1 => (place.clone(), proptest::option::of(0u8..90)).prop_map(|(p, m)| Step::Mute(p, m)),
        1 => (place.clone(), video.clone(), proptest::option::of(0u8..90)).prop_map(|(p, v, m)| Step::MuteWatch(p, v, m)),
        2 => (place.clone(), 0u16..400, digest.clone(), budget.clone()).prop_map(|(p, s, d, b)| Step::Set(p, s, d, b)),
        2 => (place.clone(), video.clone(), digest, budget).prop_map(|(p, v, d, b)| Step::SetWatch(p, v, d, b)),
        1 => place.clone().prop_map(Step::DigestNow),
        1 => (0u16..300).prop_map(Step::Quiet),
        8 => (video, 0u8..40).prop_map(|(v, n)| Step::See(v, n)),
        6 => (any::<bool>(), 1u8..6).prop_map(|(c, n)| Step::Claim(c, n)),
        2 => (any::<bool>(), 1u8..6, 0u8..4).prop_map(|(c, n, f)| Step::ClaimFew(c, n, f)),
        8 => (any::<u8>(), 0u8..8).prop_map(|(c, r)| Step::Finish(c, r)),
        1 => place.clone().prop_map(Step::Enable),
        1 => (place.clone(), place).prop_map(|(p, q)| Step::Move(p, q)),
        1 => Just(Step::Replay),
        1 => Just(Step::Sweep),
        3 => (0u16..600).prop_map(Step::Pass),
        1 => (1u16..5_000).prop_map(Step::SetBack),
        1 => Just(Step::Restart),
    ]
}

const PLACES: [&str; 5] =
    ["telegram:1", "telegram:-5", "telegram:-5/7", "telegram:-1005", "webhook:https://a.example/"];

fn place(n: u8) -> &'static str {
    PLACES[usize::from(n)]
}

fn video(n: u8) -> String {
    format!("video{n:06}")
}

/// Stands in the place of a video for the channel that has them all.
const ALL: u8 = 3;

fn subject(n: u8) -> String {
    if n == ALL { super::listing::CHANNEL.to_owned() } else { format!("video:{}", video(n)) }
}

async fn see(bench: &Bench, v: u8, views: u8) {
    bench.pass(SECOND);
    let seen = snapshot(&video(v), bench.now(), views.into());
    bench.publish(Snapshot { likes: Some(i64::from(views / 8)), ..seen }).await;
}

/// The channel is watched and listed from the start, so that its messages come in parts: one for each video.
async fn listed(bench: &Bench) {
    bench.watch_subject("telegram:9", super::listing::CHANNEL, "views any; likes any!").await;
    let members = (0..usize::from(ALL)).map(|n| super::listing::row(n, T0.minus(DAY)));
    bench.list_within(super::listing::CHANNEL, members.collect(), true, 10).await;
}

async fn act(bench: &mut Bench, taken: &mut Vec<Claim>, step: Step) {
    match step {
        Step::Watch(p, v, other) => {
            let rules = if other { "views any; views every 7; likes any!" } else { "views any" };
            bench.watch_subject(place(p), &subject(v), rules).await;
        }
        Step::Unwatch(p, v) => {
            bench.edit(Edit::Unwatch { destination: at(place(p)), subject: of(&subject(v)) }).await;
        }
        Step::Mute(p, until) => {
            let until = until.map(|s| bench.now().plus(SECOND * u32::from(s)));
            bench.mute(place(p), None, until).await;
        }
        Step::MuteWatch(p, v, until) => {
            let until = until.map(|s| bench.now().plus(SECOND * u32::from(s)));
            bench.mute(place(p), Some(&subject(v)), until).await;
        }
        Step::Set(p, seconds, digest, pings) => {
            let settings = settings(Some(seconds.into()), digest, pings);
            bench.edit(Edit::Set { destination: at(place(p)), subject: None, settings }).await;
        }
        Step::SetWatch(p, v, digest, pings) => {
            let (settings, subject) = (settings(None, digest, pings), Some(of(&subject(v))));
            bench.edit(Edit::Set { destination: at(place(p)), subject, settings }).await;
        }
        Step::DigestNow(p) => {
            bench.edit(Edit::DigestNow { destination: at(place(p)) }).await;
        }
        Step::Quiet(seconds) => {
            let until = bench.now().plus(SECOND * u32::from(seconds));
            bench.plain.quiet_until.store(until.0, Ordering::Relaxed);
        }
        Step::See(ALL, views) => {
            for v in 0..ALL {
                see(bench, v, views).await;
            }
        }
        Step::See(v, views) => see(bench, v, views).await,
        Step::Claim(telegram, limit) => {
            let channel = if telegram { Channel::Telegram } else { Channel::Webhook };
            taken.extend(bench.turn(channel, limit.into(), Vec::new()).await.claims);
        }
        // Some lanes get fewer places than they are due; a walk goes along all of them and ends.
        Step::ClaimFew(telegram, limit, places) => {
            let channel = if telegram { Channel::Telegram } else { Channel::Webhook };
            let places = Few::each(places.into());
            let mut room = Room { places: Some(places), ..Room::of(limit.into()) };
            for _ in 0..100 {
                let claimed = bench.turn_within(channel, room.clone(), Vec::new()).await;
                let next_due = claimed.next_due();
                taken.extend(claimed.claims);
                if next_due.is_none_or(|due| due > bench.now()) {
                    return;
                }
                room.from = claimed.walk.stands_at;
                room.digests_from = claimed.digests.stands_at;
            }
            panic!("the walk has no end");
        }
        Step::Finish(which, how) => {
            if taken.is_empty() {
                return;
            }
            let claim = taken.swap_remove(usize::from(which) % taken.len());
            let later = bench.now().plus(SECOND * 30 * u32::from(how));
            let result = match how {
                0..=2 => FinishedAs::Sent("1".into()),
                3 | 4 => FinishedAs::Retry { at: later, counts: true, error: "502".into() },
                5 => FinishedAs::Dead("400".into()),
                6 => FinishedAs::Gone("403".into()),
                _ => FinishedAs::Moved(at(PLACES[3])),
            };
            let mut finished = bench.finished(&claim, result);
            finished.lane_free_at = bench.now().plus(SECOND * u32::from(which % 4));
            bench
                .turn(claim.address.channel(), usize::from(which % 2), vec![finished])
                .await
                .claims
                .into_iter()
                .for_each(|claim| taken.push(claim));
        }
        Step::Enable(p) => {
            let owner = if p % 2 == 0 { Owner::Operator } else { owner(place(p)) };
            bench.edit(Edit::Enable { destination: at(place(p)), owner }).await;
        }
        Step::Move(p, q) => {
            if at(place(p)).channel() == at(place(q)).channel() && !place(q).contains('/') {
                bench.edit(Edit::Move { from: at(place(p)), to: at(place(q)) }).await;
            }
        }
        Step::Replay => {
            replay_all(&**bench.store(), bench.now()).await;
        }
        Step::Sweep => {
            bench.store().sweep(KEEP, bench.now()).await.unwrap();
        }
        Step::Pass(seconds) => bench.pass(SECOND * u32::from(seconds)),
        Step::SetBack(seconds) => {
            let by = SECOND * u32::from(seconds);
            bench.now.set(bench.now().minus(by));
            bench.store().set_back(by, bench.now()).await.unwrap();
        }
        Step::Restart => {
            bench.restart();
            taken.clear();
        }
    }
}

/// What is in flight by the lane it was taken from; a chat may have moved since.
async fn check_laws(bench: &Bench, taken: &[Claim]) {
    let pulse = bench.store().pulse(bench.now()).await.unwrap();
    let there = u64::try_from(bench.engine.rows("alert")).unwrap();
    assert_eq!(pulse.ledger.created - pulse.ledger.folded, there, "an alert is lost");
    assert_eq!(bench.engine.in_flight(), taken.len());
    let slots: u64 = pulse.in_flight.iter().sum();
    assert_eq!(slots, u64::try_from(taken.len()).unwrap());
    assert_eq!(bench.engine.broken(Laws::SumsButLanes), None);
}

/// Everything that waits ends when it can: nothing sleeps for ever.
async fn drain(bench: &Bench, mut taken: Vec<Claim>) {
    for _ in 0..2_000 {
        for claim in std::mem::take(&mut taken) {
            bench.sent(&claim).await;
        }
        let mut next = None;
        for channel in [Channel::Telegram, Channel::Webhook] {
            let claimed = bench.turn(channel, 100, Vec::new()).await;
            next = [next, claimed.next_due()].into_iter().flatten().min();
            taken.extend(claimed.claims);
        }
        match next {
            _ if !taken.is_empty() => {}
            None => {
                assert_eq!(
                    (bench.count("waiting"), bench.count("in flight")),
                    (0, 0),
                    "asleep for ever"
                );
                bench.sums();
                return;
            }
            Some(at) => {
                if at > bench.now() {
                    bench.now.set(at);
                }
            }
        }
    }
    panic!("it never comes to an end");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_alert_is_lost_the_sums_agree_and_no_lane_sleeps_for_ever(
        steps in proptest::collection::vec(step(), 1..70)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::new();
            listed(&bench).await;
            let mut taken = Vec::new();
            for step in steps {
                act(&mut bench, &mut taken, step).await;
                check_laws(&bench, &taken).await;
            }
            drain(&bench, taken).await;
        });
    }
}
