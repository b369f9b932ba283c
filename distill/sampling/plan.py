"""Which samples to ask for as their verdicts come in: few of easy prompts, many of hard ones."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from distill.config.prompts import Adaptive
from distill.sampling.requests import AttemptRequest, Job, Prompt


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one sample."""

    prompt_id: UUID
    decision: str | None
    """correct | wrong | undecided | none (nothing can check it); None: it failed."""
    completion_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How far the prompts of a plan are."""

    num_prompts: int = 0
    num_enough: int = 0
    """Prompts with as many correct traces as wanted."""
    num_short: int = 0
    """Prompts that were sampled as often as allowed and solved, but less often than wanted."""
    num_unsolved: int = 0
    """Prompts that were sampled as often as allowed and never solved."""
    num_checked: int = 0
    """Samples with a verdict, those that were there before included."""
    num_good: int = 0
    """Of those, correct, or of a prompt that nothing can check."""
    spent: int = 0
    """Completion tokens of the run."""

    @property
    def num_done(self) -> int:
        """Prompts of which nothing more will be asked."""
        return self.num_enough + self.num_short + self.num_unsolved


@dataclass(kw_only=True, slots=True)
class _State:
    """A prompt on its way."""

    prompt: Prompt
    known: frozenset[int]
    """Samples that were there before."""
    next_index: int = 0
    num_in_flight: int = 0
    num_checked: int = 0
    num_good: int = 0
    tokens: int = 0


class Plan:
    """Iterates over requests; None stands for "nothing before another result comes in".

    A prompt never has more samples in flight than it lacks correct ones, so that none is paid for
    in vain; only where servers would else idle, one that was sampled n times may have n. The budget
    holds whatever is in flight: each request is reckoned at max_tokens until its result is in.

    Args:
        job: who is asked.
        prompts: who asks, breadth first in this order.
        rule: when to stop.
        num_samples: most samples of a prompt.
        known: index and result of samples that are there.
        spent: completion tokens that the run has paid.
    """

    def __init__(
        self,
        job: Job,
        prompts: Sequence[Prompt],
        *,
        rule: Adaptive,
        num_samples: int,
        known: Iterable[tuple[int, Result]] = (),
        spent: int = 0,
    ) -> None:
        self._job, self._rule, self._num_samples = job, rule, num_samples
        self._tally = Tally(num_prompts=len(prompts), spent=spent)
        self._num_in_flight = 0
        self._said_none = False
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        found = list(known)
        there: dict[UUID, set[int]] = {}
        for index, result in found:
            there.setdefault(result.prompt_id, set()).add(index)
        self._states = {
            p.prompt_id: _State(prompt=p, known=frozenset(there.get(p.prompt_id, ())))
            for p in prompts
        }
        for _, result in found:
            self._count(self._states[result.prompt_id], result)
        for state in self._states.values():
            self._advance(state, 0)
        self._queue = deque(self._states.values())
        self._open: dict[UUID, _State] = {}
        """Prompts with samples in flight."""

    def __iter__(self) -> Iterator[AttemptRequest | None]:
        while True:
            with self._lock:
                if self._error:
                    raise self._error
                request = self._next()
                self._said_none = request is None
                if request is None and not self._num_in_flight:
                    return
            yield request

    def settle(self, result: Result) -> None:
        """Take the result of a request; may be called in another thread."""
        with self._lock:
            state = self._states[result.prompt_id]
            self._num_in_flight -= 1
            state.num_in_flight -= 1
            if not state.num_in_flight:
                del self._open[result.prompt_id]
            self._tally = replace(self._tally, spent=self._tally.spent + result.completion_tokens)
            self._count(state, result)
            self._advance(state, state.next_index)
            self._queue.append(state)

    def fail(self, error: BaseException) -> None:
        """Make whoever iterates raise: no more results will come."""
        self._error = error

    @property
    def tally(self) -> Tally:
        """How far it is."""
        return self._tally

    @property
    def wants_more(self) -> bool:
        """Whether anything is left to ask, within the budget."""
        return self._tally.num_done < self._tally.num_prompts and self._affordable

    def tokens_saved(self) -> float:
        """Estimate what num_samples of every prompt would have cost more, by its mean tokens."""
        with self._lock:
            return sum(
                (self._num_samples - state.num_checked) * state.tokens / state.num_checked
                for state in self._states.values()
                if 0 < state.num_checked < self._num_samples
            )

    def _next(self) -> AttemptRequest | None:
        if not self._affordable:
            return None
        while self._queue:
            if self._may_ask(self._queue[0]):
                return self._hand_out(self._queue[0])
            self._queue.popleft()
        # Asked again after None, a server idles: it gets one, and then None.
        waiting = [s for s in self._open.values() if self._said_none and self._may_ask(s, True)]
        if not waiting:
            return None
        return self._hand_out(min(waiting, key=lambda s: s.num_in_flight / s.num_checked))

    @property
    def _affordable(self) -> bool:
        at_most = (self._num_in_flight + 1) * self._job.sampling.max_tokens
        budget = self._rule.token_budget
        return budget is None or self._tally.spent + at_most <= budget

    def _may_ask(self, state: _State, ahead: bool = False) -> bool:
        lacking = self._rule.num_correct - state.num_good
        allowed = max(lacking, state.num_checked) if ahead else lacking
        return lacking > 0 and state.num_in_flight < allowed and not self._exhausted(state)

    def _exhausted(self, state: _State) -> bool:
        return state.next_index >= self._num_samples

    def _hand_out(self, state: _State) -> AttemptRequest:
        prompt, index = state.prompt, state.next_index
        state.num_in_flight += 1
        self._num_in_flight += 1
        self._open[prompt.prompt_id] = state
        self._advance(state, index + 1)
        return self._job.request(prompt.prompt_id, prompt.messages, index)

    def _advance(self, state: _State, index: int) -> None:
        """Make `index`, or the first after it that is not there, the next to ask for."""
        while index in state.known:
            index += 1
        state.next_index = index
        enough = state.num_good >= self._rule.num_correct
        if self._exhausted(state) and not state.num_in_flight and not enough:
            outcome = "num_short" if state.num_good else "num_unsolved"
            self._tally = replace(self._tally, **{outcome: getattr(self._tally, outcome) + 1})

    def _count(self, state: _State, result: Result) -> None:
        if result.decision is None:
            return
        good = result.decision in ("correct", "none")
        state.num_checked += 1
        state.num_good += good
        state.tokens += result.completion_tokens
        self._tally = replace(
            self._tally,
            num_checked=self._tally.num_checked + 1,
            num_good=self._tally.num_good + good,
            num_enough=self._tally.num_enough + (good and state.num_good == self._rule.num_correct),
        )
