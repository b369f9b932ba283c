-- What each column means, where 0001 left it unsaid.

comment on column migrations.number is 'Order in which they are applied.';
comment on column migrations.name is 'Of the script, without .sql.';
comment on column migrations.sha256 is 'Of the script''s text.';
comment on column migrations.applied is 'When.';

comment on column marts.name is 'Of the relation.';
comment on column marts.sha256 is 'Of the script''s text.';

comment on column runs.run_id is 'Hash of the stage and of what its recipe says.';
comment on column runs.stage is 'prompts | generate | verify | filter | dataset | sft | eval and so on.';
comment on column runs.code_version is 'Of distill, when it last began.';
comment on column runs.host is 'Machine on which it last began.';

comment on column problems.problem_id is 'Hash of the canonical text.';
comment on column problems.text is 'As sources give it, line ends and blanks made canonical.';

comment on column prompts.prompt_id is 'Hash of messages.';
comment on column prompts.problem_id is 'What it asks.';

comment on column problem_sources.problem_id is 'What the source holds.';
comment on column problem_sources.source is 'Name of the source in the recipe.';
comment on column problem_sources.licence is 'Of the source, as SPDX names it.';
comment on column problem_sources.meta is 'What else the source says of the row.';

comment on column golds.problem_id is 'What it is the reference for.';
comment on column golds.verifier is 'Who can read it.';

comment on column run_prompts.run_id is 'The prompts run.';
comment on column run_prompts.prompt_id is 'What it chose.';
comment on column run_prompts.position is 'Order, from 0.';

comment on column models.model_id is 'Hash of weights_id, dtype, quantisation, KV-cache dtype and chat template.';
comment on column models.weights_id is 'Commit of a Hub revision, hash of the files, or name and revision of a hosted model.';
comment on column models.name is 'For people.';
comment on column models.revision is 'As the recipe gave it; null where it gave none.';
comment on column models.licence is 'Of the weights; unverified where it was not seen.';
comment on column models.dtype is 'Of the weights as served; null where a server did not say.';
comment on column models.quantisation is 'Null: none, or not said.';
comment on column models.kv_cache_dtype is 'Null: the server''s default.';
comment on column models.chat_template_hash is 'SHA-256 of the template; null where a server keeps it to itself.';

comment on column samplings.sampling_id is 'Hash of fields.';
comment on column samplings.fields is 'Every request field that can change a response.';

comment on column attempts.attempt_id is 'Hash of prompt_id, model_id, sampling_id, stream and sample_index.';
comment on column attempts.prompt_id is 'What was asked.';
comment on column attempts.model_id is 'Who answered.';
comment on column attempts.sampling_id is 'How it was sampled; null where others made the trace and did not say.';
comment on column attempts.text is 'Reasoning followed by content, as received.';
comment on column attempts.reasoning_end is 'First code point after the reasoning.';
comment on column attempts.answer_begin is 'First code point of the answer.';
comment on column attempts.answer_end is 'First code point after the answer.';
comment on column attempts.prompt_tokens is 'As the server counted; null where it did not.';
comment on column attempts.completion_tokens is 'Reasoning included, as the server counted; null where it did not.';
comment on column attempts.finish_reason is 'In the server''s words.';
comment on column attempts.server is 'Which endpoint answered.';
comment on column attempts.started is 'When the request that was answered was sent.';
comment on column attempts.finished is 'When its response was whole.';

comment on column failures.attempt_id is 'Key of the attempt that it would have become.';
comment on column failures.prompt_id is 'What was asked.';
comment on column failures.model_id is 'Who was asked.';
comment on column failures.sampling_id is 'How it was to be sampled.';
comment on column failures.stream is 'As of attempts.';
comment on column failures.sample_index is 'Which sample of the prompt, from 0.';
comment on column failures.run_id is 'Who asked.';
comment on column failures.message is 'What the server or the network said.';
comment on column failures.num_tries is 'Requests that were sent.';
comment on column failures.recorded is 'When it was given up.';

comment on column run_attempts.run_id is 'Who asked.';
comment on column run_attempts.attempt_id is 'For which attempt, which need not be there yet.';

