//! Where rules wait, and the edges of single triggers. Whole sequences are tested with the engine.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::{
    DestinationId, Gate, RuleId, SubscriptionId, TriggerId, UnixMillis, Value as Told,
};
use crate::route::language::{parse, tests::condition};

fn at(views: i64) -> Counts {
    Counts { views: Some(views), likes: Some(views), comments: Some(views) }
}

/// Where `text` waits, from `base` on: the value on the rule's own scale, not negated.
fn waits(text: &str, base: i64) -> Option<i64> {
    let next = initial(&parse(text).unwrap().condition, Some(&at(base))).next?;
    Some(if next.series.down { -next.value } else { next.value })
}

#[test]
fn a_rule_waits_strictly_beyond_its_base() {
    for (text, base, value) in [
        ("views any", 5, Some(LOWEST)),
        ("views every 1000", 0, Some(1000)),
        ("views every 1000", 999, Some(1000)),
        ("views every 1000", 1000, Some(2000)),
        ("views milestones", 0, Some(10)),
        ("views milestones", 10, Some(20)),
        ("views milestones", 21, Some(50)),
        ("views milestones", 50, Some(100)),
        ("views milestones", 999_999, Some(1_000_000)),
        ("views milestones", i64::MAX, None),
        ("views every 7", i64::MAX, None),
        ("views at 10k, 100k", 10_000, Some(100_000)),
        ("views at 10k, 100k", 100_000, None),
        ("likes +500", 100, Some(600)),
        ("likes +5%", 101, Some(107)),
        ("likes +5%", 100, Some(105)),
        ("likes +0.01%", 1, Some(2)),
        ("likes -500", 100, Some(-400)),
        ("comments -10%", 101, Some(90)),
        ("comments -10%", 100, Some(90)),
        ("comments -10%", 1, Some(0)),
        ("comments -100%", 7, Some(0)),
        ("views +500", i64::MAX, None),
        ("views +5% in 1h", 77, Some(500)),
        ("views -5% in 1h", 77, Some(-500)),
        ("views -50 in 1h", 77, Some(-50)),
        ("views rate > 200/h", 77, Some(201)),
        ("title", 77, Some(0)),
    ] {
        assert_eq!(waits(text, base), value, "{text} from {base}");
    }
}

#[test]
fn values_passed_before_the_rule_are_named_and_skipped() {
    let made = initial(&parse("views at 10, 20, 30").unwrap().condition, Some(&at(20)));
    assert_eq!((made.passed, made.next.map(|next| next.value)), (vec![10, 20], Some(30)));
}

#[test]
fn a_rule_without_a_base_is_unset() {
    for text in ["views every 5", "views milestones", "views at 5", "views +5", "views -5%"] {
        let made = initial(&parse(text).unwrap().condition, None);
        assert_eq!(made.next.map(|next| (next.value, next.base)), Some((LOWEST, None)), "{text}");
    }
    let absent = Counts { likes: None, ..at(5) };
    let made = initial(&parse("likes +5").unwrap().condition, Some(&absent));
    assert_eq!(made.next.map(|next| (next.value, next.base)), Some((LOWEST, None)));
}

#[test]
fn a_percentage_of_nothing_waits_at_the_bottom() {
    let made = initial(&parse("views +5%").unwrap().condition, Some(&at(0)));
    assert_eq!(made.next.map(|next| (next.value, next.base)), Some((LOWEST, Some(0))));
    assert_eq!(waits("views +5", 0), Some(5));
}

fn change(previous: Option<i64>, current: i64) -> Change {
    Change {
        video_id: "dQw4w9WgXcQ".parse().unwrap(),
        previous_at: previous.map(|_| UnixMillis(1000)),
        observed_at: UnixMillis(2000),
        numbers_at: UnixMillis(2000),
        previous: previous.map(at).unwrap_or_default(),
        current: at(current),
        highest: previous.map(at).unwrap_or_default(),
        deltas: Vec::new(),
    }
}

fn row(text: &str, next: NextTrigger, since: i64) -> TriggerRow {
    TriggerRow {
        id: TriggerId(1),
        series: next.series,
        value: next.value,
        base: next.base,
        since: UnixMillis(since),
        rule: RuleId(1),
        text: Arc::from(text),
        subscription: SubscriptionId(1),
        destination: DestinationId(1),
        lane: 1,
        gate: Gate::Open,
        is_stale: false,
    }
}

fn fired(text: &str, base: Option<i64>, since: i64, change: &Change) -> Verdict {
    let condition = parse(text).unwrap().condition;
    let made = initial(&condition, base.map(at).as_ref()).next.unwrap();
    let current = change.current.views.unwrap();
    let scan = Scan {
        series: made.series,
        upto: made.series.scale(current),
        at: change.observed_at,
        reading: Reading::Plain,
        seam: None,
        list: None,
        since: UnixMillis(0),
    };
    fire(&condition, &row(text, made, since), &scan, change)
}

