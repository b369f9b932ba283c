-- All traces as a person without a warehouse keeps them: a line each, with everything that is known of it.
copy (
    select
        traces.attempt_id,
        traces.problem_id,
        traces.problem,
        traces.source,
        traces.domain,
        traces.model,
        traces.reasoning,
        traces.answer,
        traces.outcome,
        traces.completion_tokens,
        traces.verdict,
        attempt_states.decisions,
        traces.keep,
        traces.failed_filters,
        traces.latency_sec,
        epoch(traces.finished) as finished
    from traces
    join attempt_states using (attempt_id)
) to $path (format json)