comment on column verdicts.attempt_id is 'What was checked.';
comment on column verdicts.verifier is 'By which kind of check.';
comment on column verdicts.verifier_version is 'By which version of its code.';
comment on column verdicts.gold_version is 'Against which reference.';
comment on column verdicts.reason is 'Why, in a few words.';
comment on column verdicts.milliseconds is 'Time that the check took.';
comment on column verdicts.judge_attempt_id is 'The answer of the model that judged; null where none did.';
comment on column verdicts.recorded is 'When.';

comment on column problem_filter_results.problem_id is 'What was ruled on.';
comment on column problem_filter_results.filter is 'Name of the rule.';
comment on column problem_filter_results.version is 'Of the rule''s code.';
comment on column problem_filter_results.config_hash is 'Hash of the rule''s settings.';
comment on column problem_filter_results.keep is 'Whether it passes.';
comment on column problem_filter_results.reason is 'Why, in a few words.';
comment on column problem_filter_results.score is 'What the rule measured, in its own unit; null where it measures nothing.';

comment on column filter_results.attempt_id is 'What was ruled on.';
comment on column filter_results.filter is 'Name of the rule.';
comment on column filter_results.version is 'Of the rule''s code.';
comment on column filter_results.keep is 'Whether it passes.';
comment on column filter_results.reason is 'Why, in a few words.';

comment on column run_filters.run_id is 'The filter run.';
comment on column run_filters.position is 'Order, from 0.';
comment on column run_filters.filter is 'Name of the rule.';
comment on column run_filters.version is 'Of the rule''s code, at the last session.';
comment on column run_filters.config_hash is 'Hash of the rule''s settings.';

comment on column run_verifiers.run_id is 'The run that checked.';
comment on column run_verifiers.position is 'Order, from 0.';
comment on column run_verifiers.verifier is 'Name of the kind of check.';
comment on column run_verifiers.version is 'Of its code, at the last session.';
comment on column run_verifiers.config_hash is 'Hash of its settings.';

comment on column datasets.dataset_id is 'Hash of its ordered items.';
comment on column datasets.num_items is 'Training and validation together.';
comment on column datasets.created is 'When it was first chosen.';

comment on column dataset_items.dataset_id is 'The training set.';
comment on column dataset_items.position is 'Order, from 0.';
comment on column dataset_items.attempt_id is 'The trace.';
comment on column dataset_items.split is 'train | validation.';

comment on column dataset_arms.dataset_id is 'What was chosen.';
comment on column dataset_arms.arm is 'Name of the selection in the recipe.';
comment on column dataset_arms.selection_hash is 'Hash of selection and of the versions of verifiers and filters behind it.';
comment on column dataset_arms.run_id is 'The dataset run.';
comment on column dataset_arms.selection is 'Settings of the arm, and those versions.';

comment on column checkpoints.weights_id is 'Hash of the files.';
comment on column checkpoints.base_weights_id is 'What it was trained from.';
comment on column checkpoints.dataset_id is 'What it was trained on.';
comment on column checkpoints.run_id is 'The sft run.';
comment on column checkpoints.metrics is 'Losses, tokens, seconds and what else the trainer measured.';
comment on column checkpoints.created is 'When training ended.';

comment on column evaluations.evaluation_id is 'Hash of the other columns, the text of the wording and the stream.';
comment on column evaluations.model_id is 'Who answers.';
comment on column evaluations.benchmark is 'Name of the benchmark; rg/<family> for reasoning-gym.';
comment on column evaluations.wording is 'Name in the recipe of how its problems are asked.';
comment on column evaluations.sampling_id is 'How it is sampled.';

comment on column evaluation_roles.run_id is 'The eval run.';
comment on column evaluation_roles.evaluation_id is 'One of its evaluations.';
comment on column evaluation_roles.role is 'teacher | base | student.';
comment on column evaluation_roles.student is 'Name of the student in the recipe; null for the teacher.';

comment on column evaluation_items.evaluation_id is 'The evaluation.';
comment on column evaluation_items.problem_id is 'A problem of its benchmark.';
comment on column evaluation_items.attempt_id is 'One of the k responses to it.';

