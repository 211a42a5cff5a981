-- The content that tokens read. branches and environments are JSON arrays: names of branches, uids of environments; NULL
-- means all. body is the published entry without publish_details; draft_body has the draft's fields over it.

CREATE TABLE content_types (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES stacks (api_key) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at TEXT GENERATED ALWAYS AS (body ->> '$.created_at'),
  UNIQUE (api_key, uid)
) STRICT;

CREATE TABLE entries (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL,
  uid TEXT NOT NULL,
  content_type TEXT NOT NULL,
  locale TEXT NOT NULL,
  branches TEXT,
  environments TEXT,
  body TEXT NOT NULL,
  draft_body TEXT,
  created_at TEXT GENERATED ALWAYS AS (body ->> '$.created_at'),
  UNIQUE (api_key, uid, content_type, locale),
  FOREIGN KEY (api_key, content_type) REFERENCES content_types (api_key, uid) ON DELETE CASCADE
) STRICT;
CREATE INDEX entries_of_content_type ON entries (api_key, content_type);
