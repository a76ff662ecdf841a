//! `settings`: of a destination, of a watch, and less often.

use super::*;
use crate::model::Settings;

#[tokio::test]
async fn a_wish_changes_what_it_names_and_leaves_the_rest() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let standing = Settings { tz: Some("Asia/Tokyo".to_owned()), ..Settings::default() };
    let quiet = "22:00-08:00".parse().unwrap();
    let request = |subject: Option<&str>| Set {
        destination: ana().destination,
        subject: subject.map(of),
        settings: standing.clone(),
        wishes: vec![
            Wish::AtMost(Some(Duration::from_secs(900))),
            Wish::Quiet(Some(quiet)),
            Wish::Zone(None),
        ],
    };
    let wanted = Settings { at_most_s: Some(900), quiet: Some(quiet), ..Settings::default() };
    assert_eq!(set(&mut bench.commit, request(None)).await.unwrap(), Ok(wanted.clone()));
    assert_eq!(set(&mut bench.commit, request(Some(VIDEO))).await.unwrap(), Ok(wanted.clone()));
    let row = bench.watches(&ana().destination).await.remove(0);
    assert_eq!((&row.settings, &row.destination.settings), (&wanted, &wanted));
    let other = request(Some("video:aaaaaaaaaaa"));
    assert_eq!(set(&mut bench.commit, other).await.unwrap(), Err(NotWatched));
}

#[tokio::test]
async fn less_often_goes_up_by_steps_to_a_day() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let mut steps = Vec::new();
    loop {
        let row = bench.watches(&ana().destination).await.remove(0);
        match bench.actions.less_often(&mut bench.commit, &row).await.unwrap() {
            Ok(step) => steps.push(step.as_secs()),
            Err(refusal) => {
                assert_eq!(refusal, NotLess::Already);
                break;
            }
        }
    }
    assert_eq!(steps, [900, 3600, 21_600, 86_400]);
}
