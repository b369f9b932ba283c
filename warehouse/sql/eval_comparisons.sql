-- The newest comparisons of a run by one method.
select
    student,
    benchmark,
    student_model_id,
    base_model_id,
    teacher_model_id,
    num_problems,
    k,
    student_pass_at_1,
    base_pass_at_1,
    teacher_pass_at_1,
    gain,
    gain_low,
    gain_high,
    gain_p_value,
    difference,
    difference_low,
    difference_high,
    p_value,
    recovered,
    recovered_low,
    recovered_high
from comparisons
where run_id = $run_id and method = $method
qualify row_number() over (partition by student, benchmark order by recorded desc) = 1
order by student, benchmark = 'overall', benchmark
