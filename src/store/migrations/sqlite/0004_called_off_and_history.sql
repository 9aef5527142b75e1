-- Issues that somebody called off before they were frozen. Once an issue is
-- frozen, `campaigns.cancelled_at` says so instead.
CREATE TABLE cancellations (
    newsletter TEXT    NOT NULL,
    slug       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (newsletter, slug)
) STRICT, WITHOUT ROWID;

-- What happened to a subscriber or an address. `subscriber` is NULL for an
-- address that was not on the list. `origin` says by what it happened.
CREATE TABLE list_events (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    subscriber  INTEGER,
    address_key TEXT    NOT NULL,
    what        TEXT    NOT NULL,
    detail      TEXT    NOT NULL DEFAULT '',
    origin      TEXT    NOT NULL
) STRICT;

CREATE INDEX list_events_by_subscriber ON list_events (subscriber) WHERE subscriber IS NOT NULL;
CREATE INDEX list_events_by_address ON list_events (address_key) WHERE subscriber IS NULL;

-- Several statements insert subscribers and suppressions, and each insert is an
-- event, so the table itself records it. Changes are recorded where they are made.
CREATE TRIGGER subscriber_added AFTER INSERT ON subscribers BEGIN
    INSERT INTO list_events (at, subscriber, address_key, what, detail, origin)
    VALUES (NEW.created_at, NEW.id, NEW.address_key, 'added', NEW.status, NEW.origin);
END;

CREATE TRIGGER address_suppressed AFTER INSERT ON suppressions BEGIN
    INSERT INTO list_events (at, subscriber, address_key, what, detail, origin)
    VALUES (NEW.at, (SELECT id FROM subscribers WHERE address_key = NEW.address_key),
            NEW.address_key, 'suppressed', NEW.reason, NEW.origin);
END;

-- A number may be given again after a row was deleted.
CREATE TRIGGER subscriber_deleted AFTER DELETE ON subscribers BEGIN
    DELETE FROM list_events WHERE subscriber = OLD.id;
END;
