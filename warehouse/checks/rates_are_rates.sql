-- Rates that are none, or that lie outside their interval; gains and differences that are not what they are of.
with
    rates as (
        select 'yield_by_source' as mart, correct_rate as rate, correct_rate_low as low, correct_rate_high as high
        from yield_by_source
        union all
        select 'pass_rate_by_problem', pass_rate, null, null from pass_rate_by_problem
        union all
        select 'verifier_disagreement', agreement, null, null from verifier_disagreement
        union all
        select 'filter_overlap', share, null, null from filter_overlap
        union all
        select 'length_histogram', share, null, share_below from length_histogram
        union all
        select 'scores', pass_at_1, ci_low, ci_high from scores
        union all
        select 'student_vs_teacher', p_value, null, null from student_vs_teacher
    ),
    gains as (
        select gain, gain_low, gain_high, student_pass_at_1 - base_pass_at_1 as expected
        from student_vs_teacher
        union all
        select difference, difference_low, difference_high, student_pass_at_1 - teacher_pass_at_1
        from student_vs_teacher
    )
select mart, rate, low, high
from rates
where not (rate between 0 and 1 + 1e-9 and coalesce(low, 0) - 1e-9 <= rate and rate <= coalesce(high, 1) + 1e-9)
union all
select 'student_vs_teacher', gain, gain_low, gain_high
from gains
where not (gain_low - 1e-9 <= gain and gain <= gain_high + 1e-9) or abs(gain - expected) > 1e-6
