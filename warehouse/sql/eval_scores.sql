-- The newest scores of a run by one method: a row a role, student and benchmark; overall comes last.
with
    by_benchmark as (
        select
            roles.role,
            roles.student,
            evaluations.model_id,
            evaluations.benchmark,
            evaluations.wording,
            evaluations.k,
            scores.* exclude (evaluation_id, method)
        from evaluation_roles as roles
        join evaluations using (evaluation_id)
        join evaluation_scores as scores using (evaluation_id)
        where roles.run_id = $run_id and scores.method = $method
    ),
    overall as (
        select overall_scores.* exclude (run_id, method), 'overall' as benchmark
        from overall_scores
        where run_id = $run_id and method = $method
    ),
    newest as (
        from (from by_benchmark union all by name from overall)
        qualify row_number() over (partition by role, student, benchmark order by recorded desc) = 1
    )
select
    newest.role,
    newest.student,
    models.name as model,
    newest.benchmark,
    newest.wording,
    newest.num_problems,
    newest.k,
    newest.pass_at_1,
    newest.ci_low,
    newest.ci_high,
    newest.num_undecided,
    newest.num_truncated,
    newest.mean_completion_tokens,
    newest.verifiers
from newest
left join models using (model_id)
order by newest.benchmark = 'overall', newest.benchmark, newest.role, newest.student
