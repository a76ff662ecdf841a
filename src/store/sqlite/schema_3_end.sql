-- What the lister remembers of a list is in its `memory` now.
ALTER TABLE subject DROP COLUMN playlist;
ALTER TABLE subject DROP COLUMN feed;
ALTER TABLE subject DROP COLUMN full_at;
