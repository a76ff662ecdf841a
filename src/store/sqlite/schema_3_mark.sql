-- Updates of chat services -----------------------------------------------------------------------------------

-- Updates that had their effect while one before them had not: chats are answered side by side. `mark` says up to where
-- all had theirs.
CREATE TABLE handled (
    source    TEXT NOT NULL,
    update_id INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (source, update_id)
) WITHOUT ROWID;
