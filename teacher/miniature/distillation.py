"""Full-size students, their controls, and the load balance of the teacher they learn from."""

import json
from dataclasses import replace

from teacher.miniature.model import Decoder
from teacher.miniature.pretrain import violation
from teacher.miniature.problems import (
    STUDENT,
)
from teacher.miniature.prompts import Example, example
from teacher.miniature.rejection import accepted
from teacher.miniature.sft import Tuning, fine_tune, pad
from teacher.miniature.tokenizer import EOS
from teacher.miniature.workshop import BASES, Workshop


def students(shop: Workshop) -> None:
    """Distil the teacher into both bases."""
    teacher = shop.load("teacher")
    problems = shop.problems(STUDENT, shop.plan.student_per_family)
    traces = accepted(teacher, shop.tokenizer, problems, k=1, temperature=0.6, seed=3)
    completion = sum(len(e.completion) for e in traces) / max(1, len(traces))
    tokens = _num_tokens(traces)
    shop.note({"traces": len(traces), "tokens": tokens, "mean_completion": completion})
    shop.note({"model": "teacher", "load_violation": held_out_violation(teacher, traces)})
    for name in BASES:
        student = shop.load(f"pretrain-{name}")
        fine_tune(student, traces, _student_tuning(shop), f"student-{name}")
        shop.save(student, f"student-{name}")
        shop.measure(student, f"student-{name}")
    (shop.work / "student_tokens.json").write_text(json.dumps(tokens))


def controls(shop: Workshop) -> None:
    """Train the bases on direct answers to the students' problems, with as many tokens."""
    tokens = json.loads((shop.work / "student_tokens.json").read_text())
    problems = shop.problems(STUDENT, shop.plan.student_per_family)
    answers = [example(shop.tokenizer, p, "direct", f" {p.answer}{EOS}") for p in problems]
    tuning = _student_tuning(shop)
    equal = replace(tuning, epochs=tuning.epochs * tokens / _num_tokens(answers))
    for name in BASES:
        control = shop.load(f"pretrain-{name}")
        fine_tune(control, answers, equal, f"control-{name}")
        shop.measure(control, f"control-{name}", "direct")


def _num_tokens(examples: list[Example]) -> int:
    return sum(len(e.prompt) + len(e.completion) for e in examples)


def _student_tuning(shop: Workshop) -> Tuning:
    return Tuning(
        epochs=shop.plan.student_epochs,
        batch_examples=shop.plan.batch_examples,
        learning_rate=1.5e-3,
        max_minutes=1.5,
    )


def held_out_violation(
    model: Decoder, traces: list[Example], num_tokens: int = 1_200_000
) -> list[float]:
    """Return max load / mean load - 1 of each expert layer over traces that the model was not
    trained on.
    """
    import torch

    for router in model.routers():
        router.load.zero_()
    seen = 0
    with torch.no_grad():
        for start in range(0, len(traces), 256):
            block = traces[start : start + 256]
            tokens, _ = pad(block, next(model.parameters()).device.type)
            hidden = model(tokens)
            model.mtp(hidden[:, :-1], model.embed_tokens(tokens[:, 1:]))
            seen += tokens.numel()
            if seen >= num_tokens:
                break
    return [round(v, 4) for v in violation(model.routers())]
