"""A recipe's filters made ready: settings checked, references at hand, inline cases right."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from datagen.filters import FILTERS, settings_of
from datagen.filters.base import Filter, Ruling, Trace, response
from datagen.references import KeptOut
from datagen.text.overlap import References
from distill.config.base import Section
from distill.config.curation import FilterCase, FilterSpec
from distill.errors import UserError
from distill.ids import content_id

OTHER_DOMAIN = Ruling(keep=True, reason="other domain")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A filter with the settings that the recipe gives it."""

    filter: Filter[Any]
    settings: Section
    domains: tuple[str, ...] | None = None
    references: References | None = None
    depends_on: tuple[str, ...] = ()
    """What rulings depend on beside settings and text."""

    @property
    def name(self) -> str:
        """Of the filter."""
        return self.filter.name

    @cached_property
    def key(self) -> dict[str, Any]:
        """What results of this rule are kept under."""
        return self.key_with()

    def key_with(self, *more: str) -> dict[str, Any]:
        """Return the key of rulings that depend on `more` too."""
        parts: list[Any] = [self.settings.model_dump(mode="json")]
        if self.domains is not None:
            parts.append({"domains": self.domains})
        parts += [*self.depends_on, *more]
        return {
            "filter": self.filter.name,
            "version": self.filter.version,
            "config_hash": content_id(parts[0] if len(parts) == 1 else parts),
        }

    def apply(self, trace: Trace) -> Ruling:
        """Rule on a trace."""
        if self.domains is not None and trace.domain not in self.domains:
            return OTHER_DOMAIN
        if self.filter.needs_references:
            return self.filter.apply(trace, self.settings, self.references)
        return self.filter.apply(trace, self.settings)


def rules_of(
    specs: Sequence[FilterSpec], level: Literal["trace", "problem"], kept_out: KeptOut
) -> list[Rule]:
    """Return rules in their order.

    Raises:
        UserError: for unknown filters and settings, filters named twice or ruling on something
            else, and cases that come out otherwise than stated.
    """
    where = "filters" if level == "trace" else "problem_filters"
    names = [spec.name for spec in specs]
    rules = []
    for spec in specs:
        if names.count(spec.name) > 1:
            raise UserError(
                f"{where}: {spec.name!r} is named twice; a recipe applies each filter once"
            )
        settings = settings_of(spec.name, spec.settings)
        rules.append(rule := _rule(spec, settings, kept_out))
        if rule.filter.level not in (level, "both"):
            raise UserError(
                f"{where}: {spec.name!r} rules on {rule.filter.level}s. Move it to "
                f"{'problem_filters' if level == 'trace' else 'filters'}."
            )
        if rule.filter.needs_all and (spec.cases or spec.domains):
            raise UserError(
                f"{where}: {spec.name!r} compares texts with each other; it takes neither domains "
                "nor cases"
            )
        for number, case in enumerate(spec.cases):
            _check_case(rule, case, f"{where}.{spec.name}.cases.{number}")
    return rules


def _rule(spec: FilterSpec, settings: Any, kept_out: KeptOut) -> Rule:
    rule = FILTERS[spec.name]
    if not rule.needs_references:
        return Rule(filter=rule, settings=settings, domains=spec.domains)
    return Rule(
        filter=rule,
        settings=settings,
        domains=spec.domains,
        references=kept_out.references(settings.ngram, settings.min_words),
        depends_on=(str(kept_out.content_id),),
    )


def _check_case(rule: Rule, case: FilterCase, where: str) -> None:
    facts: dict[str, Any] = {
        "prompt": case.prompt,
        "golds": case.golds,
        "outcome": case.outcome,
        "completion_tokens": case.completion_tokens,
    }
    trace = response(case.reasoning, case.answer, **facts)
    if case.text is not None:
        trace = Trace(text=case.text, reasoning=case.reasoning, answer=case.answer, **facts)
    # The domain is the recipe's own business: cases are of what the rule is for.
    ruling = Rule(filter=rule.filter, settings=rule.settings, references=rule.references).apply(
        trace
    )
    if ruling.reason != case.reason:
        raise UserError(
            f"{where}: {rule.name} says {ruling.reason!r}, the case {case.reason!r} "
            f"(measured: {ruling.score}). Correct the case or the settings {rule.settings!r}."
        )
