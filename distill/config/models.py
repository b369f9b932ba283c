"""Recipe sections that name models and how to ask them."""

from typing import Any, Literal

from pydantic import Field, model_validator

from distill.config.base import Section


class Prices(Section):
    """What a model costs; what is left out is not reckoned."""

    currency: str = "USD"
    """Of all prices."""
    input_per_million: float | None = Field(default=None, ge=0)
    """A million prompt tokens."""
    output_per_million: float | None = Field(default=None, ge=0)
    """A million completion tokens, reasoning included."""
    gpu_hour: float | None = Field(default=None, ge=0)
    """One GPU for an hour, where the run knows its GPUs."""

    def cost(
        self, prompt_tokens: int, completion_tokens: int, gpu_seconds: float | None
    ) -> float | None:
        """Return what so much costs; None without prices, or where GPUs are priced and unknown."""
        given = (self.input_per_million, self.output_per_million, self.gpu_hour)
        if all(price is None for price in given) or (self.gpu_hour and gpu_seconds is None):
            return None
        of_tokens = prompt_tokens * (self.input_per_million or 0.0)
        of_tokens += completion_tokens * (self.output_per_million or 0.0)
        return of_tokens / 1e6 + (gpu_seconds or 0.0) / 3600 * (self.gpu_hour or 0.0)


class ModelSpec(Section):
    """A model and what serves it: a server that the stage starts, or a URL where one runs."""

    source: str
    """A directory, miniature/NAME (ships), a prepared model (HOME/models/NAME), or a Hub id."""
    revision: str | None = None
    """The Hub commit; null for local models, whose weights are hashed."""
    licence: str = "unverified"
    """SPDX name of the weights' licence."""
    url: str | tuple[str, ...] | None = None
    """Base URL of an OpenAI-compatible server that holds the model, such as
    http://127.0.0.1:8000/v1; several of them; or a file (one URL a line) or folder of such files,
    which is read again while a run goes on: servers may come and go."""
    profile: str = "cpu"
    """Serving profile: how vLLM is started for it (distill/serving/profiles, teacher/profiles)."""
    dtype: str = "float32"
    """Precision of the weights while serving; part of the model's identity."""
    max_model_len: int = Field(default=2048, gt=0)
    """Longest prompt and response together, in tokens."""
    server_args: dict[str, str | int | float | bool] = {}
    """More `vllm serve` options, without the leading dashes: {"tensor-parallel-size" = 8}."""
    api: Literal["vllm", "openai"] = "vllm"
    """Request fields that the server at `url` knows: vLLM's, or OpenAI's only (hosted APIs)."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the API key; the key itself is never stored."""
    num_gpus: int | None = Field(default=None, ge=0)
    """GPUs that serve it; null: what the profile's parallel sizes say, and unknown behind a URL."""
    prices: Prices = Prices()
    """What it costs; see `cost` in the warehouse."""


class Models(Section):
    """Models by role."""

    teacher: ModelSpec | None = None
    """Writes the traces; absent where traces are imported."""
    judge: ModelSpec | None = None
    """Judges answers that no rule can check."""
    general: ModelSpec | None = None
    """Answers the prompts that need no reasoning."""


class Sampling(Section):
    """Every request field that can change a response; together they are the sampling_id.

    All are sent explicitly: vLLM would take what is missing from generation_config.json.
    """

    temperature: float = Field(default=0.6, ge=0)
    """R1's evaluation protocol: greedy decoding makes long traces repeat themselves."""
    top_p: float = Field(default=0.95, gt=0, le=1)
    """R1's evaluation protocol."""
    top_k: int = 0
    """0 is off."""
    min_p: float = Field(default=0.0, ge=0, le=1)
    """0 is off."""
    presence_penalty: float = 0.0
    """0 is off."""
    frequency_penalty: float = 0.0
    """0 is off."""
    repetition_penalty: float = 1.0
    """1 is off."""
    max_tokens: int = Field(default=1024, gt=0)
    """Most tokens of one response; reaching it is the outcome `length`."""
    stop: tuple[str, ...] = ()
    """Texts that end a response."""
    stop_token_ids: tuple[int, ...] = ()
    """Tokens that end a response, beside the model's own end of sequence."""
    prefill: str = ""
    """What the response is made to start with; not part of the stored text."""
    chat_template_kwargs: dict[str, Any] = {}
    """Passed to the chat template."""
    reasoning_effort: str | None = None
    """Passed on where a server knows it."""
    response_format: dict[str, Any] | None = None
    """Constrained output, as the OpenAI API names it."""
    seed: int | None = None
    """Per-request seed; null unless asked for, since vLLM samples faster in a batch without."""


class Example(Section):
    """One worked turn shown before the problem."""

    user: str
    """What was asked."""
    assistant: str
    """What was answered."""


class Wording(Section):
    """How a problem becomes the messages of a prompt."""

    system: str | None = None
    """System message; R1 wants none."""
    template: str = "{problem}"
    """The user message; `{problem}` stands for the problem's text."""
    examples: tuple[Example, ...] = ()
    """Few-shot turns; their user side is put through `template` too."""

    @model_validator(mode="after")
    def _template_names_the_problem(self) -> "Wording":
        if "{problem}" not in self.template:
            raise ValueError(f"template {self.template!r} must contain {{problem}}")
        return self

    def messages(self, problem: str) -> list[dict[str, str]]:
        """Return the chat messages that ask `problem`."""

        def ask(text: str) -> dict[str, str]:
            return {"role": "user", "content": self.template.replace("{problem}", text)}

        turns = [{"role": "system", "content": self.system}] if self.system else []
        for example in self.examples:
            turns += [ask(example.user), {"role": "assistant", "content": example.assistant}]
        return [*turns, ask(problem)]
