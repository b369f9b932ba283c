create view length_histogram as
with
    widths as (
        select model_id, cast(pow(2, ceil(log2(greatest(max(completion_tokens), 32) / 32))) as integer) as width
        from attempt_states
        where is_trace
        group by model_id
    ),
    bins as (
        select
            domain,
            model_id,
            completion_tokens // width * width as from_tokens,
            from_tokens + width as below_tokens,
            count(*) as num_traces,
            count(*) filter (where decision = 'correct') as num_correct,
            count(*) filter (where outcome = 'length') as num_truncated
        from attempt_states
        join widths using (model_id)
        where is_trace and completion_tokens is not null
        group by all
    )
select
    domain,
    models.name as model,
    model_id,
    from_tokens,
    below_tokens,
    num_traces,
    num_correct,
    num_truncated,
    num_traces / sum(num_traces) over (partition by domain, model_id) as share,
    sum(num_traces) over (partition by domain, model_id order by from_tokens)
        / sum(num_traces) over (partition by domain, model_id) as share_below
from bins
left join models using (model_id)
order by domain, model, from_tokens;
comment on view length_histogram is 'One row a domain, a model and a range of completion tokens in which it wrote traces [domain, model_id, from_tokens]; ranges of a model are equally wide, a power of two, at most 33 of them. Traces whose tokens nobody counted are left out.';
comment on column length_histogram.model is 'Name of the model that wrote them.';
comment on column length_histogram.from_tokens is 'Where the range begins, reasoning included.';
comment on column length_histogram.below_tokens is 'Where it ends; the end is not part of it.';
comment on column length_histogram.num_traces is 'Traces of such lengths.';
comment on column length_histogram.num_correct is 'Of these, how many the verdict that counts calls correct.';
comment on column length_histogram.num_truncated is 'Of these, how many reached max_tokens.';
comment on column length_histogram.share is 'Of the traces of this domain and model, 0 to 1.';
comment on column length_histogram.share_below is 'Share of the traces shorter than below_tokens, 0 to 1.';
