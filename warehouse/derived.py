"""Marts that are tables: kept up by every insert, and made anew from the facts at will.

The script of such a mart is `create table NAME as` a query over `touched`, a relation of attempts:
of all of them it makes the table, of some it makes their rows. So what is kept up and what would
be made from nothing come from one text, and a check proves them equal.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from warehouse.scripts import Script, marts, statement

TOUCHED_BY: Mapping[str, str] = {
    "attempts": "touched_by_attempts",
    "verdicts": "touched_attempts",
    "filter_results": "touched_attempts",
    "run_attempts": "touched_attempts",
    "prompts": "touched_by_prompts",
    "problem_sources": "touched_by_sources",
    "runs": "touched_by_runs",
    "run_filters": "touched_by_runs",
    "run_verifiers": "touched_by_runs",
}
"""Which attempts new rows of a relation touch: a statement of warehouse/sql over `incoming`."""
SAID_BY: Mapping[str, frozenset[str]] = {
    "trace_parts": frozenset({"attempts"}),
    "filter_outcomes": frozenset({"run_attempts", "filter_results", "runs", "run_filters"}),
}
"""Derived tables that only rows of these relations change; the others any row that touches."""


def keep_up(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Make derived rows anew that the rows of `incoming`, just added to `relation`, touch."""
    if relation not in TOUCHED_BY:
        return
    _touch(connection, statement(TOUCHED_BY[relation]))
    (touched,) = connection.execute(statement("count_touched")).fetchall()[0]
    for mart in derived() if touched else ():
        if relation not in SAID_BY.get(mart.name, TOUCHED_BY):
            continue
        for template in ("delete_touched", "insert_derived"):
            text = statement(template).format(relation=mart.name, query=mart.query)
            connection.execute(text).fetchall()


def touch_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Let `touched` hold every attempt."""
    _touch(connection, statement("touched_all"))


def derived() -> tuple[Script, ...]:
    """Return the marts that are tables, each after those that it reads."""
    return tuple(mart for mart in marts() if mart.is_table)


def differences(connection: duckdb.DuckDBPyConnection, mart: Script) -> list[dict[str, Any]]:
    """Return rows of a derived table that the facts do not say, and the other way round."""
    touch_all(connection)
    text = statement("derived_differences").format(relation=mart.name, query=mart.query)
    cursor = connection.execute(text)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _touch(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    connection.execute(statement("touch").format(query=query)).fetchall()
