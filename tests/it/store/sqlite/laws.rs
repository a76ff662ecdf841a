//! The laws on rows, as questions that find whoever breaks them: each is to find none.

use rusqlite::Connection;

use crate::store::inspect::Laws;

/// A law, and how many rows break it.
type Law = (&'static str, &'static str);

/// A slot of a chat that has moved with a message in flight stays with the old lane until that has ended.
const SLOTS: Law = (
    "a lane has more or less in flight than it says",
    "SELECT count(*) FROM lane l WHERE l.in_flight <> (SELECT count(*) FROM notification n
     WHERE n.lane = l.id AND n.state = 'pending' AND n.next_at IS NULL)",
);

const SUMS: [Law; 20] = [
    ("an alert is neither waiting, under way, nor ended with a word", "SELECT count(*) FROM alert a LEFT JOIN notification n ON n.id = a.notification
      WHERE NOT CASE
        WHEN a.outcome IS NULL AND a.notification IS NULL THEN a.ended IS NULL
        WHEN a.outcome IS NULL THEN coalesce(n.state IN ('pending', 'queued'), 0) AND a.ended IS NULL
        WHEN a.outcome = 'sent' THEN coalesce(n.state = 'sent', 0) AND a.ended IS NOT NULL
        WHEN a.outcome = 'dead' THEN coalesce(n.state = 'dead', 1) AND a.ended IS NOT NULL
        WHEN a.outcome LIKE 'cancelled:%' THEN coalesce(n.state = 'cancelled', 1) AND a.ended IS NOT NULL
        ELSE 0 END"),
    ("a waiting alert is not in a unit that knows of it", "SELECT count(*) FROM alert a WHERE a.outcome IS NULL AND a.notification IS NULL
      AND NOT EXISTS (SELECT 1 FROM unit u WHERE u.id = a.unit AND u.due_at IS NOT NULL AND u.id / 8 = a.subscription)"),
    ("a unit waits with nothing", "SELECT count(*) FROM unit u WHERE u.id >= 0 AND u.due_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM alert a
      WHERE a.unit = u.id AND a.outcome IS NULL AND a.notification IS NULL)"),
    ("a unit waits for a notification that is not under way", "SELECT count(*) FROM unit u JOIN notification n ON n.id = abs(u.notification)
      WHERE n.state <> 'pending'"),
    ("a unit waits for a notification that is not there", "SELECT count(*) FROM unit u WHERE u.notification IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.id = abs(u.notification))"),
    ("a part waits for none before it", "SELECT count(*) FROM notification n WHERE n.state = 'queued' AND NOT EXISTS
      (SELECT 1 FROM notification p WHERE p.id = n.id - 1 AND p.state IN ('pending', 'queued') AND p.parts_left = n.parts_left + 1)"),
    ("a part overtakes the one before it", "SELECT count(*) FROM notification n JOIN notification p ON p.id = n.id - 1
      AND p.unit = n.unit AND p.parts_left = n.parts_left + 1 WHERE n.state <> 'queued' AND p.ended IS NULL"),
    ("more is in flight than may be", "SELECT count(*) FROM lane WHERE in_flight NOT BETWEEN 0 AND
      CASE WHEN channel IN ('webhook', 'recorder') THEN 16 ELSE 1 END"),
    ("a lane sleeps for ever or too long, or is awake too early", "SELECT count(*) FROM (SELECT l.due_at AS due, l.free_at,
          l.in_flight >= CASE WHEN l.channel IN ('webhook', 'recorder') AND l.failing < 8 THEN 16 ELSE 1 END AS full,
          (SELECT min(at) FROM (SELECT min(due_at) AS at FROM unit u WHERE u.lane = l.id AND u.notification IS NULL
           AND u.id >= 0 AND u.collected_in IS NULL
           UNION ALL SELECT min(next_at) FROM notification n WHERE n.lane = l.id AND n.state = 'pending')) AS first
        FROM lane l)
      WHERE due IS NOT CASE WHEN full THEN NULL ELSE max(free_at, first) END"),
    ("digests of a lane sleep for ever or too long, or are awake too early", "SELECT count(*) FROM (SELECT l.digest_at AS due,
          l.free_at, l.in_flight >= CASE WHEN l.channel IN ('webhook', 'recorder') AND l.failing < 8 THEN 16 ELSE 1 END AS full,
          (SELECT min(due_at) FROM unit u WHERE u.lane = l.id AND u.notification IS NULL AND u.id < 0) AS first
        FROM lane l)
      WHERE due IS NOT CASE WHEN full THEN NULL ELSE max(free_at, first) END"),
    ("what is collected waits for no digest", "SELECT count(*) FROM unit c WHERE c.collected_in IS NOT NULL AND NOT EXISTS
      (SELECT 1 FROM digest g JOIN unit u ON u.id = -g.id WHERE g.id = c.collected_in AND u.due_at IS NOT NULL)"),
    ("something is collected that is empty, urgent or looked at alone", "SELECT count(*) FROM unit
      WHERE collected_in IS NOT NULL AND (id < 0 OR id % 8 <> 0 OR due_at IS NULL OR notification IS NOT NULL)"),
    ("something is over the budget and not collected", "SELECT count(*) FROM unit WHERE over_budget AND collected_in IS NULL"),
    ("what a digest has collected is of another destination", "SELECT count(*) FROM unit c JOIN digest g ON g.id = c.collected_in
      JOIN subscription s ON s.id = c.id / 8 WHERE s.destination <> g.destination"),
    ("a digest is in another lane than its destination", "SELECT count(*) FROM digest g JOIN unit u ON u.id = -g.id
      JOIN destination d ON d.id = g.destination WHERE u.lane <> d.lane"),
    ("an ended notification still has a time to be tried", "SELECT count(*) FROM notification
      WHERE state NOT IN ('pending', 'queued') AND (next_at IS NOT NULL OR ended IS NULL)"),
    ("the sums over all alerts are not what is open", "SELECT
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'alert'), 0)
        + (SELECT coalesce(sum(CASE outcome WHEN 'replayed' THEN alerts WHEN 'folded' THEN 0 ELSE -alerts END), 0) FROM ledger)
        - (SELECT count(*) FROM alert WHERE outcome IS NULL)"),
    ("something belongs to nobody", "SELECT count(*) FROM destination WHERE person NOT IN (SELECT id FROM person)"),
    ("somebody is known by nothing", "SELECT count(*) FROM person p WHERE p.id <> 1
      AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.person = p.id)"),
    ("an address is nobody's", "SELECT count(*) FROM identity WHERE person NOT IN (SELECT id FROM person)"),
];

const PEOPLE: [Law; 5] = [
    (
        "a place behind somebody's address is neither theirs nor the operator's",
        "SELECT count(*) FROM identity i JOIN person p ON p.id = i.person AND p.kind <> 'group' JOIN lane l ON l.key = i.address
         JOIN destination d ON d.lane = l.id AND d.moved_to IS NULL WHERE d.person NOT IN (i.person, 1)",
    ),
    (
        "a place behind the operator's address is somebody else's",
        "SELECT count(*) FROM identity i JOIN person p ON p.id = i.person AND p.kind = 'operator' JOIN lane l ON l.key = i.address
         JOIN destination d ON d.lane = l.id AND d.moved_to IS NULL WHERE d.person <> 1",
    ),
    (
        "a chat is the operator's whom neither a file nor whoever runs this made it",
        "SELECT count(*) FROM identity i JOIN person p ON p.id = i.person AND p.kind = 'human' JOIN lane l ON l.key = i.address
         JOIN destination d ON d.lane = l.id AND d.moved_to IS NULL WHERE d.person = 1 AND l.channel <> 'email'",
    ),
    (
        "somebody has invited or brought in themselves",
        "SELECT count(*) FROM person WHERE id IN (invited_by, brought_by)",
    ),
    (
        "an address of several is in by itself, and its person is not",
        "SELECT count(*) FROM identity i JOIN person p ON p.id = i.person WHERE i.in_since IS NOT NULL AND p.since IS NULL
         AND (SELECT count(*) FROM identity o WHERE o.person = p.id) > 1",
    ),
];

const LISTS: [Law; 6] = [
    (
        "a subject knows how many members it has",
        "SELECT count(*) FROM subject u WHERE next_listing IS NOT NULL AND members <>
         (SELECT count(*) FROM member m WHERE m.subject = u.id AND m.left_at IS NULL)",
    ),
    (
        "a video knows in how many lists it is",
        "SELECT count(*) FROM video v WHERE lists <> (SELECT count(*) FROM member m JOIN subject u
         ON u.id = m.subject WHERE m.video = v.id AND m.left_at IS NULL AND u.next_listing IS NOT NULL)",
    ),
    (
        "what is in a list is looked at",
        "SELECT count(*) FROM member m JOIN video v ON v.id = m.video JOIN subject u ON u.id = m.subject
         WHERE m.left_at IS NULL AND u.next_listing IS NOT NULL AND v.next_poll IS NULL",
    ),
    (
        "a rule has one row of a video",
        "SELECT count(*) FROM (SELECT 1 FROM \"trigger\" GROUP BY rule, holder HAVING count(*) > 1)",
    ),
    (
        "at most two pieces of work wait for a video",
        "SELECT count(*) FROM (SELECT 1 FROM fanout WHERE holder > 0 GROUP BY holder HAVING count(*) > 2)",
    ),
    (
        "at most two pieces of news wait for a list",
        "SELECT count(*) FROM (SELECT 1 FROM fanout WHERE holder < 0 GROUP BY holder HAVING count(*) > 2)",
    ),
];

/// The first of these laws that does not hold.
pub(super) fn broken(db: &Connection, laws: Laws) -> Option<&'static str> {
    let laws: Vec<Law> = match laws {
        Laws::Sums => SUMS.into_iter().chain([SLOTS]).collect(),
        Laws::SumsButLanes => SUMS.to_vec(),
        Laws::Lists => LISTS.to_vec(),
        Laws::People => PEOPLE.to_vec(),
    };
    let is_broken =
        |(_, sql): &Law| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() != 0;
    laws.into_iter().find(is_broken).map(|(law, _)| law)
}

/// Holds what must always hold of alerts, in any database.
pub(crate) fn check_sums(db: &Connection) {
    assert_eq!(broken(db, Laws::Sums), None);
}
