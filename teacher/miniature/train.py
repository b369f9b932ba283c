"""`make teacher`: the miniature from nothing, in stages as R1 was trained, each restartable
from the weights before.

    python -m teacher.miniature.train WORK [--stages pretrain,cold,...] [--scale 0.01]

pretrain -> cold (SFT on written-out solutions) -> grpo -> rejection (sampling, SFT) -> grpo2 ->
rejection2 -> grpo3 -> settle (routing biases); then balance (load of the experts) and controls. On
demand: ablation (balancing on and off), zero (GRPO without a cold start), versus (GRPO on a student
against distillation).
Weights lie in WORK/<stage>.pt, scores in WORK/scores.jsonl, exported models in WORK/weights/; a
stage whose forerunner left nothing there starts from the models that ship.
"""

import argparse
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from teacher.miniature.comparisons import ablation, versus, zero
from teacher.miniature.controls import balance, controls, settle
from teacher.miniature.evaluate import step_accuracy
from teacher.miniature.families import FAMILIES
from teacher.miniature.grpo import Reinforcement, reinforce
from teacher.miniature.pretraining import Job, pretrain_together
from teacher.miniature.problems import (
    COLD_START,
    REINFORCEMENT,
    REJECTION,
    Problem,
    reserved,
)
from teacher.miniature.prompts import Example
from teacher.miniature.rejection import accepted
from teacher.miniature.sft import Tuning, fine_tune
from teacher.miniature.workshop import BASES, Plan, Workshop


