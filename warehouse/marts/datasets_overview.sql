create view datasets_overview as
with
    contents as (
        select
            dataset_items.dataset_id,
            count(*) filter (where split = 'train') as num_train,
            count(*) filter (where split = 'validation') as num_validation,
            count(distinct problem_id) as num_problems,
            count(*) filter (where decision = 'correct') as num_correct,
            sum(completion_tokens) as completion_tokens,
            avg(completion_tokens) as mean_completion_tokens,
            histogram(domain) as domains,
            histogram(source) as sources
        from dataset_items
        left join attempt_states using (attempt_id)
        group by dataset_items.dataset_id
    ),
    trained as (
        select dataset_id, list(distinct student order by student) as students
        from checkpoints
        group by dataset_id
    )
select
    run_id,
    runs.recipe->>'name' as recipe,
    arm,
    dataset_id,
    selection_hash,
    datasets.created,
    datasets.num_items,
    contents.* exclude (dataset_id),
    coalesce(trained.students, []) as students
from dataset_arms
join runs using (run_id)
join datasets using (dataset_id)
left join contents using (dataset_id)
left join trained using (dataset_id)
order by runs.started, run_id, arm, datasets.created;
comment on view datasets_overview is 'One row a training set that a run chose under the name of an arm [run_id, arm, dataset_id, selection_hash]; counts are traces.';
comment on column datasets_overview.recipe is 'Name of the recipe.';
comment on column datasets_overview.num_train is 'To train on.';
comment on column datasets_overview.num_validation is 'Held out.';
comment on column datasets_overview.num_problems is 'Problems behind them.';
comment on column datasets_overview.num_correct is 'Whose verdict that counts today is correct.';
comment on column datasets_overview.completion_tokens is 'Of all traces together, as servers counted them.';
comment on column datasets_overview.mean_completion_tokens is 'Tokens a trace, where they were counted.';
comment on column datasets_overview.domains is 'Traces by domain.';
comment on column datasets_overview.sources is 'Traces by source; of problems that several sources hold, the first by name.';
comment on column datasets_overview.students is 'Names of the students that were trained on it.';
