"""What is asked for: the job that many requests share, and one request of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from distill.config.models import Sampling
from distill.config.prompts import Tokens
from distill.ids import attempt_id, content_id

if TYPE_CHECKING:
    from distill.models.identity import Model

Message = dict[str, str]

ENCODER = json.JSONEncoder(separators=(",", ":"))
HARMLESS = frozenset(
    {
        *("model", "messages", "continue_final_message", "add_generation_prompt"),
        *("return_token_ids", "return_tokens_as_token_ids", "logprobs", "top_logprobs"),
    }
)
"""Request fields outside the sampling: whom and what is asked, which other parts of the key hold,
and what is told beside a response without changing it."""

VLLM_ONLY: dict[str, Any] = {
    "prefill": "",
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "stop_token_ids": (),
    "chat_template_kwargs": {},
}
"""Sampling fields that OpenAI's API refuses, and their values that change nothing."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What to ask."""

    prompt_id: UUID
    messages: list[Message]


@dataclass(frozen=True, kw_only=True)
class AttemptRequest:
    """The `index`-th sample of a prompt, or the continuation of one."""

    attempt_id: UUID
    prompt_id: UUID
    messages: list[Message]
    """Where the last is the assistant's, the response goes on from it."""
    index: int | str
    """From 0; of a continuation the sample's, `+` and which one: 3+1."""
    parent_attempt_id: UUID | None = None
    """What a continuation continues."""
    think_open: bool | None = None
    """Whether that ended inside the reasoning; null where it is no continuation."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A model asked in one way: what all requests of a call share."""

    model: "Model"
    sampling: Sampling
    stream: str
    stopping_rule: dict[str, Any] | None = None
    """How the number of samples depends on their verdicts; told with each, in no key."""
    tokens: Tokens = field(default_factory=Tokens)
    """What to ask for beside the text; in no key."""
    api: Literal["vllm", "openai"] = "vllm"
    """Which request fields the server knows."""

    @cached_property
    def sampling_id(self) -> UUID:
        """The hash of every request field that can change a response."""
        return content_id(self.sampling.model_dump(mode="json"))

    @property
    def think_open(self) -> bool:
        """Whether responses begin inside a `<think>` that the prompt opened."""
        if not self.sampling.prefill:
            return self.model.opens_think
        return self.sampling.prefill.rstrip().endswith("<think>")

    def request(
        self, prompt_id: UUID, messages: Sequence[Message], index: int | str
    ) -> AttemptRequest:
        """Return the request for the `index`-th sample of a prompt."""
        return AttemptRequest(
            attempt_id=self.key(prompt_id, index),
            prompt_id=prompt_id,
            messages=list(messages),
            index=index,
        )

    def key(self, prompt_id: UUID, index: int | str) -> UUID:
        """Return the attempt_id of a sample."""
        return attempt_id(prompt_id, self.model.model_id, self.sampling_id, self.stream, index)

    def body(self, messages: Sequence[Message], served_name: str) -> bytes:
        """Return the JSON body of a chat completion.

        Every sampling field goes out under its own name, which is vLLM's, since a server would take
        what is missing from the model's generation_config.json. Hosted APIs refuse what they do not
        know: they get OpenAI's fields only.
        """
        fields: dict[str, Any] = {"model": served_name, "messages": [*messages]}
        begun = messages[-1]["role"] == "assistant"
        if self.sampling.prefill and not begun:
            fields["messages"].append({"role": "assistant", "content": self.sampling.prefill})
        if self.sampling.prefill or begun:
            fields["continue_final_message"], fields["add_generation_prompt"] = True, False
        return f"{self._head},{ENCODER.encode(fields)[1:]}".encode()

    @cached_property
    def _head(self) -> str:
        """What all bodies begin with."""
        return ENCODER.encode(self._fields)[:-1]

    @cached_property
    def _fields(self) -> dict[str, Any]:
        unknown = {"prefill", *(VLLM_ONLY if self.api == "openai" else ())}
        fields = self.sampling.model_dump(mode="json", exclude=unknown, exclude_none=True)
        if self.api == "openai":
            return fields | self.tokens.fields()
        fields["top_k"] = max(fields["top_k"], 0)  # off is 0 or -1 to vLLM, 0 alone to some others
        return fields | self.tokens.fields()
