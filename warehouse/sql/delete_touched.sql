delete from {relation} where attempt_id in (from touched)
