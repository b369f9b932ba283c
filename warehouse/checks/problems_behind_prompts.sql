-- Prompts, sources and golds of problems that are not there.
select 'prompts' as relation, problem_id from prompts anti join problems using (problem_id)
union all
select 'problem_sources', problem_id from problem_sources anti join problems using (problem_id)
union all
select 'golds', problem_id from golds anti join problems using (problem_id)
union all
select 'problem_filter_results', problem_id from problem_filter_results anti join problems using (problem_id)
