"""A report with everything in it that can go wrong: markup, long names, missing numbers."""

from dataclasses import replace
from uuid import UUID

from eval.results import OVERALL, Comparison, Report, Score, Table

NASTY = "rg/<script>alert(1)</script>[red]"
BASE, STUDENT, TEACHER = UUID(int=1), UUID(int=2), UUID(int=3)


def score(role: str, benchmark: str, value: float | None, num_problems: int = 40) -> Score:
    return Score(
        role=role,
        student=None if role == "teacher" else "tiny-qwen",
        model={"teacher": "smollm2-135m-instruct", "base": "tiny-qwen-base"}.get(
            role, "tiny-qwen-1a2b3c4d"
        ),
        benchmark=benchmark,
        wording=None if benchmark == OVERALL else "plain",
        num_problems=num_problems,
        k=4,
        pass_at_1=value,
        ci_low=None if value is None else max(0, value - 0.13),
        ci_high=None if value is None else min(1, value + 0.14),
        num_undecided=1,
        num_truncated=12,
        mean_completion_tokens=212.4,
    )


def comparison(benchmark: str, base: float, student: float, teacher: float | None) -> Comparison:
    gain = student - base
    difference = None if teacher is None else student - teacher
    return Comparison(
        student="tiny-qwen",
        benchmark=benchmark,
        student_model_id=STUDENT,
        base_model_id=BASE,
        teacher_model_id=TEACHER,
        num_problems=40,
        k=4,
        student_pass_at_1=student,
        base_pass_at_1=base,
        teacher_pass_at_1=teacher,
        gain=gain,
        gain_low=gain - 0.08,
        gain_high=gain + 0.09,
        gain_p_value=0.0004,
        difference=difference,
        difference_low=None if difference is None else difference - 0.11,
        difference_high=None if difference is None else difference + 0.12,
        p_value=None if difference is None else 0.31,
        recovered=None if teacher is None else gain / (teacher - base),
        recovered_low=None if teacher is None else 0.31,
        recovered_high=None if teacher is None else 0.97,
    )


LEVELS = {
    "rg/chain_sum": (0.1, 0.425, 0.6),
    "rg/basic_arithmetic_and_something_long": (0.0, 0.3, 0.35),
    NASTY: (0.25, 0.7, None),
    "gsm8k": (0.02, 0.05, 0.05001),
    OVERALL: (0.0925, 0.36875, 0.42),
}


def toy_report() -> Report:
    scores = [
        score(role, benchmark, value, 160 if benchmark == OVERALL else 40)
        for benchmark, values in LEVELS.items()
        for role, value in zip(("base", "student", "teacher"), values, strict=True)
    ]
    return Report(
        recipe="smol-cpu",
        description="SmolLM2-135M-Instruct as teacher and student on two cores",
        confidence=0.95,
        made="2026-11-24 10:31 UTC",
        code_version="0.1.0+5a38622",
        scores=tuple(scores),
        comparisons=tuple(comparison(name, *values) for name, values in LEVELS.items()),
        measured=(
            ("Responses a problem (k)", "4"),
            ("Temperature, top-p", "0.6, 0.95"),
            ("Longest response", "512 tokens"),
            ("Verifiers", "math/1, reasoning-gym/1"),
            (
                "How the teacher is asked",
                "wording few-shot, the response made to start with '<think>\\n'",
            ),
        ),
        tables=(
            Table(
                title="Yield by source",
                header=("source", "traces", "correct", "wrong", "undecided", "kept"),
                rows=(
                    ("chain_sum", "200", "120", "75", "5", "101"),
                    ("<b>gsm8k</b>", "40", "2", "38", "0", "2"),
                ),
            ),
            Table(
                title="Time of each stage",
                header=("stage", "time"),
                rows=(("generate", "4 min 3 s"),),
            ),
        ),
        warnings=("aime2024 was skipped: its data is not here.",),
    )


def without_teacher() -> Report:
    report = toy_report()
    return replace(
        report,
        scores=tuple(s for s in report.scores if s.role != "teacher"),
        comparisons=tuple(
            comparison(name, base, student, None) for name, (base, student, _) in LEVELS.items()
        ),
    )
