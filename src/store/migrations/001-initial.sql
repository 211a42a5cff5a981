-- Columns have the API's names. Times are ISO 8601 texts with milliseconds and Z, so they sort as texts.
-- seq is the order of creation. body is the JSON text that the API returns: stored by each write if rendering is slow,
-- otherwise rendered by a view. in_scope is the JSON text that the scopes of tokens show of an environment.

CREATE TABLE users (
  seq INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  totp_secret TEXT,
  totp_used_step INTEGER,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE organization (
  uid TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  owner_uid TEXT REFERENCES users (uid),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;

-- The admins of the organization, not including its owner.
CREATE TABLE organization_admins (
  seq INTEGER PRIMARY KEY,
  user_uid TEXT NOT NULL UNIQUE REFERENCES users (uid) ON DELETE CASCADE
) STRICT;

CREATE VIEW organization_bodies (seq, created_at, body) AS
  SELECT 1, created_at, json_object(
    'uid', uid,
    'name', name,
    'owner_uid', owner_uid,
    'enabled', json('true'),
    'created_at', created_at,
    'updated_at', updated_at,
    'tags', json('[]')
  )
  FROM organization;

CREATE TABLE authtokens (
  seq INTEGER PRIMARY KEY,
  authtoken TEXT NOT NULL UNIQUE,
  user_uid TEXT NOT NULL REFERENCES users (uid) ON DELETE CASCADE
) STRICT;
CREATE INDEX authtokens_of_user ON authtokens (user_uid);

CREATE TABLE oauth_tokens (
  seq INTEGER PRIMARY KEY,
  oauth_token TEXT NOT NULL UNIQUE,
  user_uid TEXT NOT NULL REFERENCES users (uid) ON DELETE CASCADE
) STRICT;
CREATE INDEX oauth_tokens_of_user ON oauth_tokens (user_uid);

CREATE TABLE stacks (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL UNIQUE,
  uid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  -- NULL if it was never set.
  description TEXT,
  master_locale TEXT NOT NULL,
  master_key TEXT NOT NULL,
  settings TEXT NOT NULL,
  owner_uid TEXT NOT NULL REFERENCES users (uid),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE members (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES stacks (api_key) ON DELETE CASCADE,
  user_uid TEXT NOT NULL REFERENCES users (uid) ON DELETE CASCADE,
  role TEXT NOT NULL,
  UNIQUE (api_key, user_uid)
) STRICT;

-- The owner first, then the members in the order of their creation.
CREATE VIEW stack_users (api_key, user_uid, role, position) AS
  SELECT api_key, owner_uid, 'owner', 0 FROM stacks
  UNION ALL
  SELECT api_key, user_uid, role, seq FROM members;

CREATE VIEW stack_bodies (api_key, seq, created_at, body) AS
  SELECT api_key, seq, created_at, json_remove(json_object(
    'created_at', created_at,
    'updated_at', updated_at,
    'uid', uid,
    'name', name,
    'description', description,
    'org_uid', (SELECT uid FROM organization),
    'api_key', api_key,
    'master_locale', master_locale,
    'owner_uid', owner_uid,
    'user_uids', json((
      SELECT json_group_array(user_uid ORDER BY position) FROM stack_users WHERE stack_users.api_key = stacks.api_key
    )),
    'settings', json(settings),
    'master_key', master_key,
    'SYS_ACL', json('{}'),
    'discrete_variables', json('{}')
  ), iif(description IS NULL, '$.description', '$.none'))
  FROM stacks;

CREATE TABLE environments (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES stacks (api_key) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  in_scope TEXT NOT NULL,
  created_at TEXT GENERATED ALWAYS AS (body ->> '$.created_at'),
  UNIQUE (api_key, uid),
  UNIQUE (api_key, name)
) STRICT;

CREATE TABLE branches (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES stacks (api_key) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  source TEXT NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (api_key, uid)
) STRICT;

CREATE TABLE branch_aliases (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES stacks (api_key) ON DELETE CASCADE,
  alias TEXT NOT NULL,
  branch TEXT NOT NULL,
  UNIQUE (api_key, alias),
  FOREIGN KEY (api_key, branch) REFERENCES branches (api_key, uid) ON DELETE CASCADE
) STRICT;

CREATE VIEW branch_bodies (api_key, seq, created_at, uid, body) AS
  SELECT api_key, seq, created_at, uid, json_object(
    'uid', uid,
    'source', source,
    'created_by', created_by,
    'updated_by', updated_by,
    'created_at', created_at,
    'updated_at', updated_at,
    'deleted_at', json('false'),
    'alias', json((
      SELECT json_group_array(json_object('uid', alias)) FROM branch_aliases
      WHERE branch_aliases.api_key = branches.api_key AND branch = branches.uid
    ))
  )
  FROM branches;

CREATE VIEW branch_alias_bodies (api_key, seq, created_at, alias, body) AS
  -- An alias has no created_at, so lists order aliases by seq alone.
  SELECT a.api_key, a.seq, '', alias, json_object(
    'uid', b.uid,
    'source', source,
    'created_by', created_by,
    'updated_by', updated_by,
    'created_at', created_at,
    'updated_at', updated_at,
    'deleted_at', json('false'),
    'alias', alias
  )
  FROM branch_aliases a JOIN branches b ON b.api_key = a.api_key AND b.uid = a.branch;

CREATE TABLE delivery_tokens (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES stacks (api_key) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  scope TEXT NOT NULL,
  token TEXT NOT NULL,
  preview_token TEXT,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (api_key, uid),
  UNIQUE (api_key, name)
) STRICT;
CREATE INDEX delivery_tokens_newest_first ON delivery_tokens (api_key, created_at DESC, seq DESC);

CREATE TABLE management_tokens (
  seq INTEGER PRIMARY KEY,
  api_key TEXT NOT NULL REFERENCES stacks (api_key) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  scope TEXT NOT NULL,
  expires_on TEXT,
  is_email_notification_enabled INTEGER NOT NULL,
  rate_limit_enabled INTEGER,
  notice_sent_for TEXT,
  notice_due_at INTEGER,
  token TEXT NOT NULL,
  created_by TEXT NOT NULL,
  updated_by TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (api_key, uid),
  UNIQUE (api_key, token)
) STRICT;
CREATE INDEX management_tokens_by_value ON management_tokens (token);
CREATE INDEX management_tokens_newest_first ON management_tokens (api_key, created_at DESC, seq DESC);
CREATE INDEX management_tokens_notices ON management_tokens (notice_due_at) WHERE notice_due_at IS NOT NULL;

CREATE TABLE messages (
  seq INTEGER PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;

-- The fixture that filled the database (at most one row): a built-in has only its name, any other also its content and hash.
CREATE TABLE filled_by (
  name TEXT NOT NULL,
  hash TEXT,
  content TEXT
) STRICT;

-- Seeded ids are drawn until one is unused.
CREATE INDEX delivery_tokens_by_value ON delivery_tokens (token);
CREATE INDEX delivery_tokens_by_preview_token ON delivery_tokens (preview_token) WHERE preview_token IS NOT NULL;
