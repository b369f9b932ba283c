"""Around the finished teacher: its experts' load settled and measured, and what the bases learn
from direct answers alone.
"""

from collections.abc import Iterator

import torch

from distill.config.load import load_recipe
from distill.config.prompts import GymSource
from teacher.miniature.model import Decoder
from teacher.miniature.pretrain import violation
from teacher.miniature.problems import REINFORCEMENT, STUDENT, take_ranges
from teacher.miniature.prompts import Example, example
from teacher.miniature.rejection import accepted
from teacher.miniature.sft import Tuning, fine_tune, pad
from teacher.miniature.tokenizer import EOS
from teacher.miniature.workshop import BASES, Workshop


def settle(shop: Workshop) -> None:
    """Even out the load that reinforcement left, by bias updates alone on the teacher's own traces
    of training problems; no weight changes.
    """
    teacher, plan = shop.load("teacher"), shop.plan
    problems = shop.problems(REINFORCEMENT + 90_000_000, plan.settle_per_family)
    traces = accepted(teacher, shop.tokenizer, problems, k=1, temperature=0.6, seed=9)
    before = load_violation(teacher, traces)
    for speed in (1e-3, 1e-3, 3e-4, 1e-4):
        for _ in routed(teacher, traces):
            for router in teacher.routers():
                router.balance(speed)
    after = load_violation(teacher, traces)
    shop.note({"model": "teacher", "settled_from": before, "settled_to": after})
    shop.save(teacher, "teacher")
    shop.measure(teacher, "teacher")


def balance(shop: Workshop) -> None:
    """Measure the load of the teacher's experts on its own right traces of held-out problems."""
    teacher = shop.load("teacher")
    problems = shop.problems(STUDENT, shop.plan.balance_per_family)
    traces = accepted(teacher, shop.tokenizer, problems, k=1, temperature=0.6, seed=3)
    load = load_violation(teacher, traces)
    shop.note({"model": "teacher", "tokens": _num_tokens(traces), "load_violation": load})


def controls(shop: Workshop) -> None:
    """Train the bases on direct answers to the problems of tiny-full, with as many tokens as its
    students get.
    """
    sources = [s for s in load_recipe("tiny-full").prompts if isinstance(s, GymSource)]
    problems = take_ranges([(s.family, s.seed, s.size) for s in sources], shop.pool)
    answers = [example(shop.tokenizer, p, "direct", f" {p.answer}{EOS}") for p in problems]
    tuning = Tuning(
        epochs=shop.plan.control_tokens / _num_tokens(answers),
        batch_examples=shop.plan.batch_examples,
        learning_rate=1.5e-3,
        max_minutes=1.5,
    )
    for name in BASES:
        control = shop.load(f"pretrain-{name}")
        fine_tune(control, answers, tuning, f"control-{name}")
        shop.save(control, f"control-{name}")
        shop.measure(control, f"control-{name}", "direct")


def _num_tokens(examples: list[Example]) -> int:
    return sum(len(e.prompt) + len(e.completion) for e in examples)


def routed(model: Decoder, traces: list[Example]) -> Iterator[None]:
    """Run batch after batch through the model, its routers counting their load."""
    for router in model.routers():
        router.load.zero_()
    for start in range(0, len(traces), 256):
        with torch.no_grad():
            tokens, _ = pad(traces[start : start + 256], next(model.parameters()).device.type)
            hidden = model(tokens)
            model.mtp(hidden[:, :-1], model.embed_tokens(tokens[:, 1:]))
        yield


def load_violation(model: Decoder, traces: list[Example]) -> list[float]:
    """Return max load / mean load - 1 of each expert layer over traces, the multi-token-prediction
    module's last.
    """
    for _ in routed(model, traces):
        pass
    return [round(v, 4) for v in violation(model.routers())]
