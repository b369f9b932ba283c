"""Whether the bases are healthy: single steps, direct answers of the easiest tenth; and how evenly
the teacher uses its experts.

Sampled with the training code. The load is counted over written-out solutions of problems that lie
with the evaluation's: a million tokens that no model was trained on.
"""

from collections.abc import Iterator

from teacher.miniature.controls import load_violation
from teacher.miniature.evaluate import respond, score, step_accuracy
from teacher.miniature.export import load_exported
from teacher.miniature.pretrain import SHAPES
from teacher.miniature.problems import EVALUATION, take_all
from teacher.miniature.prompts import example, trace_text
from teacher.miniature.tokenizer import build
from teacher.miniature.workshop import BASES, SHIPPED
from tests.bench.figure import Figure

PER_FAMILY = 50
K = 2
HELD_OUT_PER_FAMILY = 600  # a million tokens: some minutes on two cores


def measure() -> Iterator[Figure]:
    """Yield the shares of right steps and easy answers, and the worst layer's load violation."""
    tokenizer = build()
    problems = take_all(EVALUATION, PER_FAMILY, held_out=True)
    for name in BASES:
        model = load_exported(SHIPPED / f"base-{name}", SHAPES[name]).eval()
        steps = step_accuracy(model, tokenizer, problems)["all"]
        yield _figure(f"base_{name}_single_steps", steps, 0.95)
        direct = score(respond(model, tokenizer, problems, "direct", k=K, seed=1), K)
        yield _figure(f"base_{name}_easiest_tenth", direct.easiest, 0.8)
    traces = [
        example(tokenizer, problem, "think", trace_text(problem.work, problem.answer))
        for problem in take_all(EVALUATION + 10_000, HELD_OUT_PER_FAMILY, held_out=True)
    ]
    teacher = load_exported(SHIPPED / "teacher", SHAPES["teacher"]).eval()
    tokens = sum(len(trace.prompt) + len(trace.completion) for trace in traces)
    worst = max(load_violation(teacher, traces))
    yield _figure(f"load_violation_over_{tokens}_tokens", worst, 0.2, lower=True)


def _figure(name: str, value: float, target: float, *, lower: bool = False) -> Figure:
    return Figure(
        name=name,
        group="miniature",
        value=value,
        unit="",
        target=target,
        lower_is_better=lower,
    )
