-- Verdicts, filter results and evaluation items of attempts that are not there.
select 'verdicts' as relation, attempt_id from verdicts anti join attempts using (attempt_id)
union all
select 'filter_results', attempt_id from filter_results anti join attempts using (attempt_id)
union all
select 'text_keys', attempt_id from text_keys anti join attempts using (attempt_id)
union all
select 'evaluation_items', attempt_id from evaluation_items anti join attempts using (attempt_id)
