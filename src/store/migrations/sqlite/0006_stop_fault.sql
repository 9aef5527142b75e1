-- What was at fault when the last run of a campaign was stopped: `route` or
-- `issue`. NULL: it was not stopped.
ALTER TABLE campaigns ADD COLUMN stop_fault TEXT;
