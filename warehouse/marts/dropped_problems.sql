create view dropped_problems as
select
    problem_filter_results.problem_id,
    first_sources.source,
    first_sources.domain,
    problems.text as problem,
    problem_filter_results.filter,
    problem_filter_results.version,
    problem_filter_results.config_hash,
    problem_filter_results.reason,
    problem_filter_results.score,
    problem_filter_results.evidence
from problem_filter_results
join problems using (problem_id)
left join first_sources using (problem_id)
where not problem_filter_results.keep;
comment on view dropped_problems is 'One row a ruling that keeps a problem from being asked [problem_id, filter, version, config_hash].';
comment on column dropped_problems.problem is 'Its text.';
comment on column dropped_problems.source is 'Of problems that several sources hold, the first by name.';
