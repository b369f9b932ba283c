create view cost as
with
    sessions as (
        select
            run_id,
            model_id,
            min(started) as started,
            sum(seconds) as seconds,
            case when count(num_gpus) = count(*) then sum(seconds * num_gpus) end as gpu_seconds,
            arg_max(currency, started) as currency,
            arg_max(input_per_million, started) as input_per_million,
            arg_max(output_per_million, started) as output_per_million,
            arg_max(gpu_hour, started) as gpu_hour
        from sampling_sessions
        group by run_id, model_id
    ),
    continued as (
        select parent_attempt_id as attempt_id
        from attempts
        where parent_attempt_id is not null
    ),
    answered as (
        select
            attempts.run_id,
            attempts.model_id,
            count(*) as num_responses,
            count(*) filter (where states.decision = 'correct' and states.keep is not false) as num_accepted,
            sum(attempts.prompt_tokens) as prompt_tokens,
            sum(attempts.completion_tokens) as completion_tokens,
            sum(attempts.completion_tokens) filter (where attempts.outcome = 'length' and continued.attempt_id is null)
                as truncated_tokens,
            sum(attempts.completion_tokens) filter (
                where attempts.outcome <> 'length' and (states.decision = 'wrong' or states.keep is false)
            ) as rejected_tokens
        from attempts
        join attempt_states as states using (attempt_id)
        left join continued using (attempt_id)
        where attempts.run_id is not null
        group by attempts.run_id, attempts.model_id
    ),
    wasted as (
        select
            tries.run_id,
            tries.model_id,
            sum(tries.prompt_tokens) as prompt_tokens,
            sum(tries.completion_tokens) as completion_tokens,
            sum(tries.completion_tokens) filter (where attempts.attempt_id is null) as failed_tokens,
            sum(tries.completion_tokens) filter (where attempts.attempt_id is not null) as reasked_tokens,
            count(*) filter (where tries.completion_tokens is null and tries.cause not like 'http-4%') as num_untold
        from tries
        left join attempts using (attempt_id)
        group by tries.run_id, tries.model_id
    ),
    gains as (
        select recipe_runs.recipe_id, 100 * avg(compared.gain) as points
        from student_vs_teacher as compared
        join recipe_runs using (run_id)
        where compared.benchmark = 'overall'
        group by recipe_runs.recipe_id
    ),
    sums as (
        select
            run_id,
            model_id,
            coalesce(answered.num_responses, 0) as num_responses,
            coalesce(answered.num_accepted, 0) as num_accepted,
            cast(coalesce(answered.prompt_tokens, 0) + coalesce(wasted.prompt_tokens, 0) as bigint) as prompt_tokens,
            cast(coalesce(answered.completion_tokens, 0) + coalesce(wasted.completion_tokens, 0) as bigint)
                as completion_tokens,
            cast(coalesce(wasted.failed_tokens, 0) as bigint) as failed_tokens,
            cast(coalesce(wasted.reasked_tokens, 0) as bigint) as reasked_tokens,
            cast(coalesce(answered.truncated_tokens, 0) as bigint) as truncated_tokens,
            cast(coalesce(answered.rejected_tokens, 0) as bigint) as rejected_tokens,
            coalesce(wasted.num_untold, 0) as num_untold
        from answered
        full join wasted using (run_id, model_id)
    ),
    priced as (
        select
            sums.*,
            sessions.* exclude (run_id, model_id),
            case
                when coalesce(sessions.input_per_million, sessions.output_per_million, sessions.gpu_hour) is not null
                    then (
                        sums.prompt_tokens * coalesce(sessions.input_per_million, 0)
                        + sums.completion_tokens * coalesce(sessions.output_per_million, 0)
                    ) / 1e6
                    + case when sessions.gpu_hour is null then 0 else sessions.gpu_seconds / 3600 * sessions.gpu_hour end
            end as cost
        from sums
        left join sessions using (run_id, model_id)
    )
select
    priced.run_id,
    recipe_runs.recipe,
    recipe_runs.stage,
    models.name as model,
    priced.model_id,
    priced.started,
    priced.num_responses,
    priced.num_accepted,
    priced.prompt_tokens,
    priced.completion_tokens,
    priced.failed_tokens,
    priced.reasked_tokens,
    priced.truncated_tokens,
    priced.rejected_tokens,
    priced.num_untold,
    priced.seconds,
    priced.gpu_seconds,
    priced.currency,
    priced.cost,
    priced.cost / nullif(priced.num_accepted, 0) as cost_per_accepted,
    priced.completion_tokens / nullif(priced.num_accepted, 0) as tokens_per_accepted,
    case when recipe_runs.stage = 'generate' then gains.points end as points,
    case when recipe_runs.stage = 'generate' and gains.points > 0 then priced.cost / gains.points end as cost_per_point,
    case when recipe_runs.stage = 'generate' and gains.points > 0 then priced.completion_tokens / gains.points end
        as tokens_per_point
from priced
join recipe_runs using (run_id)
left join models using (model_id)
left join gains using (recipe_id)
order by recipe_runs.started, priced.run_id, model;
comment on view cost is 'One row a run and a model that it paid for [run_id, model_id]: tokens, GPU-seconds and money of what this run asked for itself; what it found from other runs stands with those. Waste is part of the totals. Money is in currency.';
comment on column cost.model is 'Name of the model that was asked.';
comment on column cost.model_id is 'The model that was asked.';
comment on column cost.started is 'When it first asked.';
comment on column cost.num_responses is 'Responses that were kept.';
comment on column cost.num_accepted is 'Of those, correct and dropped by no filter.';
comment on column cost.prompt_tokens is 'All prompt tokens that servers told of, waste included.';
comment on column cost.completion_tokens is 'All completion tokens that servers told of, waste included.';
comment on column cost.failed_tokens is 'Completion tokens of bodies that were no response, where none came later.';
comment on column cost.reasked_tokens is 'Completion tokens of bodies that were no response, where one came later.';
comment on column cost.truncated_tokens is 'Completion tokens of responses that reached the token limit and were not continued.';
comment on column cost.rejected_tokens is 'Completion tokens of whole responses that were wrong, or dropped by a filter.';
comment on column cost.num_untold is 'Requests that may have been paid and brought nothing, of which no server said how many tokens: timed out, broken off, or in flight when the client ended.';
comment on column cost.seconds is 'In which it asked, all sessions together.';
comment on column cost.gpu_seconds is 'Seconds times GPUs that served it; null where it does not know its GPUs.';
comment on column cost.cost is 'prompt and completion tokens and GPU-hours at the recipe''s prices; null where it names none.';
comment on column cost.cost_per_accepted is 'Cost of one accepted trace, waste included.';
comment on column cost.tokens_per_accepted is 'Completion tokens of one accepted trace, waste included.';
comment on column cost.points is 'Of generate runs: what the recipe''s students gained over their bases in overall pass@1, in percentage points, their mean; null where they are not evaluated.';
comment on column cost.cost_per_point is 'Cost of one such point; null where nothing was gained.';
comment on column cost.tokens_per_point is 'Completion tokens of one such point; null where nothing was gained.';
