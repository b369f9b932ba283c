"""What is asked for: the job that many requests share, and one request of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from distill.config.models import Sampling
from distill.ids import attempt_id, content_id

if TYPE_CHECKING:
    from distill.models.identity import Model

Message = dict[str, str]

HARMLESS = frozenset({"model", "messages", "continue_final_message", "add_generation_prompt"})
"""Request fields outside the sampling: whom and what is asked; other parts of the key hold it."""


@dataclass(frozen=True, kw_only=True)
class AttemptRequest:
    """The `index`-th sample of a prompt."""

    attempt_id: UUID
    prompt_id: UUID
    messages: list[Message]
    index: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """A model asked in one way: what all requests of a call share."""

    model: "Model"
    sampling: Sampling
    stream: str

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

    def request(self, prompt_id: UUID, messages: Sequence[Message], index: int) -> AttemptRequest:
        """Return the request for the `index`-th sample of a prompt."""
        key = attempt_id(prompt_id, self.model.model_id, self.sampling_id, self.stream, index)
        return AttemptRequest(
            attempt_id=key, prompt_id=prompt_id, messages=list(messages), index=index
        )

    def body(self, messages: Sequence[Message], served_name: str) -> bytes:
        """Return the JSON body of a chat completion.

        Every sampling field goes out under its own name, which is vLLM's, since a server would take
        what is missing from the model's generation_config.json.
        """
        fields = {**self._fields, "model": served_name, "messages": [*messages]}
        if self.sampling.prefill:
            fields["messages"].append({"role": "assistant", "content": self.sampling.prefill})
            fields["continue_final_message"], fields["add_generation_prompt"] = True, False
        return json.dumps(fields, separators=(",", ":")).encode()

    @cached_property
    def _fields(self) -> dict[str, Any]:
        fields = self.sampling.model_dump(mode="json", exclude={"prefill"}, exclude_none=True)
        fields["top_k"] = max(fields["top_k"], 0)  # off is 0 or -1 to vLLM, 0 alone to some others
        return fields
