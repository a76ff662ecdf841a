-- Schema 6: whoever may use tubebell is a person with a row: the operator, a human or a group. Destinations belong to one,
-- and so do invitations; an address is only what somebody is known by. Only names and empty tables and columns change here;
-- `migrate` brings the rows along, a piece at a time.

DROP INDEX person_brought_by;
DROP INDEX invite_made_by;
ALTER TABLE person RENAME TO person_by_address;
ALTER TABLE invite RENAME TO invite_by_address;

CREATE TABLE person (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,   -- 1: the operator, whoever that is
    kind       TEXT NOT NULL,           -- operator, human, group. A human of the first kind opened the first invitation
    since      INTEGER,                 -- in since then. NULL: by the configuration alone, or not at all
    invited_by INTEGER,                 -- the person who made the invitation
    brought_by INTEGER                  -- of a group: the person who brought it in. NULL: it counts for itself
);
CREATE INDEX person_invited_by ON person (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX person_brought_by ON person (brought_by) WHERE brought_by IS NOT NULL;
CREATE INDEX person_operator ON person (kind) WHERE kind = 'operator';
INSERT INTO person (id, kind) VALUES (1, 'operator');

CREATE TABLE identity (                 -- what a person is known by
    address TEXT PRIMARY KEY,           -- of a private chat, or of a group without its topics
    person  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX identity_person ON identity (person);

CREATE TABLE invite (
    code       TEXT PRIMARY KEY,
    made_by    INTEGER NOT NULL,        -- a person
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by    INTEGER                  -- a person
) WITHOUT ROWID;
CREATE INDEX invite_made_by ON invite (made_by);

-- The person whose limits count. Most belong to the operator, so no row of theirs is written for it.
ALTER TABLE destination ADD COLUMN person INTEGER NOT NULL DEFAULT 1;

-- A notification says what its body is.
ALTER TABLE notification ADD COLUMN body_kind TEXT; -- chat, json, text. NULL: there is no body, or an older version wrote it
