-- Which rows of `incoming` say something else than the newest row of their key ({keys} without {newer}).
with
    batch as (select _row, {columns} from incoming),
    known as (
        from {relation}
        qualify row_number() over (partition by {older_keys} order by {newer} desc) = 1
    )
select min(batch._row) as _row
from batch
anti join known on {same}
group by {keys}
order by _row
