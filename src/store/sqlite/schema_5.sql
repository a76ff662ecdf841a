-- Schema 5: a group counts for whoever brought it in, and it is kept who invited whom.

ALTER TABLE person ADD COLUMN invited_by TEXT;  -- `operator`, or the chat that made the invitation, which itself is forgotten
ALTER TABLE person ADD COLUMN brought_by TEXT;  -- of a group: the private chat of whoever brought it in. NULL: it counts for itself
UPDATE person SET invited_by = (SELECT made_by FROM invite WHERE code = person.invite) WHERE invite IS NOT NULL;
CREATE INDEX person_brought_by ON person (brought_by) WHERE brought_by IS NOT NULL;
CREATE INDEX invite_made_by ON invite (made_by);
