"""The SQL of the warehouse: statements by name, migrations in order, marts after what they read."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

HERE = Path(__file__).parent
SQL = HERE / "sql"


@cache
def statement(name: str) -> str:
    """Return the text of warehouse/sql/NAME.sql."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Script:
    """A .sql file of the schema."""

    name: str
    text: str

    @property
    def number(self) -> int:
        """Order of a migration."""
        return int(self.name.split("_")[0])

    @property
    def sha256(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_table(self) -> bool:
        """Whether a mart is a table: derived, and kept up by every insert."""
        return self.text.startswith(f"create table {self.name} as\n")

    @property
    def query(self) -> str:
        """What a mart that is a table selects."""
        return self._first.removeprefix(f"create table {self.name} as\n")

    @property
    def grain(self) -> tuple[str, ...]:
        """What the comment on a mart says, in brackets, tells its rows apart."""
        comment = re.search(rf"comment on \w+ {self.name} is '[^[]*\[([\w, ]+)\]", self.text)
        return tuple(comment[1].split(", ")) if comment else ()

    def words(self) -> list[str]:
        """Return the words of its first statement in order: what a mart reads is among them."""
        return re.findall(r"\w+", re.sub("--.*", "", self._first))

    @property
    def _first(self) -> str:
        return self.text.partition(";\n")[0]


def scripts(folder: Path) -> tuple[Script, ...]:
    """Return the .sql files of a folder by name."""
    files = sorted(folder.glob("*.sql"))
    return tuple(Script(name=file.stem, text=file.read_text(encoding="utf-8")) for file in files)


@cache
def migrations() -> tuple[Script, ...]:
    """Return the migrations in order."""
    return scripts(HERE / "migrations")


@cache
def marts() -> tuple[Script, ...]:
    """Return the marts, each after those that it reads."""
    by_name = {script.name: script for script in scripts(HERE / "marts")}
    reads = {
        name: set(script.words()) & by_name.keys() - {name} for name, script in by_name.items()
    }
    return tuple(by_name[name] for name in TopologicalSorter(reads).static_order())
