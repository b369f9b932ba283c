"""Recipe sections that say where problems come from and what is done to their traces."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from distill.config.base import Section
from distill.config.curation import Domain
from distill.config.models import Sampling

Layout = Literal["auto", "openr1-math", "openthoughts", "s1k", "sharegpt", "messages"]
"""How others lay out the traces that they publish; `auto` knows it by the fields of a row."""


class Fields(Section):
    """Which field of a source's row is what."""

    problem: str
    """The problem's text."""
    gold: str | dict[str, str] | None = None
    """The reference answer; without it nothing can be verified. A table names a field for each part
    of the verifier's own gold: { tests = "test_list", entry_point = "function" }."""
    trace: str | None = None
    """A finished response, for recipes that import traces instead of sampling them."""


class _Source(Section):
    name: str
    """Names the source in the warehouse: rows are keyed by it, so keep it stable."""
    domain: Domain
    """Domain of the 800k composition."""
    licence: str = "unverified"
    """Licence of the problems."""
    revision: str = "unverified"
    """Commit or release of the data."""
    wording: str = "plain"
    """Which of the recipe's wordings asks these problems."""
    model: Literal["teacher", "general"] = "teacher"
    """Which of the recipe's models answers: `general` takes what needs no reasoning."""


class GymSource(_Source):
    """A reasoning-gym family: problems made by a program, scored by the program that made them."""

    kind: Literal["reasoning-gym"]
    """Discriminator."""
    family: str
    """Name of the reasoning-gym dataset, such as chain_sum."""
    size: int = Field(gt=0)
    """Number of problems."""
    seed: int = 0
    """First seed. Item i of seed s is item 0 of seed s + i: keep seeds further apart than sizes."""
    settings: dict[str, Any] = {}
    """The family's own settings: its difficulty."""
    licence: str = "Apache-2.0"
    """reasoning-gym's own."""


class _RowSource(_Source):
    fields: Fields | None = None
    """Field mapping; needed where no layout is named."""
    layout: Layout | None = None
    """A layout in which others publish traces, instead of a field mapping."""
    broken_rows: Literal["fail", "skip"] = "fail"
    """Stop at the first row that is broken, or leave such rows out and tell which."""
    verifier: str = "math"
    """What checks answers against the gold."""
    gold_pattern: str | None = None
    """Regular expression whose first group is the gold in the gold field, as '#### (.+)'."""
    limit: int | None = Field(default=None, gt=0)
    """Use the first so many rows."""
    trace_model: str = "unknown"
    """Who wrote the traces, where `fields.trace` or `layout` imports them."""

    @model_validator(mode="after")
    def _has_one_mapping(self) -> Self:
        if (self.fields is None) is (self.layout is None):
            raise ValueError(f"prompts source {self.name!r}: name either `fields` or a `layout`")
        return self


class FileSource(_RowSource):
    """A local JSON, JSONL or Parquet file, plain or .gz."""

    kind: Literal["file"]
    """Discriminator."""
    path: str
    """Absolute, or relative to the recipe's folder or to --data."""
    optional: bool = False
    """Leave the source out, and say so, where the file is not there."""


class HubSource(_RowSource):
    """A dataset of the Hugging Face Hub, through `datasets`."""

    kind: Literal["hub"]
    """Discriminator."""
    dataset: str
    """Such as openai/gsm8k."""
    config: str | None = None
    """Name of the dataset's configuration."""
    split: str = "train"
    """Split."""


Source = Annotated[GymSource | FileSource | HubSource, Field(discriminator="kind")]


class Adaptive(Section):
    """Sampling each prompt until it has enough correct traces: cheap for easy prompts, patient with
    hard ones. Verdicts come in while sampling goes on."""

    num_correct: int = Field(default=1, gt=0)
    """Stop a prompt after so many correct traces; generation.num_samples is the most it gets."""
    token_budget: int | None = Field(default=None, gt=0)
    """Most completion tokens of the run, those of earlier sessions included; null is no limit."""


