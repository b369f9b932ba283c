"""The filters by name; each has a module of its own, with cases that it must get right."""

from typing import Any

from pydantic import ValidationError

from datagen.filters import (
    code_blocks,
    contaminated,
    duplicate,
    leaked_answer,
    length,
    long_paragraphs,
    mixed_languages,
    no_final_answer,
    refusal,
    repetition,
    teacher_identity,
    think_format,
    truncated,
)
from datagen.filters.base import Filter
from distill.config.base import Section
from distill.errors import UserError, nearest

FILTERS: dict[str, Filter[Any]] = {
    rule.name: rule
    for rule in (
        truncated.FILTER,
        think_format.FILTER,
        no_final_answer.FILTER,
        refusal.FILTER,
        teacher_identity.FILTER,
        leaked_answer.FILTER,
        mixed_languages.FILTER,
        long_paragraphs.FILTER,
        code_blocks.FILTER,
        repetition.FILTER,
        length.FILTER,
        contaminated.FILTER,
        duplicate.TRACE_FILTER,
        duplicate.PROBLEM_FILTER,
    )
}


def settings_of(name: str, given: dict[str, Any]) -> Section:
    """Return the settings of a filter, checked.

    Raises:
        UserError: for an unknown filter or setting, and values that do not fit.
    """
    if name not in FILTERS:
        raise UserError(f"filters: no filter {name!r}{nearest(name, FILTERS)}")
    section: type[Section] = FILTERS[name].settings
    try:
        return section.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where, key = f"filters.{name}", ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            hint = nearest(key, section.model_fields)
            raise UserError(f"{where}: no setting {key!r}{hint}") from error
        raise UserError(f"{where}.{key}: {first['msg']}, got {first['input']!r}") from error
