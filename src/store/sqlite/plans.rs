//! How SQLite carries out the statements that run for every poll, change, alert and message: each by an index.

use rusqlite::Connection;
use rusqlite::types::Null;

use super::{
    asleep, card, card_look, chat, course, dead_letters, destinations, digest, due, ending, erase,
    figures, invitations, lane, link, listing, log, member, migrate, mirror, notification, open,
    operator, owners, people, person, places, poll, read, routing_tx, rule, scan, server, stored,
    sweep, unit, unite, waiting, why, writes,
};

fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nothing = vec![Null; statement.parameter_count()];
    let steps = statement
        .query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>();
    steps.unwrap()
}

/// Panics where a plan reads a whole table, or sorts what an index could bring in order.
fn check(sql: &str) {
    let db = Connection::open_in_memory().unwrap();
    open::MIGRATIONS.into_iter().for_each(|step| db.execute_batch(step).unwrap());
    migrate::at_once(&db).unwrap();
    let steps = plan(&db, sql);
    assert!(!steps.is_empty() || sql.starts_with("INSERT"), "{sql} has no plan");
    for step in &steps {
        // A few rows that the statement itself has made, such as the two moments of `settle`.
        let own = step.starts_with("SCAN (")
            || step.contains("CONSTANT ROW")
            // Numbers that the statement is given.
            || step.starts_with("SCAN i VIRTUAL TABLE");
        assert!(own || !step.starts_with("SCAN"), "{sql}\n{steps:#?}");
        assert!(!step.contains("TEMP B-TREE FOR ORDER BY"), "{sql}\n{steps:#?}");
    }
}

#[test]
fn polling_and_the_log_read_what_is_due_and_no_more() {
    for sql in [poll::NEW, poll::DUE, poll::SOON, poll::NEXT, log::READ_LOG] {
        check(sql);
    }
}

#[test]
fn routing_reads_the_triggers_in_range_and_no_more() {
    for sql in [
        routing_tx::KNOWN,
        scan::SCAN_ALL,
        scan::SCAN_SAME,
        scan::SCAN_ABOVE,
        routing_tx::WAITING,
        routing_tx::LISTS,
        routing_tx::UNARMED,
        scan::WATCHERS_OF_LIST,
        scan::WATCHERS_OF_VIDEO,
        unit::ENQUEUE,
        unit::MAKE_DUE.as_str(),
        routing_tx::ALERT,
        routing_tx::FOLDABLE,
        routing_tx::FOLD,
    ] {
        check(sql);
    }
    routing_tx::COUNT_AT.into_iter().for_each(check);
}

#[test]
fn listings_read_the_list_and_no_more() {
    for sql in [
        listing::DUE,
        listing::OWNERS,
        owners::VIDEOS_OF_OWNER,
        listing::COUNTS,
        listing::IS_KNOWN,
        migrate::RUNNING,
        member::ROWS_OF_RULE,
        member::RULES_OF_LIST,
        unite::UNDER_WAY,
        unite::UNEVEN,
    ] {
        check(sql);
    }
}

#[test]
fn claims_read_what_is_due_and_no_more() {
    for sql in [
        lane::MAKE_DUE.as_str(),
        lane::MAKE_DIGESTS_DUE.as_str(),
        lane::SHIFT.as_str(),
        due::DUE,
        due::DIGESTS,
        unit::ENDED,
        unit::LEFT,
        unit::WAKE_HELD,
        unit::WAKE_COLLECTED,
        unit::WAKE_DIGESTS,
        unit::KEEP,
        digest::FIND,
        digest::EXPECT,
        digest::COLLECT,
        digest::HEADS,
        digest::GO_ON,
        digest::LOOK_NEXT,
        digest::WITH_SOMETHING,
        writes::COUNT,
        due::RETRIES,
        waiting::HEADS,
        waiting::ALERTS,
        waiting::UNDER_WAY,
        notification::INSERT,
        ending::END,
        dead_letters::NEXT,
    ] {
        check(sql);
    }
    for walked in [&lane::TOLD, &lane::DIGESTS] {
        let lane::Walked { same_due, next_due, same, later } = &**walked;
        [same_due, next_due, same, later].into_iter().for_each(|sql| check(sql));
    }
}

#[test]
fn cards_are_read_as_they_become_due_with_the_ends_of_what_they_say() {
    for sql in [
        card_look::DUE,
        card_look::NEXT,
        card_look::COUNTS_AT,
        card_look::FIRST_COUNTS,
        card_look::LAST_COUNTS,
        card_look::WATCHES,
        card_look::LAST_TOLD,
        card::STANDS,
        card::IN_CHAT,
        card::END,
    ] {
        check(sql);
    }
}