class Tokens(Section):
    """What servers are asked for beside the text; it goes to Parquet files beside the warehouse."""

    ids: bool = False
    """Token ids of prompt and response (vLLM)."""
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    """Log-probability of each token, and those of the so many likeliest; null asks for none."""

    @property
    def wanted(self) -> bool:
        """Whether anything is asked for."""
        return self.ids or self.top_logprobs is not None

    def fields(self) -> dict[str, Any]:
        """Return the request fields that ask for it."""
        ids = ("return_token_ids", "return_tokens_as_token_ids")
        asked: dict[str, Any] = dict.fromkeys(ids, True) if self.ids else {}
        if self.top_logprobs is not None:
            asked |= {"logprobs": True, "top_logprobs": self.top_logprobs}
        return asked


class Generation(Section):
    """How many traces the teacher writes, and how."""

    num_samples: int = Field(default=1, gt=0)
    """Traces a prompt. Asking for 16 where 8 exist pays for 8."""
    general_samples: int = Field(default=1, gt=0)
    """Answers a prompt of the sources that models.general answers; never adaptive."""
    adaptive: Adaptive | None = None
    """Fewer traces for easy prompts; null samples every prompt num_samples times."""
    num_continuations: int = Field(default=0, ge=0)
    """Most times that a truncated trace is continued from where it was cut, each with another
    sampling.max_tokens, as far as the model's context allows; 0 leaves it truncated."""
    tokens: Tokens = Tokens()
    """What to keep beside the text."""
    stream: str = "datagen"
    """Open text in the attempts' key: change it (`datagen/2`) for fresh samples on purpose."""
    sampling: Sampling = Sampling()
    """Request fields."""

    @model_validator(mode="after")
    def _enough_samples(self) -> "Generation":
        if self.adaptive and self.adaptive.num_correct > self.num_samples:
            raise ValueError(
                f"adaptive.num_correct = {self.adaptive.num_correct} correct traces cannot come of "
                f"num_samples = {self.num_samples}, which is the most a prompt gets: raise it"
            )
        if self.adaptive and self.num_continuations:
            raise ValueError(
                "num_continuations: adaptive sampling takes another sample instead of continuing a "
                "truncated one: remove one of the two, or raise sampling.max_tokens"
            )
        return self


class Requests(Section):
    """How the engine talks to servers; nothing here changes a response."""

    max_in_flight: int | None = Field(default=None, gt=0)
    """Most requests at a time to one server; null goes by what the server shows it can take."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    """What one account may send; null goes by the limits that the answers tell, if any. URLs with
    the same host and key are one account, others are each their own."""
    tokens_per_minute: float | None = Field(default=None, gt=0)
    """What one account may use, prompt and completion together; null as above."""
    one_account: bool = False
    """All URLs of a model are one account, as where an API has a host a region."""
    timeout_sec: float = Field(default=600.0, gt=0)
    """Deadline of one request."""
    stall_sec: float = Field(default=120.0, gt=0)
    """Requests in flight at a server and no new token for so long: it is started again if the run
    owns it, else others take over; if there are none, the run stops and says so."""
    max_tries: int = Field(default=5, gt=0)
    """Tries of one request before it is stored as a failure."""
    drain_sec: float = Field(default=30.0, ge=0)
    """How long Ctrl-C waits for what is in flight."""


class Judging(Section):
    """How the judge (`models.judge`) is asked."""

    sampling: Sampling = Sampling(temperature=0.0, top_p=1.0)
    """Request fields; greedy, since a verdict should not be a matter of luck."""
    stream: str = "judge"
    """Open text in the key of its answers: change it to ask again on purpose."""
    max_answer_chars: int = Field(default=12_000, gt=0)
    """Of a longer answer the judge is shown the end."""


class Voting(Section):
    """When the answer of most traces stands in for a reference."""

    min_votes: int = Field(default=3, gt=0)
    """Traces that must agree."""
    min_share: float = Field(default=0.5, ge=0, lt=1)
    """They must be more than this share of all traces of the problem."""


class Verification(Section):
    """How answers are checked."""

    verifiers: tuple[str, ...] = ("reasoning-gym", "math")
    """In order: the first that decides counts."""
    timeout_sec: float = Field(default=10.0, gt=0)
    """Deadline of one verdict; the worker that misses it is killed and the verdict is undecided."""
    num_workers: int = Field(default=2, gt=0)
    """Worker processes."""
    judge: Judging = Judging()
    """For the verifier `judge`, which is asked where none before it in the list decided."""
    majority: Voting = Voting()
    """For the verifier `majority`, a fallback where none before it in the list decided."""
