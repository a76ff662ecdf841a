-- Schema 3: the state of a rule belongs to a holder, and members of channels and playlists are remembered with their dates.
-- Only names and empty columns change here; `migrate.rs` brings the rows along, a piece at a time.

-- A holder is a video (its id), or a channel or playlist (its id, negated): rules that have no state per video have one
-- row there, however many videos the list has.
ALTER TABLE "trigger" RENAME COLUMN video TO holder;
ALTER TABLE fanout RENAME COLUMN video TO holder;

ALTER TABLE rule ADD COLUMN list INTEGER;       -- the channel or playlist each of whose videos has a row of its own of this rule
CREATE INDEX rule_list ON rule (list, id) WHERE list IS NOT NULL AND ended_at IS NULL;
CREATE INDEX rule_to_disarm ON rule (id) WHERE list IS NOT NULL AND ended_at IS NOT NULL;

ALTER TABLE subject ADD COLUMN memory TEXT;     -- of a list: the lister's own
ALTER TABLE subject ADD COLUMN members INTEGER NOT NULL DEFAULT 0;    -- of a list: how many it holds now
ALTER TABLE subject ADD COLUMN since INTEGER NOT NULL DEFAULT 0;      -- of a list: watched since; what is older is no news
ALTER TABLE subject ADD COLUMN known_to INTEGER NOT NULL DEFAULT 0;   -- members that were forgotten had dates up to this one
ALTER TABLE subject ADD COLUMN gone_at INTEGER; -- of a list: its watchers were told that it is gone
ALTER TABLE subject ADD COLUMN same_as INTEGER; -- another name of this subject: all watches are there
CREATE INDEX subject_same_as ON subject (same_as) WHERE same_as IS NOT NULL;

ALTER TABLE member RENAME COLUMN newness TO at; -- when it was published or added: the newest stay
ALTER TABLE member ADD COLUMN since INTEGER NOT NULL DEFAULT 0;       -- rules of the list hear what is observed later
ALTER TABLE member ADD COLUMN armed INTEGER NOT NULL DEFAULT 0;       -- rules of the list up to this one have their row
ALTER TABLE member ADD COLUMN news INTEGER NOT NULL DEFAULT 0;        -- 2: to be told as new; 1: announced, to be told when it can be seen
ALTER TABLE member ADD COLUMN left_at INTEGER;  -- no member any more; remembered, so that it is no news when it is back
CREATE INDEX member_to_disarm ON member (left_at) WHERE left_at IS NOT NULL AND armed > 0;

ALTER TABLE video ADD COLUMN lists INTEGER NOT NULL DEFAULT 0;        -- in how many channels and playlists it is a member
ALTER TABLE video ADD COLUMN channel_id TEXT;
ALTER TABLE video ADD COLUMN channel_title TEXT;
ALTER TABLE video ADD COLUMN published_at INTEGER;
ALTER TABLE video ADD COLUMN duration INTEGER;  -- in seconds

-- Updates of chat services -----------------------------------------------------------------------------------

-- Updates that had their effect while one before them had not: chats are answered side by side. `mark` says up to where
-- all had theirs.
CREATE TABLE handled (
    source    TEXT NOT NULL,
    update_id INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (source, update_id)
) WITHOUT ROWID;
