-- Did the students gain over their base, and how surely?
select
    recipe,
    student,
    benchmark,
    num_problems,
    round(100 * base_pass_at_1, 1) as base,
    round(100 * student_pass_at_1, 1) as student_now,
    round(100 * teacher_pass_at_1, 1) as teacher,
    round(100 * gain, 1) as gain,
    round(100 * gain_low, 1) as gain_low,
    round(100 * gain_high, 1) as gain_high,
    round(100 * recovered) as recovered_percent
from student_vs_teacher
