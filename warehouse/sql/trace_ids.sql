-- Attempts whose ids lie between $low and $high: those that begin with a prefix. Enough to tell one from several.
select attempt_id from attempts where attempt_id between $low and $high order by attempt_id limit 6
