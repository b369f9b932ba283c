"""Comments on the columns of marts: a column that is passed on keeps its comment."""

import duckdb

from warehouse.scripts import marts, statement


def comment_on_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each column of a mart without a comment that of its name in what the mart reads.

    Of several relations the first that its script names counts.
    """
    known: dict[str, dict[str, str | None]] = {}
    for relation, column, comment in connection.execute(statement("column_comments")).fetchall():
        known.setdefault(relation, {})[column] = comment
    statements = []
    for mart in marts():
        own = known[mart.name]
        reads = [known[word] for word in mart.words() if word in known and word != mart.name]
        for column in [name for name, comment in own.items() if comment is None]:
            own[column] = next((of[column] for of in reads if of.get(column)), None)
            if own[column]:
                text = str(own[column]).replace("'", "''")
                statements.append(f"comment on column {mart.name}.{column} is '{text}'")
    connection.execute(";".join(statements)).fetchall()
