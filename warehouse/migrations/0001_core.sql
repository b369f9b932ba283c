-- The core relations. Facts are only ever added; what can be derived is derived again.
-- Keys stand in brackets in each comment. Primary keys only on small relations; elsewhere the one ingest path keeps keys
-- unique by anti-join, and a data check proves it.

create table runs (
    run_id uuid primary key,
    stage varchar not null,
    recipe json not null,
    code_version varchar not null,
    host varchar not null,
    started timestamptz not null,
    finished timestamptz,
    status varchar not null
);
comment on table runs is 'One row a run [run_id]: one stage on one resolved recipe, its sessions together.';
comment on column runs.recipe is 'The resolved recipe.';
comment on column runs.started is 'Of its first session.';
comment on column runs.finished is 'Of its last session; null while it runs, or where it was killed.';
comment on column runs.status is 'running | finished | failed | interrupted.';

create table problems (
    problem_id uuid not null,
    text varchar not null
);
comment on table problems is 'One row a problem [problem_id = hash of its canonical text].';

create table prompts (
    prompt_id uuid not null,
    messages json not null,
    problem_id uuid not null,
    wording varchar not null
);
comment on table prompts is 'One row a way of asking a problem [prompt_id = hash of its messages].';
comment on column prompts.messages is 'List of {role, content}, as it is sent.';
comment on column prompts.wording is 'Name in the recipe of how the problem is asked.';

create table problem_sources (
    problem_id uuid not null,
    source varchar not null,
    source_row varchar not null,
    domain varchar not null,
    licence varchar not null,
    revision varchar not null,
    meta json
);
comment on table problem_sources is 'Where a problem came from [problem_id, source, source_row]; one problem may have several sources.';
comment on column problem_sources.source_row is 'Which row of the source: a number, or the source''s own id.';
comment on column problem_sources.domain is 'math | code | stem | logic | general.';
comment on column problem_sources.revision is 'Commit or release of the source; unverified where it was not seen.';

create table golds (
    problem_id uuid not null,
    verifier varchar not null,
    gold_version integer not null,
    gold json not null,
    origin varchar not null
);
comment on table golds is 'References by verifier [problem_id, verifier, gold_version]; the newest version counts.';
comment on column golds.gold is 'In the shape that its verifier states.';
comment on column golds.gold_version is 'Counts from 1.';
comment on column golds.origin is 'Where the gold comes from: a source, or who corrected it.';

create table run_prompts (
    run_id uuid not null,
    prompt_id uuid not null,
    position bigint not null
);
comment on table run_prompts is 'Which prompts a prompts run chose, in order [run_id, prompt_id].';

create table models (
    model_id uuid primary key,
    weights_id varchar not null,
    name varchar not null,
    revision varchar,
    licence varchar not null,
    dtype varchar,
    quantisation varchar,
    kv_cache_dtype varchar,
    chat_template_hash varchar
);
comment on table models is 'One row a model as it was served [model_id = hash of weights_id, dtype, quantisation, KV-cache dtype, chat template].';

create table samplings (
    sampling_id uuid primary key,
    fields json not null
);
comment on table samplings is 'Request fields that can change a response [sampling_id = their hash].';

create table attempts (
    attempt_id uuid not null,
    prompt_id uuid not null,
    model_id uuid not null,
    sampling_id uuid,
    stream varchar not null,
    sample_index varchar not null,
    text varchar not null,
    shape varchar not null,
    reasoning_begin integer,
    reasoning_end integer,
    answer_begin integer,
    answer_end integer,
    prompt_tokens integer,
    completion_tokens integer,
    finish_reason varchar,
    outcome varchar not null,
    latency_sec double,
    server varchar,
    started timestamptz,
    finished timestamptz,
    parent_attempt_id uuid,
    stopping_rule json,
    repaired integer not null,
    extra json
);
comment on table attempts is 'One row a response [attempt_id = hash of prompt_id, model_id, sampling_id, stream, sample_index]; text is reasoning followed by content as received.';
comment on column attempts.shape is 'field | tags | open_tag_in_prompt | none: how reasoning and answer were told apart.';
comment on column attempts.sample_index is 'Which sample of the prompt, from 0; of imported traces the hash of their text.';
comment on column attempts.stream is 'Open text: datagen, eval, judge, import, rl; /2 and so on for fresh samples on purpose.';
comment on column attempts.reasoning_begin is 'Offsets count Unicode code points from 0, the end is exclusive; null where there is no such part.';
comment on column attempts.outcome is 'ok | length | refused.';
comment on column attempts.repaired is 'Lone surrogates replaced by U+FFFD.';
comment on column attempts.latency_sec is 'Seconds from the request that was answered to its whole response.';
comment on column attempts.stopping_rule is 'Where the number of samples depended on their verdicts: how; null otherwise.';
comment on column attempts.extra is 'What else the server said of the response.';

