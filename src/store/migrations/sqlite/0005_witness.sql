-- By what the file beside the store knows it again; a number that is not smaller
-- than that of any start whose row was deleted; and whether a send has begun
-- whose store was not closed yet.
CREATE TABLE witness (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id       TEXT,
    floor    INTEGER NOT NULL,
    in_use   INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO witness (only_row, id, floor) VALUES (1, NULL, 0);

-- Each start gets the next number. NULL: not started, or only into the outbox.
ALTER TABLE recipients ADD COLUMN start_number INTEGER;

CREATE TRIGGER recipients_keep_the_highest_number BEFORE DELETE ON recipients
    WHEN OLD.start_number IS NOT NULL
BEGIN
    UPDATE witness SET floor = max(floor, OLD.start_number);
END;
