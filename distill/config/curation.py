"""Recipe sections that say which problems and traces are kept, and which are trained on."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from distill.config.base import Section

Domain = Literal["math", "code", "stem", "logic", "general"]


class FilterCase(Section):
    """An example that a filter must rule on as stated, under the settings beside it."""

    reason: str
    """The reason that it must give; `ok` for what must stay."""
    reasoning: str = ""
    """Reasoning of the response."""
    answer: str = ""
    """Its answer."""
    text: str | None = None
    """The whole response, where it is not reasoning, </think> and answer."""
    prompt: str | None = None
    """The problem."""
    golds: tuple[str, ...] = ()
    """Its references."""
    outcome: Literal["ok", "length", "refused"] = "ok"
    """How the response ended."""
    completion_tokens: int | None = None
    """Tokens of the response."""


class FilterSpec(Section):
    """One filter and its settings."""

    name: str
    """Name in the filter registry."""
    settings: dict[str, Any] = {}
    """The filter's own settings."""
    domains: tuple[Domain, ...] | None = None
    """Rule on traces of these domains only and keep the others; null is all."""
    cases: tuple[FilterCase, ...] = ()
    """Examples that are checked before the filter rules on anything."""


class Decontamination(Section):
    """What problems and traces are compared with, so that nothing is trained on that is scored.

    Beside the benchmarks of the recipe's evaluation, all that the project knows.
    """

    files: tuple[str, ...] = ()
    """More texts to keep out: JSON, JSONL or Parquet files, here or under --data."""
    field: str = "problem"
    """Which field of their rows holds the text."""
    fetch: bool = False
    """Fetch benchmarks from the Hub that are neither in the data folder nor evaluated."""
    require: bool = False
    """Refuse to go on where a benchmark or file is missing, instead of saying so."""


class Arm(Section):
    """One way of choosing the training mix."""

    verdicts: tuple[Literal["correct", "wrong", "undecided", "none"], ...] = ("correct",)
    """Which verdicts to take; `none` is a trace that nothing could check."""
    filters: tuple[str, ...] | None = None
    """Filters that a trace must pass; null means all of the recipe's."""
    unverified_domains: tuple[Domain, ...] = ()
    """Domains whose traces are taken whatever their verdict, and without reasoning: general."""
    max_per_problem: int = Field(default=1, gt=0)
    """Traces a problem."""
    prefer: Literal["shortest", "longest", "random"] = "shortest"
    """Which traces of a problem to take first."""
    pass_rate: (
        tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]] | None
    ) = None
    """Problems of this difficulty only: least and largest share of correct samples, inclusive."""
    order: Literal["random", "hardest", "easiest"] = "random"
    """Which problems to take first where there are more than wanted; by pass rate, unknown last."""
    max_traces: int | None = Field(default=None, gt=0)
    """Size of the arm; null takes all."""
    quotas: dict[Domain, Annotated[int, Field(ge=0)]] = {}
    """Traces a domain, at most; domains that are not named are left out. Empty takes all."""
    when_short: Literal["keep", "shrink", "refuse"] = "keep"
    """If a domain has fewer traces than its quota: keep the other quotas; shrink them all in
    proportion to the scarcest, so that the composition stays; or refuse."""

    @model_validator(mode="after")
    def _band_is_one(self) -> "Arm":
        if self.pass_rate and self.pass_rate[0] > self.pass_rate[1]:
            raise ValueError(f"pass_rate {list(self.pass_rate)}: the first is the smaller")
        return self


class Selection(Section):
    """How the training mix is chosen."""

    train_on: str = "verified"
    """The arm that the students are trained on."""
    arms: dict[str, Arm] = {"verified": Arm()}
    """Named arms; each becomes a dataset."""
    validation_share: float = Field(default=0.1, ge=0, lt=1)
    """Share of the problems, by hash, that is held out of training."""
    min_traces: int = Field(default=1, gt=0)
    """Refuse to train on fewer."""
    seed: int = Field(default=0, ge=0, lt=2**64)
    """Of every choice that is made at random."""
