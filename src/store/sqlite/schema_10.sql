-- Schema 10: one person has several addresses. Only columns without a value and an empty table: no row is brought along.

-- Who may talk to the bots ---------------------------------------------------------------------------------

-- Of an address that was linked: in by itself since then, so that it stays in when it is unlinked. NULL: it is in by its person.
ALTER TABLE identity ADD COLUMN in_since INTEGER;

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
CREATE INDEX link_asked ON link (made_at) WHERE mailbox IS NOT NULL;
