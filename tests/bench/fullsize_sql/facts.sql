-- What a pipeline would have written about the traces: 78% of those with a gold are correct, a judge has checked a tenth of
-- them too, each of six rules drops one in twenty-five, and the accepted ones trained a student that two benchmarks score.
create table runs as
select
    id('run ' || stage) as run_id,
    stage,
    '{"name":"r1-800k"}' as recipe,
    '1' as code_version,
    'host' as host,
    timestamptz '2026-01-01 00:00:00+00' + to_days(cast(day as integer)) as started,
    started + to_hours(20) as finished,
    'finished' as status
from unnest(['prompts', 'generate', 'verify', 'filter', 'dataset', 'sft', 'eval']) with ordinality as stages(stage, day);

create table models as
select id('teacher') as model_id, 'r1' as weights_id, 'DeepSeek-R1' as name, 'MIT' as licence
union all
select id('student'), 'student', 'student-7b', 'MIT';

create table samplings as
select cast(substring(sha256('{"temperature":0.6}'), 1, 32) as uuid) as sampling_id, '{"temperature":0.6}' as fields;

create table asked as
select problem, domain, id(problem) as problem_id, prompt(problem) as prompt_id, min(number) as number
from notes
group by problem, domain;

create table problems as select problem_id, problem as text from asked;
create table prompts as select prompt_id, messages(problem) as messages, problem_id, 'plain' as wording from asked;
create table run_prompts as select id('run prompts') as run_id, prompt_id, number as position from asked;
create table problem_sources as
select
    problem_id,
    domain || '-source-' || hash(problem) % 3 as source,
    cast(number as varchar) as source_row,
    domain,
    'MIT' as licence,
    '1' as revision
from asked;
create table golds as
select problem_id, 'math' as verifier, 1 as gold_version, '"42"' as gold, 'source' as origin
from asked
where domain <> 'general';

create table run_attempts as select id('run generate') as run_id, id('attempt ' || number) as attempt_id from notes;
create table run_verifiers as
select id('run verify') as run_id, position - 1 as position, verifier, '1' as version, id('config') as config_hash
from unnest(['math', 'judge']) with ordinality as verifiers(verifier, position);
create table verdicts as
select
    id('attempt ' || number) as attempt_id,
    verifier,
    '1' as verifier_version,
    id('config') as config_hash,
    1 as gold_version,
    case when hash(number, verifier) % 100 < 78 then 'correct' when hash(number, verifier) % 100 < 97 then 'wrong' else 'undecided' end
        as decision,
    'compared' as reason,
    '42' as extracted,
    1.5 as milliseconds,
    timestamptz '2026-01-03 00:00:00+00' as recorded
from notes, unnest(['math', 'judge']) as verifiers(verifier)
where domain <> 'general' and (verifier = 'math' or hash(number) % 10 = 0)
order by number;

create table run_filters as
select id('run filter') as run_id, position as position, 'rule-' || position as filter, '1' as version, id('config') as config_hash
from range(6) as rules(position);
create table filter_results as
select
    id('attempt ' || number) as attempt_id,
    filter,
    version,
    config_hash,
    hash(number, position) % 25 > 0 as keep,
    if(keep, '', 'too much of it') as reason,
    0.5 as score
from notes, run_filters
order by number;

create table accepted as
select number, row_number() over (order by number) - 1 as position, problem
from notes
where hash(number, 'math') % 100 < 78;
create table datasets as
select id('dataset') as dataset_id, count(*) as num_items, timestamptz '2026-01-05 00:00:00+00' as created from accepted;
create table dataset_items as
select
    id('dataset') as dataset_id,
    position,
    id('attempt ' || number) as attempt_id,
    prompt(problem) as training_prompt_id,
    if(hash(problem) % 100 = 0, 'validation', 'train') as split,
    1.0 as weight
from accepted;
create table dataset_arms as
select id('dataset') as dataset_id, 'accepted' as arm, id('selection') as selection_hash, id('run dataset') as run_id, '{}' as selection;
create table checkpoints as
select
    'student' as weights_id,
    'base' as base_weights_id,
    id('dataset') as dataset_id,
    id('run sft') as run_id,
    'seven' as student,
    id('settings') as settings_hash,
    '/models/student' as path,
    '{}' as metrics,
    timestamptz '2026-01-06 00:00:00+00' as created;
create table evaluations as
select
    id(benchmark) as evaluation_id,
    id('student') as model_id,
    benchmark,
    id('content') as content_hash,
    'plain' as wording,
    sampling_id,
    4 as k
from samplings, unnest(['math500', 'aime2024']) as benchmarks(benchmark);
create table evaluation_roles as
select id('run eval') as run_id, evaluation_id, 'student' as role, 'seven' as student from evaluations;
