-- Domain and licence of each of $sources.
select source, any_value(domain) as domain, any_value(licence) as licence
from problem_sources
where source in (select unnest($sources))
group by source
