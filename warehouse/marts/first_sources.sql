create view first_sources as
select problem_id, source, source_row, domain, licence, revision, meta
from problem_sources
qualify row_number() over (partition by problem_id order by source, source_row) = 1;
comment on view first_sources is 'One row a problem that a source holds [problem_id]: of several sources the first by name, so that counts by source add up.';
