-- Schema 8: places that belong together, and one of them where all that the others' people watch rings. Only empty columns: no
-- row is brought along.

-- Who is told, and when ------------------------------------------------------------------------------------

-- Of a place in a server: which has no destination of its own, because nothing is told to a server as a whole.
ALTER TABLE destination ADD COLUMN part_of TEXT;                            -- the address of the server
ALTER TABLE destination ADD COLUMN is_feed INTEGER NOT NULL DEFAULT 0;      -- where all that the server watches rings
CREATE INDEX destination_part_of ON destination (part_of) WHERE part_of IS NOT NULL;
