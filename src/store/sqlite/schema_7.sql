-- Schema 7: what is collected instead of told as it happens; how many messages a day there were; messages that are kept up
-- to date. Only names and empty columns and tables: no row is brought along.

-- Who is told, and when ------------------------------------------------------------------------------------

CREATE TABLE digest (                   -- what a destination is told at these times, all its watches together
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- its unit is the negative of this
    destination INTEGER NOT NULL,
    schedule    TEXT NOT NULL,
    tz          TEXT NOT NULL,
    next_at     INTEGER NOT NULL,       -- moved in the transaction in which a digest is born, so there is one per period
    since       INTEGER NOT NULL,       -- when the last one was born; before the first: when it was made
    UNIQUE (destination, schedule, tz)
);

ALTER TABLE unit ADD COLUMN collected_in INTEGER;                   -- the digest that tells it; NULL: it is told as it happens
ALTER TABLE unit ADD COLUMN over_budget INTEGER NOT NULL DEFAULT 0; -- there because the day's messages were used up
ALTER TABLE unit ADD COLUMN kept_to INTEGER NOT NULL DEFAULT 0;     -- alerts up to this one were collected before a mute, which ends none of them
CREATE INDEX unit_collected ON unit (collected_in, first) WHERE collected_in IS NOT NULL;

-- What is collected waits for its digest alone, and digests for all else that their lane has due.
DROP INDEX unit_due;
CREATE INDEX unit_due ON unit (lane, due_at, first)
    WHERE id >= 0 AND due_at IS NOT NULL AND notification IS NULL AND collected_in IS NULL;
CREATE INDEX unit_digest_due ON unit (lane, due_at) WHERE id < 0 AND due_at IS NOT NULL AND notification IS NULL;
ALTER TABLE lane ADD COLUMN digest_at INTEGER;      -- as `due_at`: the earliest of its digests
CREATE INDEX lane_digest ON lane (channel, digest_at) WHERE digest_at IS NOT NULL;

ALTER TABLE destination ADD COLUMN pings_day INTEGER NOT NULL DEFAULT 0;    -- a day of its calendar, as YYYYMMDD: on it …
ALTER TABLE destination ADD COLUMN pings INTEGER NOT NULL DEFAULT 0;        -- … so many messages were born that count

CREATE TABLE card (                     -- a message that shows a video's numbers and is edited as they move
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    destination INTEGER NOT NULL,
    video       INTEGER NOT NULL,
    message     TEXT,                   -- the channel's name of it; NULL: not sent yet
    shown       TEXT,                   -- what it says
    next_at     INTEGER NOT NULL,       -- not looked at earlier
    made_at     INTEGER NOT NULL,       -- one that is asked for again, or moves with its chat, begins anew in its row
    failing     INTEGER NOT NULL DEFAULT 0, -- attempts in a row that failed
    ended       TEXT,                   -- somebody has ended it: it says so in a last edit, and its row goes
    UNIQUE (destination, video)
);
CREATE INDEX card_due ON card (next_at);
CREATE INDEX card_video ON card (video);
