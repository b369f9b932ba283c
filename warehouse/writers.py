"""Writing the rows of a split into files, so that the same rows make the same bytes."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 1000
"""Rows of a batch: part of what the bytes depend on."""


class SplitWriter(ABC):
    """Writes one split of a training set, batch by batch."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema, dataset_id: str) -> None:
        self._folder, self._split, self._schema = folder, split, schema
        self._dataset_id = dataset_id
        self._rows: list[dict[str, Any]] = []
        self._write: Callable[[pa.RecordBatch], None]
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._write = self._begin(self._open)
        return self

    def __exit__(self, *error: object) -> None:
        with self._open:
            self._flush()

    def add(self, row: dict[str, Any]) -> None:
        """Take a row."""
        self._rows.append(row)
        if len(self._rows) == BATCH_ROWS:
            self._flush()

    @abstractmethod
    def _begin(self, opened: ExitStack) -> Callable[[pa.RecordBatch], None]:
        """Open the split's file, to be closed with `opened`; return what writes a batch."""

    def _flush(self) -> None:
        if self._rows:
            self._write(pa.RecordBatch.from_pylist(self._rows, self._schema))
        self._rows = []


class JsonWriter(SplitWriter):
    """One object a line: SPLIT.jsonl."""

    def _begin(self, opened: ExitStack) -> Callable[[pa.RecordBatch], None]:
        file = opened.enter_context((self._folder / f"{self._split}.jsonl").open("wb"))

        def write(batch: pa.RecordBatch) -> None:
            for row in batch.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

        return write


class ParquetWriter(SplitWriter):
    """SPLIT.parquet."""

    def _begin(self, opened: ExitStack) -> Callable[[pa.RecordBatch], None]:
        path = self._folder / f"{self._split}.parquet"
        writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        write: Callable[[pa.RecordBatch], None] = opened.enter_context(writer).write_batch
        return write


class DatasetsWriter(SplitWriter):
    """A folder a split, as `datasets.load_from_disk` reads it."""

    def _begin(self, opened: ExitStack) -> Callable[[pa.RecordBatch], None]:
        folder = self._folder / self._split
        folder.mkdir()
        file = "data-00000-of-00001.arrow"
        state: dict[str, Any] = {
            "_data_files": [{"filename": file}],
            "_fingerprint": self._dataset_id,
        }
        state |= {"_format_columns": None, "_format_kwargs": {}, "_format_type": None}
        _json(folder / "state.json", state | {"_output_all_columns": False, "_split": self._split})
        _json(folder / "dataset_info.json", {"features": _features(self._schema)})
        splits = [path.name for path in sorted(self._folder.iterdir()) if path.is_dir()]
        _json(self._folder / "dataset_dict.json", {"splits": splits})
        writer = pa.ipc.new_stream(str(folder / file), self._schema)
        write: Callable[[pa.RecordBatch], None] = opened.enter_context(writer).write_batch
        return write


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _features(schema: pa.Schema) -> dict[str, Any]:
    from datasets import Features

    features: dict[str, Any] = Features.from_arrow_schema(schema).to_dict()
    return features


WRITERS: dict[str, type[SplitWriter]] = {
    "jsonl": JsonWriter,
    "parquet": ParquetWriter,
    "datasets": DatasetsWriter,
}
ENDINGS = {"jsonl": "{split}.jsonl", "parquet": "{split}.parquet", "datasets": "{split}/*.arrow"}
"""Where the files of a split lie."""
