"""What makes a row unique, for every relation: the one list that inserts and data checks go by.

Identifiers in generated SQL come from here and from the catalogue, never from input.
"""

KEYS: dict[str, tuple[str, ...]] = {
    "runs": ("run_id",),
    "problems": ("problem_id",),
    "prompts": ("prompt_id",),
    "problem_sources": ("problem_id", "source", "source_row"),
    "golds": ("problem_id", "verifier", "gold_version"),
    "run_prompts": ("run_id", "prompt_id"),
    "models": ("model_id",),
    "samplings": ("sampling_id",),
    "attempts": ("attempt_id",),
    "failures": ("attempt_id", "run_id", "recorded"),
    "tries": ("attempt_id", "run_id", "started"),
    "sampling_sessions": ("run_id", "model_id", "started"),
    "run_attempts": ("run_id", "attempt_id"),
    "verdicts": ("attempt_id", "verifier", "verifier_version", "config_hash", "gold_version"),
    "problem_filter_results": ("problem_id", "filter", "version", "config_hash"),
    "text_keys": ("attempt_id", "config_hash"),
    "filter_results": ("attempt_id", "filter", "version", "config_hash"),
    "run_filters": ("run_id", "position"),
    "run_verifiers": ("run_id", "position"),
    "datasets": ("dataset_id",),
    "dataset_items": ("dataset_id", "position"),
    "dataset_arms": ("run_id", "arm", "dataset_id", "selection_hash"),
    "checkpoints": ("weights_id",),
    "evaluations": ("evaluation_id",),
    "evaluation_roles": ("run_id", "evaluation_id", "role", "student"),
    "evaluation_items": ("evaluation_id", "problem_id", "attempt_id"),
    "evaluation_scores": ("evaluation_id", "verifiers", "method", "recorded"),
    "overall_scores": ("run_id", "model_id", "role", "student", "method", "recorded"),
    "comparisons": ("run_id", "student", "benchmark", "method", "recorded"),
}

NEWEST_COUNTS: dict[str, str] = {
    "evaluation_scores": "recorded",
    "overall_scores": "recorded",
    "comparisons": "recorded",
}
"""Results that can be computed again, and the column that tells newer from older: a result is added
only where it differs from the newest one of its key (without that column)."""

REPLACED = frozenset({"run_filters", "run_verifiers", "sampling_sessions"})
"""What a run says of itself: a row with the same key and other values takes the place of the
old one, so that going on with a run under newer code shows the versions that were used last."""
