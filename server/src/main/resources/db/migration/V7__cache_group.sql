-- Keys of one group share computed prompts; those of none have theirs for themselves.

ALTER TABLE api_key ADD COLUMN cache_group TEXT NOT NULL DEFAULT '';