#[test]
fn sweeps_find_what_is_old_without_reading_what_is_not() {
    for sql in [
        sweep::ALERTS,
        sweep::NOTIFICATIONS,
        sweep::RULES,
        rule::FORGET_RULE,
        sweep::WATCHES,
        sweep::EXPIRED,
        sweep::OTHER_NAMES,
        sweep::FORGET,
        sweep::FORGET_DESTINATION,
        sweep::IS_IDLE,
        sweep::LOG,
        sweep::MIRROR,
        sweep::PASSED,
        mirror::OLDEST,
        mirror::PASSED,
        mirror::VIDEOS,
        mirror::LISTED,
        mirror::OVER,
        people::OUT,
        people::OUT_IF_OFF,
        people::WALK,
        sweep::LINKS,
        person::FORGET,
        asleep::BEGIN_ANEW,
        asleep::WATCHES,
        asleep::DESTINATIONS,
        asleep::OF_DESTINATION,
    ] {
        check(sql);
    }
}

#[test]
fn questions_read_what_they_are_about() {
    check(read::WATCHES);
    check(read::WATCHES_ONE);
    check(read::STANDING);
    check(read::PLACE);
    check(destinations::ALL);
    check(destinations::SHUT);
    check(destinations::DIGESTS);
    check(people::GROUPS);
    check(chat::TOPICS);
    check(people::AWAKE_GROUPS);
    check(people::WATCHES);
    check(people::PEOPLE);
    check(invitations::UNUSED);
    check(invitations::INVITED);
    check(operator::INVITED);
    check(people::CHATS);
    check(people::DISOWN);
    check(people::OWN_PLACES);
    check(link::ASKED_MAILBOX);
    check(link::ASKED_BY);
    check(link::ASKED);
    check(places::OF);
    check(places::IN_CHAT);
    check(places::OWN);
    check(person::IS_OPERATORS);
    check(people::TO_OPERATOR);
    check(people::FOLLOW);
    check(erase::FORGET_NAMES);
    check(erase::PENDING);
    check(stored::ALERTS);
    check(chat::SHUT);
    check(chat::SHUT_WITH);
    check(server::FEED);
    check(server::PLACES);
    check(server::PARTS);
    check(server::OFF_FOR);
    check(why::ALERTS);
    check(why::PRESENCE);
    check(why::UNARMED);
    check(why::WAITS);
    // These sort a handful of rows: the watches of one chat, the rules about one video.
    let db = Connection::open_in_memory().unwrap();
    open::MIGRATIONS.into_iter().for_each(|step| db.execute_batch(step).unwrap());
    migrate::at_once(&db).unwrap();
    for sql in [read::WATCHES_OF, why::RULES, why::RULES_OF, card::CARDS_OF] {
        let steps = plan(&db, sql);
        assert!(steps.iter().all(|step| !step.starts_with("SCAN")), "{sql}\n{steps:#?}");
    }
    // This one scans what it has made itself, a row for each point.
    let steps = plan(&db, course::COURSE);
    let own = ["SCAN walk", "SCAN known"];
    let is_own = |step: &String| !step.starts_with("SCAN") || own.contains(&step.as_str());
    assert!(steps.iter().all(is_own), "{steps:#?}");
    // Dead letters and counts of what waits read a whole index, but one that holds nothing else.
    for sql in [
        dead_letters::DEAD,
        figures::WAITING,
        figures::UNDER_WAY,
        sweep::OVERDUE,
        member::ENDED_RULES,
        member::LEFT,
    ] {
        let steps = plan(&db, sql);
        let indexed = |step: &String| {
            !step.starts_with("SCAN")
                || step == "SCAN CONSTANT ROW"
                || step.contains("USING INDEX")
                || step.contains("USING COVERING INDEX")
        };
        assert!(steps.iter().all(indexed), "{sql}\n{steps:#?}");
    }
}

#[test]
fn a_pulse_reads_ends_of_indexes_and_a_count_no_bodies() {
    for sql in [figures::BACKLOG, figures::HISTORY, figures::DIGESTS_DUE] {
        check(sql);
    }
    let db = Connection::open_in_memory().unwrap();
    open::MIGRATIONS.into_iter().for_each(|step| db.execute_batch(step).unwrap());
    migrate::at_once(&db).unwrap();
    // These read an index that holds nothing else: few lanes have something in flight, and dead letters are limited.
    for (sql, index) in
        [(figures::IN_FLIGHT, "lane_in_flight"), (figures::DEAD, "notification_dead")]
    {
        let steps = plan(&db, sql);
        assert!(steps.iter().any(|step| step.contains(index)), "{steps:#?}");
    }
    for (table, sql) in figures::TABLES {
        let steps = plan(&db, sql);
        let wide = steps.iter().any(|step| step == &format!("SCAN {table}"));
        // What has no index for all of its rows has narrow rows, few, or keys for a table.
        let narrow = [
            "fanout",
            "invite",
            "link",
            "listed",
            "member",
            "mirror",
            "passed",
            "person",
            "seen",
            "suppression",
            "unit",
        ];
        assert!(!wide || narrow.contains(&table), "{sql}\n{steps:#?}");
    }
}
