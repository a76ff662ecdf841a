-- Schema 1. Times are milliseconds since 1970, flags are 0 or 1, texts are UTF-8.
-- AUTOINCREMENT where rows of other tables may outlive a row: its number must not come back as another one's.

PRAGMA application_id = 1953849957;     -- 'tube': a database of another program is not taken for an empty one

CREATE TABLE meta (                     -- small state of single owners: salt of message ids, quota, how far a sweep came
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE mark (                     -- the last update of a chat service that had its effect
    source    TEXT PRIMARY KEY,
    update_id INTEGER NOT NULL,
    at        INTEGER NOT NULL
) WITHOUT ROWID;

-- What is watched ------------------------------------------------------------------------------------------

CREATE TABLE subject (
    id           INTEGER PRIMARY KEY,
    ref          TEXT NOT NULL UNIQUE,  -- video:ID, channel:UC…, channel:@handle, playlist:PL…
    title        TEXT,
    playlist     TEXT,                  -- of a channel: its uploads, once asked for
    feed         TEXT,                  -- of a handle: the channel's id, once asked for
    total        INTEGER,               -- members that YouTube has; `member` holds the first of them
    listed_at    INTEGER,               -- NULL: never listed, so its members are no uploads yet
    full_at      INTEGER,               -- when all of it was last listed, not only the newest
    next_listing INTEGER                -- NULL: a video, which has itself as only member, or nobody watches
);
CREATE INDEX subject_due ON subject (next_listing) WHERE next_listing IS NOT NULL;

CREATE TABLE video (                    -- the poller's side of a video
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    ref       TEXT NOT NULL UNIQUE,
    title     TEXT,
    memory    TEXT,                     -- the poller's own
    since     INTEGER NOT NULL DEFAULT 0, -- watched since: history before it is of an earlier life
    next_poll INTEGER                   -- NULL: nobody watches it
);
CREATE INDEX video_due ON video (next_poll) WHERE next_poll IS NOT NULL;

CREATE TABLE member (
    subject INTEGER NOT NULL,
    video   INTEGER NOT NULL,
    newness INTEGER NOT NULL,           -- the greater, the newer: the oldest go when there are too many
    PRIMARY KEY (subject, video)
) WITHOUT ROWID;
CREATE INDEX member_video ON member (video);

CREATE TABLE seen (                     -- the router's side: what it last handled of a video
    video          INTEGER PRIMARY KEY,
    observed_at    INTEGER NOT NULL,
    numbers_at     INTEGER NOT NULL,
    views          INTEGER, likes          INTEGER, comments         INTEGER,   -- last known, kept while absent
    views_highest  INTEGER, likes_highest  INTEGER, comments_highest INTEGER,
    title          TEXT NOT NULL,
    status         TEXT NOT NULL,
    live           TEXT NOT NULL
);

CREATE TABLE history (
    video INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    views INTEGER, likes INTEGER, comments INTEGER,
    PRIMARY KEY (video, at)
) WITHOUT ROWID;

-- The stream -----------------------------------------------------------------------------------------------

CREATE TABLE log (
    offset   INTEGER PRIMARY KEY AUTOINCREMENT,
    snapshot TEXT NOT NULL
);

CREATE TABLE position (
    stream    TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next      INTEGER NOT NULL,
    PRIMARY KEY (stream, partition)
) WITHOUT ROWID;

CREATE TABLE fanout (                   -- what one routing transaction left over
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    video INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    turn  INTEGER NOT NULL,             -- the lowest is next; of one video the older piece goes first
    work  TEXT NOT NULL
);
CREATE INDEX fanout_video ON fanout (video);
CREATE INDEX fanout_turn ON fanout (turn);

-- Who is told, and when ------------------------------------------------------------------------------------

CREATE TABLE lane (                     -- the thing whose limits count: a chat without its thread, a URL
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,
    channel   TEXT NOT NULL,
    due_at    INTEGER,                  -- the earliest of `queue` and of retries; NULL: none, or all slots in flight
    free_at   INTEGER NOT NULL DEFAULT 0, -- nothing leaves earlier: rate of the chat, or a wait asked for
    in_flight INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX lane_due ON lane (channel, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX lane_in_flight ON lane (id) WHERE in_flight > 0;

CREATE TABLE destination (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    address          TEXT NOT NULL UNIQUE,
    lane             INTEGER NOT NULL,
    owner            TEXT NOT NULL,     -- whose limits count: operator, or the chat that made it
    settings         TEXT NOT NULL DEFAULT '{}',
    muted_until      INTEGER,
    disabled         TEXT,              -- why it can't be reached
    moved_to         INTEGER,
    cancelled_to     INTEGER NOT NULL DEFAULT 0,   -- alerts up to this id are cancelled …
    cancelled_reason TEXT               -- … for this reason
);
CREATE INDEX destination_lane ON destination (lane);
CREATE INDEX destination_owner ON destination (owner);
CREATE INDEX destination_moved ON destination (moved_to) WHERE moved_to IS NOT NULL;

CREATE TABLE subscription (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    destination      INTEGER NOT NULL,
    subject          INTEGER NOT NULL,
    settings         TEXT NOT NULL DEFAULT '{}',
    origin           TEXT NOT NULL,     -- chat, or the watch file that brought it
    muted_until      INTEGER,
    until            INTEGER,
    created_at       INTEGER NOT NULL,
    ended_at         INTEGER,
    cancelled_to     INTEGER NOT NULL DEFAULT 0,
    cancelled_reason TEXT,
    UNIQUE (destination, subject)
);
CREATE INDEX subscription_subject ON subscription (subject);
CREATE INDEX subscription_ended ON subscription (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX subscription_until ON subscription (until) WHERE until IS NOT NULL AND ended_at IS NULL;

CREATE TABLE rule (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription INTEGER NOT NULL,
    text         TEXT NOT NULL,
    series       INTEGER NOT NULL,      -- of a trigger that has not seen anything yet
    value        INTEGER NOT NULL,      -- likewise
    created_at   INTEGER NOT NULL,
    ended_at     INTEGER
);
CREATE INDEX rule_subscription ON rule (subscription);
CREATE INDEX rule_ended ON rule (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE "trigger" (
    id     INTEGER PRIMARY KEY,
    video  INTEGER NOT NULL,
    series INTEGER NOT NULL,
    value  INTEGER NOT NULL,
    rule   INTEGER NOT NULL,
    base   INTEGER,
    since  INTEGER NOT NULL
);
CREATE INDEX trigger_scan ON "trigger" (video, series, value);   -- and, as in every index, the row's id
CREATE INDEX trigger_rule ON "trigger" (rule, video);

-- What fired, and what became of it ------------------------------------------------------------------------

CREATE TABLE alert (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription INTEGER NOT NULL,
    rule         INTEGER NOT NULL,
    video        INTEGER NOT NULL,
    series       INTEGER NOT NULL,
    previous     BLOB,                  -- an integer or a text: no affinity, so that a title of digits stays a text
    current      BLOB,
    marks        TEXT,
    observed_at  INTEGER NOT NULL,
    notification INTEGER,
    outcome      TEXT,                  -- NULL: waiting
    ended        INTEGER
);
CREATE INDEX alert_waiting ON alert (subscription, video) WHERE outcome IS NULL AND notification IS NULL;
CREATE INDEX alert_video ON alert (video, subscription);
CREATE INDEX alert_ended ON alert (ended) WHERE ended IS NOT NULL;

CREATE TABLE queue (                    -- watches and videos that have waiting alerts: what a claim looks at
    subscription INTEGER NOT NULL,
    video        INTEGER NOT NULL,
    lane         INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,      -- not looked at earlier: a hold is decided once for all of its alerts
    first        INTEGER NOT NULL,      -- its oldest alert: what is due at one moment leaves in this order
    PRIMARY KEY (subscription, video)
) WITHOUT ROWID;
CREATE INDEX queue_due ON queue (lane, due_at, first);

CREATE TABLE notification (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    lane        INTEGER NOT NULL,
    destination INTEGER NOT NULL,
    subscription INTEGER,               -- NULL: a notice, which belongs to no watch
    video       INTEGER,
    newest      INTEGER NOT NULL DEFAULT 0, -- its newest alert: what cancels up to there cancels a retry, too
    kind        TEXT NOT NULL,          -- single, coalesced, notice
    body        TEXT NOT NULL,
    members     TEXT NOT NULL,          -- ids of its alerts, as a JSON array
    silent      INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER,                -- NULL: in flight or ended
    state       TEXT NOT NULL,          -- pending, sent, dead, cancelled
    receipt     TEXT,
    error       TEXT,
    ended       INTEGER
);
CREATE INDEX notification_pending ON notification (lane, next_at, created_at) WHERE state = 'pending';
CREATE INDEX notification_told ON notification (subscription, video) WHERE state IN ('pending', 'sent');
CREATE INDEX notification_dead ON notification (id) WHERE state = 'dead';
CREATE INDEX notification_ended ON notification (ended) WHERE ended IS NOT NULL;

CREATE TABLE uncounted (                -- alerts that ended outside of a claim and are still to be counted in metrics
    outcome TEXT PRIMARY KEY,
    count   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE suppression (
    rule   INTEGER NOT NULL,
    video  INTEGER NOT NULL,
    reason TEXT NOT NULL,
    count  INTEGER NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    PRIMARY KEY (rule, video, reason)
) WITHOUT ROWID;

-- Who may talk to the bots ---------------------------------------------------------------------------------

CREATE TABLE person (
    address TEXT PRIMARY KEY,           -- telegram:<user or chat id>
    since   INTEGER NOT NULL,
    invite  TEXT
) WITHOUT ROWID;

CREATE TABLE invite (
    code       TEXT PRIMARY KEY,
    made_by    TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    TEXT
) WITHOUT ROWID;

CREATE TABLE notice (                   -- what the operator has been told and need not hear again
    key TEXT PRIMARY KEY,
    at  INTEGER NOT NULL
) WITHOUT ROWID;
