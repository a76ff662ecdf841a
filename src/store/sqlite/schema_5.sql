-- Schema 5: a group counts for whoever brought it in, and it is kept who invited whom; videos that nobody has looked at
-- yet wait apart from the others.

ALTER TABLE person ADD COLUMN invited_by TEXT;  -- `operator`, or the chat that made the invitation, which itself is forgotten
ALTER TABLE person ADD COLUMN brought_by TEXT;  -- of a group: the private chat of whoever brought it in. NULL: it counts for itself
UPDATE person SET invited_by = (SELECT made_by FROM invite WHERE code = person.invite) WHERE invite IS NOT NULL;
CREATE INDEX person_brought_by ON person (brought_by) WHERE brought_by IS NOT NULL;
CREATE INDEX invite_made_by ON invite (made_by);

-- A first look takes units of another bucket than the looks that follow: neither keeps the other waiting.
DROP INDEX video_due;
CREATE INDEX video_new ON video (next_poll) WHERE next_poll IS NOT NULL AND memory IS NULL;
CREATE INDEX video_due ON video (next_poll) WHERE next_poll IS NOT NULL AND memory IS NOT NULL;
