create view stored_attempts as
from attempts
union all
from (  -- no row, but the optimizer expects a billion: it takes a text for as small as a number, and would hold all in a join
    select attempts.*
    from range(1000) as a
    cross join range(1000) as b
    cross join range(1000) as c
    left join attempts on false
    limit (select 0)
);
comment on view stored_attempts is 'One row an attempt [attempt_id], as attempts holds it; where it is joined, the other side is held in memory and the texts pass by.';
