create table attempt_states as
with
    listings as (
        select recipe_id, run_id, (started, run_id) as age
        from recipe_runs
        semi join run_verifiers using (run_id)
        qualify row_number() over (partition by recipe_id order by age desc) = 1
    ),
    filterings as (
        select recipe_id, run_id, (started, run_id) as age
        from recipe_runs
        where stage = 'filter'
        qualify row_number() over (partition by recipe_id order by age desc) = 1
    ),
    asked as (
        select
            run_attempts.attempt_id,
            arg_max(listings.run_id, listings.age) as verify_run_id,
            arg_max(filterings.run_id, filterings.age) filter (where recipe_runs.stage <> 'eval') as filter_run_id
        from run_attempts
        semi join touched using (attempt_id)
        join recipe_runs using (run_id)
        left join listings using (recipe_id)
        left join filterings using (recipe_id)
        group by run_attempts.attempt_id
    ),
    checked as (
        select
            verdicts.*,
            run_verifiers.position,
            verdicts.verifier_version is not distinct from run_verifiers.version
                and verdicts.config_hash is not distinct from run_verifiers.config_hash as is_listed
        from verdicts
        semi join touched using (attempt_id)
        left join asked using (attempt_id)
        left join run_verifiers
            on run_verifiers.verifier = verdicts.verifier
            and run_verifiers.run_id = asked.verify_run_id
    ),
    newest as (
        from checked
        qualify row_number() over (
            partition by attempt_id, verifier
            order by gold_version desc, is_listed desc, recorded desc, verifier_version desc, config_hash
        ) = 1
    ),
    chosen as (
        from newest
        qualify row_number() over (
            partition by attempt_id order by decision = 'undecided', position nulls last, verifier
        ) = 1
    ),
    by_verifier as (
        select attempt_id, list({verifier: verifier, decision: decision} order by verifier) as decisions
        from newest
        group by attempt_id
    ),
    rules as (
        select run_id, count(*) as num_rules
        from run_filters
        group by run_id
    ),
    filtered as (
        select
            asked.attempt_id,
            asked.filter_run_id,
            case
                when filter_outcomes.dropped > 0 then false
                when coalesce(bit_count(filter_outcomes.judged), 0) = coalesce(rules.num_rules, 0) then true
            end as keep,
            coalesce(filter_outcomes.failed_filters, []) as failed_filters
        from asked
        left join rules on rules.run_id = asked.filter_run_id
        left join filter_outcomes
            on filter_outcomes.attempt_id = asked.attempt_id and filter_outcomes.run_id = asked.filter_run_id
        where asked.filter_run_id is not null
    ),
    responses as (
        from full_traces
        semi join touched using (attempt_id)
    ),
    continued as (
        select distinct parent_attempt_id as attempt_id
        from attempts
        where parent_attempt_id is not null
    ),
    asked_prompts as (
        from prompts
        semi join responses using (prompt_id)
    ),
    origins as (
        select problem_id, arg_min({source: source, domain: domain}, (source, source_row)) as first
        from problem_sources
        semi join asked_prompts using (problem_id)
        group by problem_id
    )
select
    responses.attempt_id,
    responses.stream,
    regexp_matches(responses.stream, '^(datagen|import)(/|$)') and continued.attempt_id is null as is_trace,
    asked_prompts.problem_id,
    origins.first.source,
    origins.first.domain,
    responses.model_id,
    responses.sampling_id,
    responses.outcome,
    responses.completion_tokens,
    responses.stopping_rule,
    chosen.decision,
    chosen.score,
    chosen.reason,
    chosen.extracted,
    chosen.verifier,
    chosen.verifier_version,
    chosen.config_hash,
    chosen.gold_version,
    chosen.milliseconds,
    chosen.judge_attempt_id,
    chosen.recorded,
    coalesce(by_verifier.decisions, []) as decisions,
    filtered.filter_run_id,
    filtered.keep,
    coalesce(filtered.failed_filters, []) as failed_filters
from responses
left join continued on continued.attempt_id = responses.attempt_id
left join asked_prompts using (prompt_id)
left join origins on origins.problem_id = asked_prompts.problem_id
left join chosen on chosen.attempt_id = responses.attempt_id
left join by_verifier on by_verifier.attempt_id = responses.attempt_id
left join filtered on filtered.attempt_id = responses.attempt_id;
comment on table attempt_states is 'One row an attempt [attempt_id] with what is known of it now: where its problem is from, the verdict that counts, what the filters say; derived from the facts, kept up by every insert, and what marts that count read.';
comment on column attempt_states.is_trace is 'Made (stream datagen) or imported (stream import) to train on, not an answer of an evaluation, nor a truncated one that another attempt continues.';
comment on column attempt_states.problem_id is 'What its prompt asks.';
comment on column attempt_states.source is 'Of problems that several sources hold, the first by name.';
comment on column attempt_states.domain is 'math | code | stem | logic | general, as that source says.';
comment on column attempt_states.decision is 'correct | wrong | undecided; null: unchecked.';
comment on column attempt_states.score is '0 to 1; null where the verifier gives none.';
comment on column attempt_states.verifier is 'Whose verdict counts.';
comment on column attempt_states.decisions is 'What each verifier that checked it decided, at its newest gold and version, by name.';
comment on column attempt_states.filter_run_id is 'The newest filter run on a recipe that asked for it; null where there is none.';
comment on column attempt_states.keep is 'Whether it passes every rule of that run; null while a rule has not judged it and none has dropped it.';
comment on column attempt_states.failed_filters is 'The rules of that run that dropped it, in order.';
