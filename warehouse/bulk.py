"""Loading Parquet files into a relation: many rows, in turns that let others in between."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from distill.errors import UserError
from warehouse.database import Warehouse

ROWS_A_TURN = 4096
"""Two row groups, so that two threads compress them; 80 MB of texts of 20 KB, under a second."""


def load_parquet(
    warehouse: Warehouse,
    relation: str,
    paths: Sequence[Path],
    on_progress: Callable[[int], None] = lambda num_rows: None,
) -> int:
    """Add the rows of Parquet files that are new to a relation; return how many were added.

    Killed at any moment and called again, it goes on where it was: rows that are there are new no
    more.

    Args:
        warehouse: Where to.
        relation: Which relation; columns that the files lack are null.
        paths: The files.
        on_progress: Told the number of rows read, turn by turn.

    Raises:
        UserError: if a file is no Parquet file, or has other columns or values than the relation.
    """
    num_new = 0
    for path in paths:
        try:
            for table in _turns(path):
                num_new += warehouse.insert(relation, table)
                on_progress(len(table))
        except (pa.ArrowInvalid, OSError, ValueError) as error:
            raise UserError(f"{path}: cannot be loaded into {relation}: {error}") from error
    return num_new


def _turns(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        rows = ROWS_A_TURN if "text" in file.schema_arrow.names else 50 * ROWS_A_TURN
        for batch in file.iter_batches(batch_size=rows):
            half = (len(batch) + 1) // 2  # DuckDB scans what comes in two batches with two threads
            yield pa.Table.from_batches([batch.slice(0, half), batch.slice(half)])
