-- When a row was tried for the first time, as far as that says anything about
-- its recipient. NULL: not tried yet, or only while the fault was the sender's.
ALTER TABLE recipients ADD COLUMN first_at INTEGER;

-- When somebody called the campaign off.
ALTER TABLE campaigns ADD COLUMN cancelled_at INTEGER;

-- Before when the timer leaves the campaign alone, and how many runs in a row
-- were stopped before anything was accepted.
ALTER TABLE campaigns ADD COLUMN resume_at INTEGER;
ALTER TABLE campaigns ADD COLUMN stops INTEGER NOT NULL DEFAULT 0;
