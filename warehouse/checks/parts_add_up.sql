-- Rows of marts whose parts do not add up to the whole, or are larger than it.
select 'yield_by_source' as mart, source || ' ' || model as what
from yield_by_source
where num_correct + num_wrong + num_undecided + num_unchecked <> num_traces
    or not (num_accepted <= num_kept and num_kept <= num_traces and num_accepted <= num_correct)
union all
select 'pass_rate_by_problem', cast(problem_id as varchar)
from pass_rate_by_problem
where num_correct + num_wrong + num_undecided + num_unchecked <> num_samples
union all
select 'filter_waterfall', recipe || ' ' || filter
from filter_waterfall
where not (num_dropped_only <= num_dropped_first and num_dropped_first <= num_dropped and num_dropped <= num_seen)
union all
select 'filter_waterfall', recipe
from filter_waterfall
group by recipe, run_id
having sum(num_dropped_first)
    <> (select count(*) from filter_outcomes where dropped > 0 and filter_outcomes.run_id = filter_waterfall.run_id)
union all
select 'filter_overlap', filter || ' ' || other_filter
from filter_overlap
where num_dropped_by_both > num_dropped
union all
select 'verifier_disagreement', verifier || ' ' || other
from verifier_disagreement
where num_agreed + num_only_correct + num_only_other_correct + num_only_undecided + num_only_other_undecided <> num_traces
union all
select 'failures_by_cause', cause
from failures_by_cause
where not (num_answered_later <= num_requests and num_requests <= num_tries)
union all
select 'cost', cast(run_id as varchar)
from cost
where num_accepted > num_responses
    or failed_tokens + reasked_tokens + truncated_tokens + rejected_tokens > completion_tokens
union all
select 'datasets_overview', cast(dataset_id as varchar)
from datasets_overview
where num_problems > num_train + num_validation or num_correct > num_train + num_validation
