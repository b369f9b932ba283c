"""What a call to the engine has done so far, or did."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from distill.sampling.outbox import Failure, Record, Response


@dataclass(frozen=True, kw_only=True)
class SampleReport:
    """Counts of one call to `sample`; what counts is on the disk."""

    num_requested: int = 0
    """Taken from the caller so far."""
    num_found: int = 0
    """Of those, answered before."""
    num_ok: int = 0
    num_length: int = 0
    num_refused: int = 0
    num_failed: int = 0
    num_rejected: int = 0
    """Bodies that were no response: kept, and asked for again."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    @property
    def num_answered(self) -> int:
        """Responses of this call."""
        return self.num_ok + self.num_length + self.num_refused

    def and_then(self, other: "SampleReport") -> "SampleReport":
        """Return the report of this call and one after it."""
        return SampleReport(**{name: n + getattr(other, name) for name, n in vars(self).items()})

    def plus(self, records: Sequence[Record]) -> "SampleReport":
        """Return the report with some more records committed."""
        responses = [record for record in records if isinstance(record, Response)]
        outcomes = Counter(response.outcome for response in responses)
        return replace(
            self,
            num_ok=self.num_ok + outcomes["ok"],
            num_length=self.num_length + outcomes["length"],
            num_refused=self.num_refused + outcomes["refused"],
            num_failed=self.num_failed + sum(isinstance(record, Failure) for record in records),
            num_rejected=self.num_rejected + sum(r.rejected is not None for r in responses),
            prompt_tokens=self.prompt_tokens + sum(r.prompt_tokens for r in responses),
            completion_tokens=self.completion_tokens + sum(r.completion_tokens for r in responses),
        )
