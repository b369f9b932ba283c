"""What the stages are worth, on demand: balancing on and off, GRPO without a cold start, GRPO on a
student against distillation into it.
"""

import time

from teacher.miniature.controls import load_violation
from teacher.miniature.grpo import Reinforcement, reinforce
from teacher.miniature.model import Decoder
from teacher.miniature.pretrain import Pretraining
from teacher.miniature.pretraining import Job, pretrain_together
from teacher.miniature.problems import REINFORCEMENT, STUDENT
from teacher.miniature.rejection import accepted
from teacher.miniature.sft import Tuning, fine_tune
from teacher.miniature.workshop import BASES, Workshop


def ablation(shop: Workshop) -> None:
    """Pretrain the teacher twice, equally short, with bias updates and without; measure the load
    over written-out solutions of held-out problems.
    """
    plan = shop.plan
    jobs = [
        Job(
            name=f"balance-{word}",
            shape="teacher",
            tokens=plan.ablation_tokens,
            rows=plan.batch_rows,
            balance_speed=speed,
        )
        for word, speed in (("on", Pretraining.balance_speed), ("off", 0.0))
    ]
    pretrain_together(shop, jobs, plan.pretrain_minutes)
    solutions = shop.written(shop.evaluation)
    for job in jobs:
        load = load_violation(shop.load(f"pretrain-{job.name}").eval(), solutions)
        shop.note({"model": job.name, "load_violation": load})


def zero(shop: Workshop) -> None:
    """R1-Zero in small: GRPO from the pretrained model, in the worked form that it knows."""
    model = shop.load("pretrain-teacher")
    shop.measure(model, "zero-before", "worked")
    _reinforce_worked(shop, "zero", model, shop.plan.compared_minutes)


def versus(shop: Workshop) -> None:
    """Distil the teacher into a student base, and reinforce the base for as many minutes."""
    plan, base = shop.plan, f"pretrain-{BASES[0]}"
    problems = shop.problems(STUDENT, plan.compared_per_family)
    started = time.monotonic()
    traces = accepted(shop.load("teacher"), shop.tokenizer, problems, k=1, temperature=0.6, seed=5)
    sampling = (time.monotonic() - started) / 60
    tuning = Tuning(
        epochs=4,
        batch_examples=plan.batch_examples,
        learning_rate=1.5e-3,
        max_minutes=max(0.01, plan.compared_minutes - sampling),
    )
    student = shop.load(base)
    fine_tune(student, traces, tuning, "versus-distilled")
    minutes = (time.monotonic() - started) / 60
    shop.note({"model": "versus-distilled", "minutes": minutes, "traces": len(traces)})
    shop.measure(student, "versus-distilled")
    _reinforce_worked(shop, "versus-grpo", shop.load(base), minutes)


def _reinforce_worked(shop: Workshop, name: str, model: Decoder, minutes: float) -> None:
    plan = shop.plan
    settings = Reinforcement(
        steps=plan.grpo_steps,
        problems=plan.grpo_problems,
        form="worked",
        max_minutes=minutes,
        seed=7,
    )
    problems = shop.problems(REINFORCEMENT + 80_000_000, plan.compared_per_family)
    log = reinforce(model, shop.tokenizer, problems, settings)
    shop.note({"model": name, "log": log[:: max(1, len(log) // 15)]})
    shop.measure(model, name, "worked")
