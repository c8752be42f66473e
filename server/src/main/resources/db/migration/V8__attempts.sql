-- How many servers have begun to compute a response and have not stopped in good order, the present one included.

ALTER TABLE response_job ADD COLUMN servers INTEGER NOT NULL DEFAULT 1;
