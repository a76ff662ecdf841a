//! A YouTube that says far more than it should. What is refused outright is tested with the client and in `gateway`.

use tubebell_sim::youtube::{Endpoint, Fault};

use crate::story::{Story, VIDEO, watched};

#[tokio::test(flavor = "multi_thread")]
async fn a_title_far_too_long_is_told_and_kept_at_a_size_that_a_title_has() {
    let story = Story::quick().await;
    let gateway = watched(&story, "title; views any").await;
    story.simulation.edit(|world| world.rename(VIDEO, &"Ä&".repeat(1 << 17))).unwrap();
    story.hears("Ä&Ä&Ä&").await;
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    gateway.stop().await;
    let db = rusqlite::Connection::open(story.folder.path().join("tubebell.db")).unwrap();
    for (table, column) in [
        ("video", "memory"),
        ("video", "title"),
        ("seen", "title"),
        ("alert", "current"),
        ("notification", "body"),
    ] {
        let sql = format!("SELECT coalesce(max(length({column})), 0) FROM {table}");
        let longest: i64 = db.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert!((1..10_000).contains(&longest), "{table}.{column} holds {longest} characters");
    }
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_ten_megabytes_are_refused_for_as_long_as_they_come_and_polling_goes_on_after() {
    let story = Story::quick().await;
    let gateway = watched(&story, "views any").await;
    story.youtube.faults(|faults| faults.plan(Endpoint::BatchStats, Fault::Huge(10 << 20), None));
    story.set_counts(1005, None);
    // Numbers come with the details meanwhile.
    story.hears("990 → 1,005").await;
    story.ask("/list", "You watch 1").await;
    story.youtube.faults(tubebell_sim::youtube::Faults::heal);
    story.set_counts(1006, None);
    story.hears("1,005 → 1,006").await;
    gateway.stop().await;
    story.end().await;
}