create table failures (
    attempt_id uuid not null,
    prompt_id uuid not null,
    model_id uuid not null,
    sampling_id uuid not null,
    stream varchar not null,
    sample_index varchar not null,
    run_id uuid not null,
    cause varchar not null,
    message varchar not null,
    num_tries integer not null,
    completion_tokens_paid integer,
    recorded timestamptz not null
);
comment on table failures is 'Requests that became no attempt [attempt_id, run_id, recorded].';
comment on column failures.cause is 'Short name of what went wrong at the last try.';
comment on column failures.completion_tokens_paid is 'Null where unknown.';

create table run_attempts (
    run_id uuid not null,
    attempt_id uuid not null
);
comment on table run_attempts is 'Which run asked for which attempt, paid for now or found [run_id, attempt_id].';

create table verdicts (
    attempt_id uuid not null,
    verifier varchar not null,
    verifier_version varchar not null,
    config_hash uuid not null,
    gold_version integer not null,
    decision varchar not null,
    score double,
    reason varchar not null,
    extracted varchar,
    milliseconds double not null,
    judge_attempt_id uuid,
    recorded timestamptz not null
);
comment on table verdicts is 'One row a check [attempt_id, verifier, verifier_version, config_hash, gold_version].';
comment on column verdicts.decision is 'correct | wrong | undecided; a crash, a time-out or a broken gold is undecided, never wrong.';
comment on column verdicts.score is '0 to 1, null where the verifier gives none.';
comment on column verdicts.extracted is 'The answer that was found in the text.';
comment on column verdicts.config_hash is 'Hash of the verifier''s settings.';

create table problem_filter_results (
    problem_id uuid not null,
    filter varchar not null,
    version varchar not null,
    config_hash uuid not null,
    keep boolean not null,
    reason varchar not null,
    score double
);
comment on table problem_filter_results is 'One row a rule on a problem [problem_id, filter, version, config_hash].';

create table filter_results (
    attempt_id uuid not null,
    filter varchar not null,
    version varchar not null,
    config_hash uuid not null,
    keep boolean not null,
    reason varchar not null,
    score double
);
comment on table filter_results is 'One row a rule on a trace [attempt_id, filter, version, config_hash]; dropped traces stay.';
comment on column filter_results.score is 'What the rule measured, in its own unit; null where it measures nothing.';
comment on column filter_results.config_hash is 'Hash of the rule''s settings.';

create table run_filters (
    run_id uuid not null,
    position integer not null,
    filter varchar not null,
    version varchar not null,
    config_hash uuid not null
);
comment on table run_filters is 'Which rules a filter run applied, in order [run_id, position].';

create table run_verifiers (
    run_id uuid not null,
    position integer not null,
    verifier varchar not null,
    version varchar not null,
    config_hash uuid not null
);
comment on table run_verifiers is 'Which verifiers a run used, in order: the first that decided counts [run_id, position].';

create table datasets (
    dataset_id uuid primary key,
    num_items bigint not null,
    created timestamptz not null
);
comment on table datasets is 'Training sets [dataset_id = hash of its ordered items].';

create table dataset_items (
    dataset_id uuid not null,
    position bigint not null,
    attempt_id uuid not null,
    training_prompt_id uuid not null,
    split varchar not null,
    weight double not null
);
comment on table dataset_items is 'Traces of a training set [dataset_id, position]; split is train or validation.';
comment on column dataset_items.training_prompt_id is 'The prompt it is trained with, which may be worded otherwise than the one that was answered.';
comment on column dataset_items.weight is 'Of the example in the loss.';

