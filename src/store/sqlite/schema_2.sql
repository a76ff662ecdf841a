-- Schema 2: how alerts end is summed up for good, in the transaction that ends them. What schema 1 has ended was counted
-- only in memory, so the sums begin with what has not ended yet.

DROP TABLE uncounted;

CREATE TABLE ledger (
    outcome TEXT PRIMARY KEY,           -- sent, dead, cancelled:REASON; replayed; earlier: ended before the sums began
    alerts  INTEGER NOT NULL
) WITHOUT ROWID;

-- The last number that AUTOINCREMENT gave is how many were ever made.
INSERT INTO ledger (outcome, alerts)
SELECT 'earlier', coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'alert'), 0)
       - (SELECT count(*) FROM alert WHERE outcome IS NULL);
