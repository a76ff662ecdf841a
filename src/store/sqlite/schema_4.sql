-- Schema 4: what waits for one watch is a unit of telling; destinations come back. Only names and empty columns change
-- here; `migrate` brings the rows along, a piece at a time.

-- Who is told, and when ------------------------------------------------------------------------------------

CREATE TABLE unit (                     -- what is told together: all that waits for a watch, and apart from it what is urgent
    id           INTEGER PRIMARY KEY,   -- 8 * watch, + 1: its urgent alerts
    lane         INTEGER NOT NULL,
    due_at       INTEGER,               -- not looked at earlier: a hold is decided once for all of its alerts. NULL: nothing waits
    first        INTEGER NOT NULL,      -- its oldest alert: what is due at one moment leaves in this order
    notification INTEGER,               -- under way: what waits is not looked at before it has ended. Negative: or before more comes
    sent_at      INTEGER                -- when the last message left, for `at most`
);
CREATE INDEX unit_due ON unit (lane, due_at, first) WHERE due_at IS NOT NULL AND notification IS NULL;

ALTER TABLE lane ADD COLUMN failing INTEGER NOT NULL DEFAULT 0;         -- attempts in a row that the receiver has failed

ALTER TABLE destination ADD COLUMN off_since INTEGER;                   -- when `disabled` was set
ALTER TABLE destination ADD COLUMN barred TEXT;                         -- why nothing arrives for now; tried now and then …
ALTER TABLE destination ADD COLUMN barred_since INTEGER;
ALTER TABLE destination ADD COLUMN barred_until INTEGER;                -- … next at this time
ALTER TABLE destination ADD COLUMN asleep INTEGER NOT NULL DEFAULT 0;   -- out of reach for so long that its watches poll nothing

-- What fired, and what became of it ------------------------------------------------------------------------

ALTER TABLE alert ADD COLUMN unit INTEGER;                              -- where it waits, or waited
ALTER TABLE alert ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;         -- later alerts of its rule and video that it stands for
ALTER TABLE alert ADD COLUMN last_at INTEGER;                           -- when the snapshot of the last of these was made

ALTER TABLE notification ADD COLUMN public_id INTEGER NOT NULL DEFAULT 0;   -- what the outside knows it by: random
ALTER TABLE notification ADD COLUMN unit INTEGER;                       -- NULL: a notice
ALTER TABLE notification ADD COLUMN parts_left INTEGER NOT NULL DEFAULT 0;  -- parts that follow it, in the next rows: `queued`
ALTER TABLE notification ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;   -- time that its retries have waited
