-- Where $attempt_id comes from and where it went, a line each: step and words.
with
    this as (
        select
            attempt_id,
            prompt_id,
            model_id,
            sampling_id,
            stream,
            sample_index,
            parent_attempt_id,
            prompts.problem_id,
            prompts.wording
        from attempts
        left join prompts using (prompt_id)
        where attempt_id = $attempt_id
    ),
    lines as (
        select
            1 as step,
            'source' as what,
            concat_ws(', ', source || ' row ' || source_row, domain, licence, 'revision ' || revision) as words
        from this
        join problem_sources using (problem_id)
        union all
        select 2, 'reference', concat(verifier, ' ', gold, ' (version ', gold_version, ', from ', origin, ')')
        from this
        join golds using (problem_id)
        union all
        select
            3,
            'model',
            concat_ws(', ', name, 'revision ' || coalesce(revision, 'unverified'), 'licence ' || licence, dtype, quantisation)
        from this
        join models using (model_id)
        union all
        select 4, 'sampling', cast(json_merge_patch('{}', fields) as varchar)
        from this
        join samplings using (sampling_id)
        union all
        select 5, 'prompt', concat('wording ', wording, ', sample ', sample_index, ' of stream ', stream)
        from this
        union all
        select 6, 'continues', cast(parent_attempt_id as varchar)
        from this
        where parent_attempt_id is not null
        union all
        select 7, 'asked by', concat(stage, ' of ', recipe, ', ', strftime(started, '%Y-%m-%d %H:%M'), ' UTC, run ', run_id)
        from this
        join run_attempts using (attempt_id)
        join recipe_runs using (run_id)
        union all
        select distinct
            8,
            'trained on',
            concat('arm ', arm, ', ', split, ', position ', position, ' of ', num_items, ', data set ', dataset_id)
        from this
        join dataset_items using (attempt_id)
        join datasets using (dataset_id)
        join dataset_arms using (dataset_id)
        union all
        select distinct 9, 'student', concat(student, ' (', weights_id, ')')
        from this
        join dataset_items using (attempt_id)
        join checkpoints using (dataset_id)
        union all
        select distinct 10, 'scored in', concat(benchmark, ', evaluation ', evaluation_id)
        from this
        join evaluation_items using (attempt_id)
        join evaluations using (evaluation_id)
    )
select what, words
from lines
order by step, words
