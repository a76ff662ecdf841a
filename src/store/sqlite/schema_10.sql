-- Schema 10: one person has several addresses. Only columns without a value, an empty table and an index: no row is brought along.

-- Who may talk to the bots ---------------------------------------------------------------------------------

-- Of an address that was linked: in by itself since then, so that it stays in when it is unlinked. NULL: it is in by its person.
ALTER TABLE identity ADD COLUMN in_since INTEGER;
-- Likewise: 1: what rang there was the operator's, 2: it had opened the first invitation.
ALTER TABLE identity ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;

ALTER TABLE person ADD COLUMN unlinked_at INTEGER;  -- taken out of somebody's addresses then
ALTER TABLE person ADD COLUMN brought_from TEXT;    -- of a group: at which address of whoever brought it in; it goes along with that

CREATE TABLE link (                     -- codes that add an address to a person, each once
    code       TEXT PRIMARY KEY,
    person     INTEGER NOT NULL,        -- whose the address becomes
    made_in    TEXT NOT NULL,           -- the address at which it was asked for
    address    TEXT,                    -- the mailbox whose reader is asked; NULL: wherever it is typed
    mailbox    TEXT,                    -- what such mails are counted by: several addresses may be one mailbox
    made_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) WITHOUT ROWID;
CREATE INDEX link_person ON link (person, made_at);
CREATE INDEX link_mailbox ON link (mailbox, made_at) WHERE mailbox IS NOT NULL;
CREATE INDEX link_made ON link (made_at);

-- What fired, and what became of it ------------------------------------------------------------------------

-- Messages that may name an address: notices, and what a receiver has answered.
CREATE INDEX notification_naming ON notification (destination) WHERE unit IS NULL OR error IS NOT NULL;

-- Who is told, and when ------------------------------------------------------------------------------------

-- Whoever has ended mails to one form of their address is asked at no other.
CREATE INDEX destination_refused ON destination (address) WHERE is_refused = 1;
