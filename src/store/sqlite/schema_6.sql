-- Schema 6: a notification says what its body is.

ALTER TABLE notification ADD COLUMN body_kind TEXT; -- chat, json, text. NULL: there is no body, or an older version wrote it
