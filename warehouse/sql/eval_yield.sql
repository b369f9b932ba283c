-- Yield by source of the traces that one run asked for; of problems that several sources hold, the first by name.
select
    traces.source,
    count(*) as num_traces,
    count(*) filter (where traces.verdict = 'correct') as num_correct,
    count(*) filter (where traces.verdict = 'wrong') as num_wrong,
    count(*) filter (where coalesce(traces.verdict, 'undecided') = 'undecided') as num_undecided,
    count(*) filter (where traces.outcome = 'length') as num_truncated,
    count(*) filter (where traces.keep) as num_kept,
    count(*) filter (where traces.keep and traces.verdict = 'correct') as num_accepted,
    avg(traces.completion_tokens) as mean_completion_tokens
from traces
semi join (from run_attempts where run_id = $run_id) as asked using (attempt_id)
group by traces.source
order by traces.source