comment on column evaluation_scores.evaluation_id is 'What is scored.';
comment on column evaluation_scores.verifiers is 'Names and versions of those that decided.';
comment on column evaluation_scores.method is 'How intervals were made: level, resamples, seed.';
comment on column evaluation_scores.num_problems is 'Problems of the benchmark.';
comment on column evaluation_scores.pass_at_1 is 'Mean over problems of the share of correct responses, 0 to 1.';
comment on column evaluation_scores.ci_low is 'Lower end of the interval of pass_at_1, by bootstrap over problems.';
comment on column evaluation_scores.ci_high is 'Upper end of it.';
comment on column evaluation_scores.num_undecided is 'Responses that no verifier decided; they count as not correct.';
comment on column evaluation_scores.num_truncated is 'Responses that reached max_tokens; they count as they were judged.';
comment on column evaluation_scores.mean_completion_tokens is 'Tokens a response, reasoning included.';
comment on column evaluation_scores.recorded is 'When it was computed.';

comment on column overall_scores.run_id is 'The eval run.';
comment on column overall_scores.model_id is 'Who is scored.';
comment on column overall_scores.role is 'teacher | base | student.';
comment on column overall_scores.student is 'Name of the student in the recipe; null for the teacher.';
comment on column overall_scores.k is 'Responses a problem; null where benchmarks differ.';
comment on column overall_scores.method is 'How intervals were made: level, resamples, seed.';
comment on column overall_scores.num_problems is 'Of all benchmarks together.';
comment on column overall_scores.pass_at_1 is 'Unweighted mean over benchmarks, 0 to 1.';
comment on column overall_scores.ci_low is 'Lower end of the interval of pass_at_1, by bootstrap stratified by benchmark.';
comment on column overall_scores.ci_high is 'Upper end of it.';
comment on column overall_scores.num_undecided is 'Responses that no verifier decided; they count as not correct.';
comment on column overall_scores.num_truncated is 'Responses that reached max_tokens; they count as they were judged.';
comment on column overall_scores.mean_completion_tokens is 'Tokens a response, reasoning included.';
comment on column overall_scores.recorded is 'When it was computed.';

comment on column comparisons.run_id is 'The eval run.';
comment on column comparisons.student is 'Name of the student in the recipe.';
comment on column comparisons.student_model_id is 'The student.';
comment on column comparisons.base_model_id is 'What it was trained from; null where it was not evaluated.';
comment on column comparisons.teacher_model_id is 'The teacher; null where it was not evaluated.';
comment on column comparisons.benchmark is 'Name of the benchmark, or overall.';
comment on column comparisons.method is 'How intervals and p-values were made: level, resamples, seed.';
comment on column comparisons.num_problems is 'Problems that all compared models answered.';
comment on column comparisons.k is 'Responses a problem; null where they differ.';
comment on column comparisons.student_pass_at_1 is 'Mean over problems of the share of correct responses, 0 to 1.';
comment on column comparisons.base_pass_at_1 is 'The base''s.';
comment on column comparisons.teacher_pass_at_1 is 'The teacher''s.';
comment on column comparisons.gain_low is 'Lower end of the interval of gain.';
comment on column comparisons.gain_high is 'Upper end of it.';
comment on column comparisons.difference_low is 'Lower end of the interval of difference.';
comment on column comparisons.difference_high is 'Upper end of it.';
comment on column comparisons.p_value is 'Of difference.';
comment on column comparisons.recovered_low is 'Lower end of the interval of recovered.';
comment on column comparisons.recovered_high is 'Upper end of it.';
comment on column comparisons.recorded is 'When it was computed.';

comment on column tries.prompt_id is 'What was asked.';
comment on column tries.model_id is 'Who was asked.';
comment on column tries.sampling_id is 'How it was to be sampled.';
comment on column tries.stream is 'As of attempts.';
comment on column tries.sample_index is 'Which sample of the prompt, from 0.';
comment on column tries.message is 'What the server or the network said.';
comment on column tries.server is 'Which endpoint was asked.';
comment on column tries.started is 'When the request was sent.';
comment on column tries.prompt_tokens is 'Paid for nothing; null where the server did not say.';

comment on column sampling_sessions.run_id is 'Who asked.';
comment on column sampling_sessions.model_id is 'Who was asked.';
comment on column sampling_sessions.started is 'When its first request was sent.';
