"""A small warehouse by hand: names stand for ids, and each helper writes one fact."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from distill.ids import content_id, prompt_id
from warehouse.database import Warehouse

TIME = "2026-01-{:02}T00:00:00+00:00"
SAMPLING = {"temperature": 0.6}
CONFIG = content_id("config")


def uid(name: str) -> UUID:
    return content_id(name)


class Toy(Warehouse):
    """Rows by name; `day` is when something happened."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "warehouse.duckdb", "test")

    def run(self, name: str, stage: str, recipe: str = "r", day: int = 1) -> UUID:
        row = {"run_id": uid(name), "stage": stage, "recipe": {"name": recipe}, "host": "h"}
        row |= {"code_version": "1", "started": TIME.format(day), "status": "finished"}
        self.insert("runs", [row])
        return uid(name)

    def model(self, name: str) -> UUID:
        row = {"model_id": uid(name), "weights_id": f"{name}-weights", "name": name}
        self.insert("models", [row | {"licence": "MIT"}])
        return uid(name)

    def messages(self, problem: str) -> list[dict[str, str]]:
        turns = [("user", "example?"), ("assistant", "yes"), ("user", f"Please: {problem}")]
        return [{"role": role, "content": content} for role, content in turns]

    def problem(self, text: str, *sources: str, domain: str = "math") -> UUID:
        self.insert("problems", [{"problem_id": uid(text), "text": text}])
        prompt = {"prompt_id": prompt_id(self.messages(text)), "messages": self.messages(text)}
        self.insert("prompts", [prompt | {"problem_id": uid(text), "wording": "plain"}])
        rows = [
            {"problem_id": uid(text), "source": source, "source_row": "0", "domain": domain}
            | {"licence": "MIT", "revision": "1"}
            for source in sources
        ]
        self.insert("problem_sources", rows)
        return uid(text)

    def attempt(
        self, name: str, problem: str, *, run: str = "generate", stream: str = "datagen", **more
    ) -> UUID:
        self.insert("samplings", [{"sampling_id": content_id(SAMPLING), "fields": SAMPLING}])
        reasoning, answer = f"é🙂 {name}", f"answer {name}"
        end = len(reasoning)
        row = {
            "attempt_id": uid(name),
            "prompt_id": prompt_id(self.messages(problem)),
            "model_id": self.model(more.pop("model", "teacher")),
            "sampling_id": content_id(SAMPLING),
            "stream": stream,
            "sample_index": 0,
            "text": f"{reasoning}</think>\n\n{answer}",
            "shape": "open_tag_in_prompt",
            "reasoning_begin": 0,
            "reasoning_end": end,
            "answer_begin": end + len("</think>\n\n"),
            "answer_end": end + len("</think>\n\n") + len(answer),
            "prompt_tokens": 10,
            "completion_tokens": 100,
            "finish_reason": "stop",
            "outcome": "ok",
            "repaired": 0,
        }
        self.insert("attempts", [row | more])
        self.insert("run_attempts", [{"run_id": uid(run), "attempt_id": uid(name)}])
        return uid(name)

    def verdict(self, attempt: str, verifier: str, decision: str, **more) -> None:
        row = {"attempt_id": uid(attempt), "verifier": verifier, "verifier_version": "1"}
        row |= {"config_hash": CONFIG, "gold_version": 1, "decision": decision, "reason": "because"}
        row |= {"milliseconds": 1.0, "recorded": TIME.format(1)}
        self.insert("verdicts", [row | more])

    def listing(self, relation: str, run: str, *names: str) -> None:
        """Say which verifiers or filters a run used, in order."""
        column = {"run_verifiers": "verifier", "run_filters": "filter"}[relation]
        rows = [
            {"run_id": uid(run), "position": position, column: name, "version": "1"}
            | {"config_hash": CONFIG}
            for position, name in enumerate(names)
        ]
        self.insert(relation, rows)

    def filtered(self, attempt: str, **keep: bool) -> None:
        rows = [
            {"attempt_id": uid(attempt), "filter": name, "version": "1", "config_hash": CONFIG}
            | {"keep": kept, "reason": "because"}
            for name, kept in keep.items()
        ]
        self.insert("filter_results", rows)


def some_traces(folder: Path) -> Toy:
    """Two problems of one source: one solved in two of three traces, one never."""
    toy = Toy(folder)
    toy.run("generate", "generate")
    toy.run("filter", "filter", day=2)
    toy.problem("easy", "sums")
    toy.problem("hard", "sums")
    toy.insert(
        "golds",
        [
            {"problem_id": uid("hard"), "verifier": "math", "gold": {"answer": "7"}}
            | {"gold_version": 1, "origin": "sums"}
        ],
    )
    toy.attempt("a", "easy", finished="2026-01-01T00:00:10+00:00", latency_sec=2.0)
    toy.attempt("b", "easy", completion_tokens=300)
    toy.attempt(
        "c",
        "easy",
        outcome="length",
        text="Wait, wait",
        reasoning_end=10,
        answer_begin=None,
        answer_end=None,
    )
    toy.attempt("d", "hard")
    for name, decision in {"a": "correct", "b": "correct", "c": "undecided", "d": "wrong"}.items():
        toy.verdict(name, "math", decision, extracted=f"<{name}>")
    toy.listing("run_filters", "filter", "repetition")
    for name in "abcd":
        toy.filtered(name, repetition=name != "b")
    return toy


def copy_of(toy: Toy, folder: Path) -> Iterator[Toy]:
    """Yield a copy of `toy` in one transaction, which is quicker than making it again."""
    shutil.copy(toy.path, folder)
    copied = Toy(folder)
    with copied.write():
        yield copied
