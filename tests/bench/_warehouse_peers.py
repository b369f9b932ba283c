"""Ten questions about traces, answered by pandas and by `datasets` from JSON lines.

Each function opens the file once and asks what it is told to. `datasets` keeps what it made of the
file between calls, as it always does; counts are left to pandas, over the columns that they need.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tests.bench._warehouse_asked import WORD, Session

Answer = Callable[[pd.DataFrame], Iterable[Iterable[Any]]]


def ask_pandas(path: Path, names: Sequence[str], attempt_id: str) -> Session:
    """Read the lines with the quickest engine; with the other, 1.6 GB of lines took over 21."""
    session = Session()
    traces = session.open(lambda: pd.read_json(path, lines=True, engine="pyarrow"))
    answers: dict[str, Answer] = {name: answer for name, (_, answer) in COUNTED.items()}
    answers["search"] = lambda t: [[t.reasoning.str.contains(WORD, regex=False).sum()]]
    answers["one_trace"] = lambda t: _shown(t[t.attempt_id == attempt_id])
    for name in names:
        session.ask(name, lambda name=name: answers[name](traces))
    return session


def ask_datasets(path: Path, names: Sequence[str], attempt_id: str) -> Session:
    import datasets
    import pyarrow.compute as pc

    datasets.disable_progress_bars()
    session = Session()
    cache = str(path.with_suffix(".datasets"))
    loaded = lambda: datasets.load_dataset("json", data_files=str(path), cache_dir=cache)  # noqa: E731
    traces = session.open(loaded)["train"]

    def answer(name: str) -> Iterable[Iterable[Any]]:
        if name == "search":
            matches = lambda texts: pc.match_substring(texts, WORD)  # noqa: E731
            return [[_matching(traces, "reasoning", matches).num_rows]]
        if name == "one_trace":
            equals = lambda ids: pc.equal(ids, attempt_id)  # noqa: E731
            return _shown(_matching(traces, "attempt_id", equals).to_pandas())
        columns, count = COUNTED[name]
        return count(traces.select_columns(list(columns)).to_pandas())

    for name in names:
        session.ask(name, lambda name=name: answer(name))
    return session


def _matching(traces: Any, column: str, test: Callable[[Any], Any]) -> Any:
    return traces.with_format("arrow").filter(
        lambda values: test(values).to_pylist(),
        batched=True,
        input_columns=[column],
        keep_in_memory=True,
    )


def _shown(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    return traces[["problem", "reasoning", "answer", "verdict"]].itertuples(index=False)


def what_is_here(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    is_correct = traces.verdict == "correct"
    accepted = is_correct & (traces.keep == True)  # noqa: E712
    counted = traces.assign(is_correct=is_correct, accepted=accepted)
    groups = counted.groupby(["source", "domain"])
    found = groups.agg(
        num_problems=("problem_id", "nunique"),
        num_traces=("problem_id", "size"),
        num_correct=("is_correct", "sum"),
        num_accepted=("accepted", "sum"),
    )
    return found.reset_index().itertuples(index=False)


def _pass_rates(traces: pd.DataFrame) -> pd.DataFrame:
    counted = traces.assign(
        is_correct=traces.verdict == "correct", is_wrong=traces.verdict == "wrong"
    )
    groups = counted.groupby(["problem_id", "domain"])
    found = groups.agg(
        num_samples=("is_correct", "size"),
        num_correct=("is_correct", "sum"),
        num_wrong=("is_wrong", "sum"),
    )
    decided = found.num_correct + found.num_wrong
    return found.assign(pass_rate=found.num_correct / decided)[decided > 0].reset_index()


def hardest_problems(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    by = ["pass_rate", "num_samples", "problem_id"]
    found = _pass_rates(traces).sort_values(by, ascending=[True, False, True])[:20]
    return found[["problem_id", "num_samples", "pass_rate"]].itertuples(index=False)


def never_solved(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    rates = _pass_rates(traces)
    return rates[rates.num_correct == 0].groupby("domain").size().items()


def length_by_verdict(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    verdict = traces.verdict.fillna("unchecked")
    tokens = traces.completion_tokens.groupby([traces.domain, verdict])
    found = pd.concat(
        [tokens.size(), tokens.mean(), tokens.quantile(0.5), tokens.quantile(0.95)], axis=1
    )
    return found.reset_index().itertuples(index=False)


def filter_losses(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    num_failed = traces.failed_filters.map(len)
    rules = traces.failed_filters.explode().dropna()
    alone = traces.failed_filters[num_failed == 1].explode()
    found = pd.concat([rules.value_counts(), alone.value_counts()], axis=1)
    return found.reset_index().itertuples(index=False)


def token_bill(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    accepted = traces[(traces.verdict == "correct") & (traces.keep == True)]  # noqa: E712
    tokens = [part.groupby("source").completion_tokens.sum() for part in (traces, accepted)]
    return pd.concat(tokens, axis=1).reset_index().itertuples(index=False)


def disagreements(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    several = traces[traces.decisions.map(len) == 2]
    first, second = (several.decisions.map(lambda d, i=i: d[i]["decision"]) for i in (0, 1))
    agreed = (first == second).groupby(several.domain)
    return agreed.agg(["size", "sum"]).reset_index().itertuples(index=False)


def speed(traces: pd.DataFrame) -> Iterable[Iterable[Any]]:
    tokens = traces.completion_tokens.groupby(traces.finished // 60 * 60)
    return tokens.agg(["size", "sum"]).reset_index().itertuples(index=False)


COUNTED: dict[str, tuple[tuple[str, ...], Answer]] = {
    "what_is_here": (("source", "domain", "problem_id", "verdict", "keep"), what_is_here),
    "hardest_problems": (("problem_id", "domain", "verdict"), hardest_problems),
    "never_solved": (("problem_id", "domain", "verdict"), never_solved),
    "length_by_verdict": (("domain", "verdict", "completion_tokens"), length_by_verdict),
    "filter_losses": (("failed_filters",), filter_losses),
    "token_bill": (("source", "verdict", "keep", "completion_tokens"), token_bill),
    "disagreements": (("domain", "decisions"), disagreements),
    "speed": (("finished", "completion_tokens"), speed),
}
"""Questions that read no text: the columns that they need, and how pandas answers them."""
