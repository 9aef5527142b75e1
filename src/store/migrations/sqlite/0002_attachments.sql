-- The pictures that the mail of a campaign carries. Its manifest names them by
-- their hash, so that listing campaigns reads no pictures.
CREATE TABLE attachments (
    campaign INTEGER NOT NULL REFERENCES campaigns (id),
    sha256   TEXT    NOT NULL,
    content  BLOB    NOT NULL,
    PRIMARY KEY (campaign, sha256)
) STRICT;
