create view student_vs_teacher as
with
    newest as (
        from comparisons
        qualify row_number() over (
            partition by run_id, student, benchmark order by recorded desc, method
        ) = 1
    )
select
    run_id,
    runs.recipe->>'name' as recipe,
    student,
    bases.name as base,
    teachers.name as teacher,
    benchmark,
    num_problems,
    k,
    student_pass_at_1,
    base_pass_at_1,
    teacher_pass_at_1,
    gain,
    gain_low,
    gain_high,
    difference,
    difference_low,
    difference_high,
    p_value,
    recovered,
    recovered_low,
    recovered_high
from newest
join runs using (run_id)
left join models as bases on bases.model_id = newest.base_model_id
left join models as teachers on teachers.model_id = newest.teacher_model_id
order by runs.started, run_id, student, benchmark = 'overall', benchmark;
comment on view student_vs_teacher is 'One row a student on a benchmark in an evaluation run [run_id, student, benchmark], paired problem by problem with its base and the teacher; benchmark overall is the unweighted mean.';
comment on column student_vs_teacher.gain is 'student - base, in pass@1 (0 to 1).';
comment on column student_vs_teacher.difference is 'student - teacher, in pass@1 (0 to 1).';
comment on column student_vs_teacher.p_value is 'Of the difference to the teacher.';
comment on column student_vs_teacher.recovered is '(student - base) / (teacher - base); null where the interval of teacher - base holds 0.';
comment on column student_vs_teacher.base is 'Name of the base''s model.';
comment on column student_vs_teacher.teacher is 'Name of the teacher''s model.';
