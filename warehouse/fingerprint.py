"""What a warehouse holds, in a few numbers: rows and a checksum for each relation."""

from dataclasses import dataclass

import duckdb

from warehouse.insert import column_types
from warehouse.scripts import statement

OF_THE_FILE = frozenset({"migrations", "marts"})
"""Relations that say how a file was made, not what it holds."""


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """Rows of a relation, and a sum over their hashes: the same in whatever order they lie."""

    num_rows: int
    checksum: str


def fingerprints(connection: duckdb.DuckDBPyConnection) -> dict[str, Fingerprint]:
    """Read all of an open warehouse; DuckDB proves the checksum of each block that it reads.

    Checksums compare between files of one version of DuckDB.
    """
    tables = [name for (name,) in connection.execute(statement("tables")).fetchall()]
    return {name: _fingerprint(connection, name) for name in sorted(set(tables) - OF_THE_FILE)}


def _fingerprint(connection: duckdb.DuckDBPyConnection, relation: str) -> Fingerprint:
    columns = ", ".join(f'"{name}"' for name in sorted(column_types(connection, relation)))
    text = statement("fingerprint").format(relation=relation, columns=columns)
    ((num_rows, checksum),) = connection.execute(text).fetchall()
    return Fingerprint(num_rows=num_rows, checksum=checksum)
