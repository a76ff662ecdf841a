-- Schema 9: whoever reads at a destination can end it, and it stays ended. Only a column with a default: no row is brought along.

-- Who is told, and when ------------------------------------------------------------------------------------

ALTER TABLE destination ADD COLUMN is_refused INTEGER NOT NULL DEFAULT 0;   -- off by the wish of its reader, and not forgotten
