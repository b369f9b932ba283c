"""Token ids and log-probabilities: Parquet files beside the warehouse, keyed by attempt.

    select * from read_parquet('var/tokens/*/*.parquet')

A file is written whole under another name before the attempts that it is of are inserted; what is
in a file is not written again. So a kill at any moment loses and doubles nothing.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from distill.sampling.stored import StoredResponse
from distill.sampling.tokens import read_tokens

SCHEMA = pa.schema(
    {
        "attempt_id": pa.string(),
        # whose log-probabilities these are: the model that wrote the text, or one that scored it
        "model_id": pa.string(),
        "prompt_token_ids": pa.list_(pa.int32()),
        "token_ids": pa.list_(pa.int32()),
        "logprobs": pa.list_(pa.float32()),
        "top_tokens": pa.list_(pa.list_(pa.string())),
        "top_logprobs": pa.list_(pa.list_(pa.float32())),
    }
)


def kept(folder: Path) -> set[UUID]:
    """Return the attempts whose tokens a folder holds."""
    return {
        UUID(key)
        for file in folder.glob("*.parquet")
        for key in pq.read_table(file, columns=["attempt_id"])["attempt_id"].to_pylist()
    }


def keep_tokens(folder: Path, responses: Sequence[StoredResponse], there: set[UUID]) -> None:
    """Write the token data of responses that asked for it, as far as it is not `there` yet."""
    rows = [
        {"attempt_id": str(one.attempt_id), "model_id": str(one.model_id), **asdict(data)}
        for one in responses
        if one.attempt_id not in there and (data := read_tokens(one.body))
    ]
    if not rows:
        return
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{rows[0]['attempt_id']}.parquet"
    unfinished = folder / f".{name}.new"
    with unfinished.open("wb") as file:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / name)
    there.update(UUID(row["attempt_id"]) for row in rows)
