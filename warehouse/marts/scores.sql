create view scores as
with
    roles as (
        select distinct run_id, evaluation_id, role
        from evaluation_roles
    ),
    newest as (
        from evaluation_scores
        qualify row_number() over (
            partition by evaluation_id order by recorded desc, verifiers, method
        ) = 1
    ),
    newest_overall as (
        from overall_scores
        qualify row_number() over (
            partition by run_id, model_id, role order by recorded desc, student, method
        ) = 1
    ),
    by_benchmark as (
        select
            roles.run_id,
            roles.evaluation_id,
            evaluations.model_id,
            roles.role,
            evaluations.benchmark,
            evaluations.k,
            newest.* exclude (evaluation_id, verifiers, method, recorded)
        from roles
        join evaluations using (evaluation_id)
        join newest using (evaluation_id)
    ),
    overall as (
        select
            cast(null as uuid) as evaluation_id,
            'overall' as benchmark,
            newest_overall.* exclude (student, method, recorded)
        from newest_overall
    )
select
    run_id,
    runs.recipe->>'name' as recipe,
    evaluation_id,
    models.name as model,
    role,
    benchmark,
    num_problems,
    k,
    pass_at_1,
    ci_low,
    ci_high,
    num_undecided,
    num_truncated,
    mean_completion_tokens
from (from by_benchmark union all by name from overall)
join runs using (run_id)
left join models using (model_id)
order by runs.started, run_id, benchmark = 'overall', benchmark, role, model;
comment on view scores is 'One row a model in its role on a benchmark in an evaluation run [run_id, evaluation_id, role], and one over all benchmarks (benchmark overall, evaluation_id null).';
comment on column scores.role is 'teacher | base | student, in this run.';
comment on column scores.k is 'Responses a problem; null where the benchmarks of overall differ.';
comment on column scores.pass_at_1 is 'Mean over problems of the share of correct responses, 0 to 1; overall: unweighted mean over benchmarks.';
comment on column scores.ci_low is 'Bootstrap interval over problems, at the recipe''s level of confidence.';
comment on column scores.num_truncated is 'Responses that reached max_tokens; they count as they were judged.';
comment on column scores.model is 'Name of the model that is scored.';