create table dataset_arms (
    dataset_id uuid not null,
    arm varchar not null,
    selection_hash uuid not null,
    run_id uuid not null,
    selection json not null
);
comment on table dataset_arms is 'Which run chose a training set, under which name and settings [run_id, arm, dataset_id, selection_hash]; several runs may choose the same.';

create table checkpoints (
    weights_id varchar primary key,
    base_weights_id varchar not null,
    dataset_id uuid not null,
    run_id uuid not null,
    student varchar not null,
    settings_hash uuid not null,
    path varchar not null,
    metrics json not null,
    created timestamptz not null
);
comment on table checkpoints is 'Trained students [weights_id]; metrics are those of the training run.';
comment on column checkpoints.student is 'Name of the student in the recipe.';
comment on column checkpoints.settings_hash is 'Hash of everything else that the weights depend on.';
comment on column checkpoints.path is 'Folder in which the training run left it.';

create table evaluations (
    evaluation_id uuid primary key,
    model_id uuid not null,
    benchmark varchar not null,
    content_hash uuid not null,
    wording varchar not null,
    sampling_id uuid not null,
    k integer not null
);
comment on table evaluations is 'A model on a benchmark [evaluation_id = hash of the other columns, the text of the wording and the stream].';
comment on column evaluations.content_hash is 'Of the benchmark''s problems.';
comment on column evaluations.k is 'Responses a problem.';

create table evaluation_roles (
    run_id uuid not null,
    evaluation_id uuid not null,
    role varchar not null,
    student varchar
);
comment on table evaluation_roles is 'Which part an evaluation plays in a run [run_id, evaluation_id, role, student]: teacher | base | student; bases and students carry the student''s name.';

create table evaluation_items (
    evaluation_id uuid not null,
    problem_id uuid not null,
    attempt_id uuid not null
);
comment on table evaluation_items is 'The responses of an evaluation [evaluation_id, problem_id, attempt_id].';

create table evaluation_scores (
    evaluation_id uuid not null,
    verifiers varchar not null,
    method varchar not null,
    num_problems integer not null,
    pass_at_1 double,
    ci_low double,
    ci_high double,
    num_undecided integer not null,
    num_truncated integer not null,
    mean_completion_tokens double,
    recorded timestamptz not null
);
comment on table evaluation_scores is 'Scores [evaluation_id, verifiers, method]; rebuildable, the newest counts.';

create table overall_scores (
    run_id uuid not null,
    model_id uuid not null,
    role varchar not null,
    student varchar,
    method varchar not null,
    num_problems integer not null,
    k integer,
    pass_at_1 double,
    ci_low double,
    ci_high double,
    num_undecided integer not null,
    num_truncated integer not null,
    mean_completion_tokens double,
    recorded timestamptz not null
);
comment on table overall_scores is 'Unweighted mean over the benchmarks of a run [run_id, model_id, role, student, method]; rebuildable, the newest counts.';

create table comparisons (
    run_id uuid not null,
    student varchar not null,
    student_model_id uuid not null,
    base_model_id uuid,
    teacher_model_id uuid,
    benchmark varchar not null,
    method varchar not null,
    num_problems integer not null,
    k integer,
    student_pass_at_1 double,
    base_pass_at_1 double,
    teacher_pass_at_1 double,
    gain double,
    gain_low double,
    gain_high double,
    gain_p_value double,
    difference double,
    difference_low double,
    difference_high double,
    p_value double,
    recovered double,
    recovered_low double,
    recovered_high double,
    recorded timestamptz not null
);
comment on table comparisons is 'Student against base and teacher, problem by problem [run_id, student, benchmark, method]; rebuildable, the newest counts.';
comment on column comparisons.gain is 'student - base, in pass@1.';
comment on column comparisons.gain_p_value is 'Of gain.';
comment on column comparisons.difference is 'student - teacher, in pass@1; p_value is of this.';
comment on column comparisons.recovered is '(student - base) / (teacher - base); null when the interval of teacher - base holds 0.';
