"""Reading recipes: TOML, --set, and errors that name the key and the nearest right one."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from distill.config.recipe import Recipe
from distill.errors import UserError, nearest

RECIPES = Path(__file__).parent.parent / "recipes"


def recipe_path(name_or_path: str) -> Path:
    """Return the file of a shipped recipe's name or of a path.

    Raises:
        UserError: if there is neither.
    """
    shipped = {path.stem: path for path in RECIPES.glob("*.toml")}
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise UserError(
        f"recipe {name_or_path!r}: no shipped recipe and no file of that name"
        f"{nearest(name_or_path, shipped)}. `distill recipes` lists those that ship."
    )


def load_recipe(name_or_path: str, overrides: Iterable[str] = ()) -> Recipe:
    """Return the resolved recipe: defaults < the recipe it extends < file < overrides.

    Args:
        name_or_path: A shipped recipe's name or a TOML file.
        overrides: `key.path=value`, the value as in TOML; list entries by their number.

    Raises:
        UserError: for a missing or malformed file, unknown keys, and values that do not fit.
    """
    path = recipe_path(name_or_path)
    table = _read(path)
    table["name"] = table.get("name", path.stem)
    for override in overrides:
        _set(table, override)
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        raise UserError(f"recipe {path}:\n" + "\n".join(_explain(error))) from error


def _read(path: Path, heirs: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the table over that of the recipe it `extends`; paths beside it made absolute."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"recipe {path}: not a TOML file: {error}") from error
    for source in table.get("prompts", []):
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            beside = path.parent / source["path"]
            source["path"] = str(beside.resolve()) if beside.exists() else source["path"]
    if "extends" not in table:
        return table
    parent = recipe_path(str(table.pop("extends")))
    if parent in (*heirs, path):
        raise UserError(f"recipe {path}: extends itself by way of {parent}")
    inherited = _read(parent, (*heirs, path))
    inherited.pop("name", None)
    return _merge(inherited, table)


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return `above` over `below`: tables are merged key by key, anything else is replaced."""
    merged = below | above
    for key in below.keys() & above.keys():
        if isinstance(below[key], dict) and isinstance(above[key], dict):
            merged[key] = _merge(below[key], above[key])
    return merged


def _set(table: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    *parents, last = key.strip().split(".")
    if not equals or not last:
        raise UserError(f"--set {override!r}: write it as key.path=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = (
            text.strip()
        )  # a bare word is a string, so that nobody has to quote twice in a shell
    node: Any = table
    try:
        for part in parents:
            node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
        node[int(last) if isinstance(node, list) else last] = value
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise UserError(f"--set {override!r}: the recipe has no such place") from error


def _explain(error: ValidationError) -> Iterable[str]:
    for problem in error.errors():
        location = [str(part) for part in problem["loc"]]
        where = ".".join(location) or "recipe"
        if problem["type"] == "extra_forbidden":
            hint = nearest(location[-1], _keys_beside(problem["loc"]))
            yield f"  {where}: unknown key {location[-1]!r}{hint}"
        elif problem["type"] == "missing":
            yield f"  {where}: required, but missing"
        else:
            value = "" if isinstance(problem["input"], Mapping) else f", got {problem['input']!r}"
            yield f"  {where}: {problem['msg'].removeprefix('Value error, ')}{value}"


def _keys_beside(location: tuple[int | str, ...]) -> set[str]:
    """Return the keys that the table holding the last part of `location` may have."""
    sections: list[type[BaseModel]] = [Recipe]
    for part in location[:-1]:
        inner = [
            section
            for parent in sections
            for name, field in parent.model_fields.items()
            if name == part
            for section in _sections_in(field.annotation)
        ]
        sections = (
            inner or sections
        )  # indices, names in tables and discriminators do not lead deeper
        tagged = [
            s
            for s in sections
            if "kind" in s.model_fields and part in get_args(s.model_fields["kind"].annotation)
        ]
        sections = tagged or sections
    return {name for section in sections for name in section.model_fields}


def _sections_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for inner in get_args(annotation) for section in _sections_in(inner)]
