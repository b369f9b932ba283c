"""Data checks: what constraints would hold in another database, proved by queries here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.database import Warehouse
from warehouse.derived import derived, differences
from warehouse.keys import KEYS
from warehouse.scripts import marts, scripts, statement

CHECKS = Path(__file__).parent / "checks"
MAX_EXAMPLES = 5


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A check that found rows."""

    check: str
    num_rows: int
    examples: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        shown = "; ".join(str({k: str(v) for k, v in row.items()}) for row in self.examples)
        return f"{self.check}: {self.num_rows} rows, such as {shown}"


def run_checks(warehouse: Warehouse) -> list[Violation]:
    """Run warehouse/checks/*.sql, look for duplicates, and make derived tables once more.

    Returns:
        The checks that found rows.
    """
    checks = {script.name: script.text for script in scripts(CHECKS)}
    for relation, keys in KEYS.items():
        checks[f"duplicate keys in {relation}"] = statement("duplicate_keys").format(
            relation=relation, keys=", ".join(f'"{key}"' for key in keys)
        )
    for mart in marts():
        checks[f"duplicate rows in {mart.name}"] = statement("duplicate_rows").format(
            relation=mart.name,
            keys=", ".join(mart.grain),
            known=" and ".join(f"{key} is not null" for key in mart.grain),
        )
    found = [(name, warehouse.query(text)) for name, text in checks.items()]
    with warehouse.read() as connection:
        found += [(f"{mart.name} is kept up", differences(connection, mart)) for mart in derived()]
    return [
        Violation(check=name, num_rows=len(rows), examples=tuple(rows[:MAX_EXAMPLES]))
        for name, rows in found
        if rows
    ]