def pretrain(shop: Workshop) -> None:
    """Write the corpus and pretrain teacher and bases from it."""
    plan = shop.plan
    jobs = [Job(name="teacher", shape="teacher", tokens=plan.teacher_tokens, rows=plan.batch_rows)]
    rows = max(2, plan.batch_rows // 2)
    jobs += [Job(name=name, shape=name, tokens=plan.base_tokens, rows=rows) for name in BASES]
    pretrain_together(shop, jobs, plan.pretrain_minutes)


def measure_pretrained(shop: Workshop) -> None:
    """Score what was pretrained: direct answers, continued solutions, single steps."""
    for name in ("teacher", *BASES):
        model = shop.load(f"pretrain-{name}")
        shop.save(model, f"pretrain-{name}")
        for form in ("direct", "worked"):
            shop.measure(model, f"pretrain-{name}", form)
        steps = step_accuracy(model, shop.tokenizer, shop.evaluation)
        shop.note({"model": f"pretrain-{name}", "steps": steps})


def cold(shop: Workshop) -> None:
    """Fine-tune on as few written-out solutions as it takes."""
    problems = shop.problems(COLD_START, max(shop.plan.cold_per_family))
    for size in shop.plan.cold_per_family:
        chosen = _per_family(problems, dict.fromkeys(FAMILIES, size))
        model = shop.load("pretrain-teacher")
        tuning = Tuning(epochs=3, batch_examples=min(64, shop.plan.batch_examples))
        fine_tune(model, shop.written(chosen), tuning, f"cold {len(chosen)}")
        if shop.measure(model, f"cold-{size}", tuning=True) >= shop.plan.cold_score:
            break
    shop.save(model, "cold")
    shop.measure(model, "cold")


def _per_family(problems: list[Problem], sizes: dict[str, int]) -> list[Problem]:
    """Return the first so many problems of each family, in order."""
    left = Counter(sizes)
    chosen = []
    for problem in problems:
        if left[problem.family] > 0:
            left[problem.family] -= 1
            chosen.append(problem)
    return chosen


def grpo(shop: Workshop) -> None:
    """Reinforce over the whole range of difficulty."""
    plan = shop.plan
    settings = Reinforcement(steps=plan.grpo_steps, problems=plan.grpo_problems, max_minutes=2.5)
    count = -(-settings.steps * settings.problems // len(FAMILIES))
    _reinforce(shop, "cold", "grpo", shop.problems(REINFORCEMENT, count), settings)


def rejection(shop: Workshop) -> None:
    """First round of rejection sampling."""
    tuning = Tuning(epochs=3, batch_examples=shop.plan.batch_examples, learning_rate=4e-4)
    _reject(shop, "grpo", "rejection", 0, k=2, written=[], tuning=tuning)


def grpo2(shop: Workshop) -> None:
    """Second reinforcement, gentler."""
    _reinforce_weak(shop, "rejection", "grpo2", 50_000_000, steps=shop.plan.grpo2_steps)


def rejection2(shop: Workshop) -> None:
    """Second round, with written-out solutions where few responses are right: sampling alone
    keeps what is hard out.
    """
    weak = sorted(shop.weakness("grpo2").items(), key=lambda pair: -pair[1])[:5]
    sizes = {name: shop.plan.written_for_weak for name, _ in weak}
    problems = shop.problems(COLD_START + 50_000_000, shop.plan.written_for_weak)
    written = shop.written(_per_family(problems, sizes))
    shop.note({"model": "rejection2", "written": sizes})
    tuning = Tuning(
        epochs=4, batch_examples=shop.plan.batch_examples, learning_rate=8e-4, balance_speed=3e-4
    )
    _reject(shop, "grpo2", "rejection2", 50_000_000, k=4, written=3 * written, tuning=tuning)


def grpo3(shop: Workshop) -> None:
    """Third reinforcement; the teacher is what is better on the tuning problems, before or
    after it.
    """
    steps = shop.plan.grpo3_steps
    _reinforce_weak(shop, "rejection2", "grpo3", 75_000_000, steps=steps, learning_rate=6e-5)
    scores = {
        name: shop.measure(shop.load(name), name, tuning=True) for name in ("rejection2", "grpo3")
    }
    teacher = shop.load(max(scores, key=lambda name: scores[name]))
    shop.save(teacher, "teacher")


def _reinforce_weak(
    shop: Workshop,
    before: str,
    after: str,
    offset: int,
    *,
    steps: int,
    learning_rate: float = 3e-5,
) -> None:
    """Reinforce most on the families that still fail most."""
    settings = Reinforcement(
        steps=steps,
        problems=shop.plan.grpo_problems,
        learning_rate=learning_rate,
        max_minutes=steps / 40,
        seed=offset,
    )
    total = settings.steps * settings.problems
    weakness = shop.weakness(before)
    scale = total / sum(weakness.values())
    sizes = {name: max(1, round(scale * share)) for name, share in weakness.items()}
    problems = shop.problems(REINFORCEMENT + offset, max(sizes.values()))
    chosen = _per_family(problems, sizes)
    random.Random(1).shuffle(chosen)
    _reinforce(shop, before, after, chosen, settings)


def _reinforce(
    shop: Workshop, before: str, after: str, problems: list[Problem], settings: Reinforcement
) -> None:
    model = shop.load(before)
    log = reinforce(model, shop.tokenizer, problems, settings)
    shop.note({"model": after, "log": log[:: max(1, len(log) // 15)]})
    shop.save(model, after)
    shop.measure(model, after)


def _reject(
    shop: Workshop,
    before: str,
    after: str,
    offset: int,
    *,
    k: int,
    written: list[Example],
    tuning: Tuning,
) -> None:
    """Sample, keep what is right, and fine-tune on it."""
    model = shop.load(before)
    problems = shop.problems(REJECTION + offset, shop.plan.rejection_per_family)
    examples = accepted(model, shop.tokenizer, problems, k=k, temperature=1.0, seed=2)
    shop.note({"model": after, "asked": len(problems), "accepted": len(examples)})
    fine_tune(model, examples + written, tuning, after)
    shop.save(model, after)
    shop.measure(model, after)


STAGES: dict[str, Callable[[Workshop], None]] = {
    "pretrain": pretrain,
    "measure": measure_pretrained,
    "cold": cold,
    "grpo": grpo,
    "rejection": rejection,
    "grpo2": grpo2,
    "rejection2": rejection2,
    "grpo3": grpo3,
    "settle": settle,
    "balance": balance,
    "controls": controls,
}
ON_DEMAND: dict[str, Callable[[Workshop], None]] = {
    "ablation": ablation,
    "zero": zero,
    "versus": versus,
}


def main() -> None:
    """Run the stages that were asked for, in order."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 1) - 3))
    given = parser.parse_args()
    plan = Plan() if given.scale == 1 else Plan().scaled(given.scale)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    reserved()
    # Before CUDA is touched: a pool forked later hangs.
    with get_context("fork").Pool(given.workers) as pool:
        shop = Workshop(given.work, plan, pool, given.workers)
        for name in given.stages.split(","):
            started = time.monotonic()
            (STAGES | ON_DEMAND)[name](shop)
            shop.note({"stage": name, "seconds": time.monotonic() - started})


if __name__ == "__main__":
    main()
