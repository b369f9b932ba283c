-- A scan of one row decompresses the whole block of 2,048 texts that it lies in; an index stops at the row's own text.
-- It takes 40 bytes a row, beside some thousands of text. Queries use it only where attempt_id is the scan's one filter.

create index attempts_by_id on attempts (attempt_id);
