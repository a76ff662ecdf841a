-- Schema 11: the stream may be one of Kafka's. Only empty tables: no row is brought along.

-- What other programs are told -----------------------------------------------------------------------------

CREATE TABLE mirror (                   -- records for topics that no broker has acknowledged yet
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    record TEXT NOT NULL                -- a Mirrored as JSON
);
CREATE INDEX mirror_at ON mirror (at);

CREATE TABLE passed (                   -- where tubebell finds the changes itself: the last snapshot that came by
    video       TEXT PRIMARY KEY,
    observed_at INTEGER NOT NULL,
    snapshot    TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX passed_at ON passed (observed_at);

CREATE TABLE listed (                   -- the watch list as other programs have it
    video TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    until INTEGER                       -- nobody watches it since then; its values are erased a while later
) WITHOUT ROWID;
CREATE INDEX listed_until ON listed (until) WHERE until IS NOT NULL;
