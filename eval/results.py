"""The results of one evaluation run, as tables, page and picture show them."""

from dataclasses import dataclass
from uuid import UUID

OVERALL = "overall"
ROLES = ("base", "student", "teacher")
"""As they are shown: the student stands between where it came from and where it should go."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """One role on one benchmark, or on all of them; undefined numbers are None."""

    role: str
    student: str | None
    """Whose base or checkpoint it is; None for the teacher."""
    model: str
    benchmark: str
    wording: str | None
    num_problems: int
    k: int | None
    pass_at_1: float | None
    ci_low: float | None
    ci_high: float | None
    num_undecided: int
    num_truncated: int
    mean_completion_tokens: float | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A student against its base and the teacher on one benchmark, or on all of them."""

    student: str
    benchmark: str
    student_model_id: UUID
    base_model_id: UUID | None
    teacher_model_id: UUID | None
    num_problems: int
    k: int | None
    student_pass_at_1: float | None
    base_pass_at_1: float | None
    teacher_pass_at_1: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    gain_p_value: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    p_value: float | None
    recovered: float | None
    recovered_low: float | None
    recovered_high: float | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A titled table of text; all columns but the first are numbers."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a report says."""

    recipe: str
    description: str
    confidence: float
    made: str
    """When, in UTC."""
    code_version: str
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    measured: tuple[tuple[str, str], ...]
    """How it was measured: (what, value)."""
    tables: tuple[Table, ...]
    """The traces that it was trained on, and the stages' times."""
    warnings: tuple[str, ...] = ()
    """What was skipped, and what is missing."""

    @property
    def students(self) -> list[str]:
        """The students' names, in order; a teacher alone has a section of its own."""
        names = dict.fromkeys(score.student for score in self.scores if score.student)
        return list(names) or ["teacher"]

    @property
    def benchmarks(self) -> list[str]:
        """The benchmarks in order, `overall` last."""
        names = dict.fromkeys(score.benchmark for score in self.scores)
        return [
            *(name for name in names if name != OVERALL),
            *([OVERALL] if OVERALL in names else []),
        ]

    def score(self, role: str, student: str | None, benchmark: str) -> Score | None:
        """Return one score, or None where that role was not evaluated."""
        owner = None if role == "teacher" else student
        return next(
            (
                score
                for score in self.scores
                if (score.role, score.student, score.benchmark) == (role, owner, benchmark)
            ),
            None,
        )

    def comparison(self, student: str, benchmark: str) -> Comparison | None:
        """Return one comparison, or None where the student was not evaluated."""
        return next(
            (c for c in self.comparisons if (c.student, c.benchmark) == (student, benchmark)), None
        )

    def role_scores(self, student: str, benchmark: str) -> list[Score]:
        """Return what there is of base, student and teacher on a benchmark."""
        found = (self.score(role, student, benchmark) for role in ROLES)
        return [score for score in found if score]

    def num_problems(self, student: str, benchmark: str) -> int:
        """Return the number of problems of a benchmark that were scored."""
        return max((s.num_problems for s in self.role_scores(student, benchmark)), default=0)