fn told(verdict: &Verdict) -> Option<(i64, i64, Vec<i64>)> {
    match verdict {
        Verdict::Fire {
            previous: Told::Int(previous), current: Told::Int(current), marks, ..
        } => Some((*previous, *current, marks.values.clone())),
        _ => None,
    }
}

#[test]
fn any_compares_with_what_the_answer_said_when_that_is_newer() {
    let change = change(Some(100), 110);
    assert_eq!(told(&fired("views any", Some(100), 500, &change)), Some((100, 110, vec![])));
    assert_eq!(told(&fired("views any", Some(105), 1500, &change)), Some((105, 110, vec![])));
    assert_eq!(fired("views any", Some(110), 1500, &change), Verdict::Stay);
}

#[test]
fn a_trigger_as_old_as_the_observation_stays() {
    let change = change(Some(100), 5000);
    assert!(told(&fired("views every 1000", Some(100), 1999, &change)).is_some());
    for since in [2000, 2001] {
        assert_eq!(fired("views every 1000", Some(100), since, &change), Verdict::Stay);
    }
}

#[test]
fn an_unset_trigger_counts_from_the_value_known_before() {
    let change = change(Some(950), 1010);
    assert_eq!(told(&fired("views every 1000", None, 500, &change)), Some((950, 1010, vec![1000])));
    assert_eq!(told(&fired("views +60", None, 1500, &change)), Some((950, 1010, vec![])));
    let Verdict::Move(next) = fired("views +61", None, 500, &change) else { panic!("it moves") };
    assert_eq!((next.value, next.base), (1011, Some(950)));
}

#[test]
fn an_unset_trigger_is_set_silently_by_the_first_value() {
    let change = change(None, 1010);
    let Verdict::Move(next) = fired("views every 1000", None, 500, &change) else {
        panic!("it moves")
    };
    assert_eq!((next.value, next.base), (2000, Some(1010)));
    assert_eq!(fired("views at 10, 1010", None, 500, &change), Verdict::End);
    assert_eq!(fired("views any", None, 500, &change), Verdict::Stay);
}

#[test]
fn several_values_passed_at_once_are_named_in_one_alert() {
    let change = change(Some(950), 3400);
    for (text, marks) in [
        ("views every 1000", vec![1000, 2000, 3000]),
        ("views milestones", vec![1000, 2000]),
        ("views at 960, 1k, 5k", vec![960, 1000]),
    ] {
        assert_eq!(told(&fired(text, Some(950), 500, &change)), Some((950, 3400, marks)), "{text}");
    }
}

#[test]
fn a_jump_over_a_million_multiples_names_the_highest_few() {
    let Verdict::Fire { marks, .. } =
        fired("views every 1", Some(0), 500, &change(Some(0), 1_000_000))
    else {
        panic!("it fires")
    };
    assert_eq!(marks.values, (999_993..=1_000_000).collect::<Vec<_>>());
    assert_eq!(marks.more, 999_992);
}

#[test]
fn a_multiple_reached_before_the_rule_was_made_does_not_count_again() {
    let mut change = change(Some(950), 1010);
    change.highest = at(1240);
    let Verdict::Move(next) = fired("views every 1000", Some(950), 500, &change) else {
        panic!("it moves")
    };
    assert_eq!(next.value, 2000);
}

#[test]
fn a_list_is_spent_with_its_last_value() {
    let verdict = fired("views at 1k", Some(950), 500, &change(Some(950), 1000));
    assert!(matches!(verdict, Verdict::Fire { next: None, .. }), "{verdict:?}");
}

proptest! {
    #[test]
    fn no_number_is_a_panic(
        condition in condition(),
        base in prop::option::of(any::<i64>()),
        previous in prop::option::of(any::<i64>()),
        current: i64,
    ) {
        let made = initial(&condition, base.map(at).as_ref());
        let Some(next) = made.next else { return Ok(()) };
        for reading in [
            Reading::Plain,
            Reading::Before,
            Reading::Window { start: previous.unwrap_or(0), now: current },
        ] {
            let scan = Scan {
                series: next.series,
                upto: next.series.scale(current),
                at: UnixMillis(2000),
                reading,
                seam: None, list: None, since: UnixMillis(0),
            };
            let row = row("", next, 500);
            let again = match fire(&condition, &row, &scan, &change(previous, current)) {
                Verdict::Stay | Verdict::End | Verdict::Fire { next: None, .. } => continue,
                Verdict::Move(next) | Verdict::Fire { next: Some(next), .. } => next,
            };
            // The law: what was handled waits beyond the current value, or at the very bottom.
            prop_assert!(
                again.value == LOWEST
                    || again.value == 0 && condition.metric().is_none()
                    || again.series != next.series
                    || again.value > scan.upto,
                "{condition} waits at {again:?} for {current}"
            );
        }
    }
}
