-- The fixture that filled the database, at most one: a built-in by its name alone, any other with its content and the hash of that.
CREATE TABLE filled_by (
  name TEXT NOT NULL,
  hash TEXT,
  content TEXT
) STRICT;

-- Ids of a seed are drawn until they are free.
CREATE INDEX delivery_tokens_by_value ON delivery_tokens (token);
CREATE INDEX delivery_tokens_by_preview_token ON delivery_tokens (preview_token) WHERE preview_token IS NOT NULL;
