"""A run's requests shared out over machines: a folder with the manifest, and an outbox a shard.

    FOLDER/manifest.json          how many shards, and the hash of what is asked for
    FOLDER/prompts.jsonl          what is asked for, so that a shard's machine needs no warehouse
    FOLDER/known                  keys that were answered when the run was split, 16 bytes each
    FOLDER/shard-2/claim.json     which machine works on it
    FOLDER/shard-2/outbox.sqlite  what it has

The folder may be on a shared disk, or be copied to each machine and its outboxes copied back.
Merging is ingest of the outboxes; after that the folder is closed, and the run may be split anew.
"""

import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from distill.errors import UserError
from distill.ids import content_id
from distill.sampling.outbox import settle
from distill.sampling.requests import AttemptRequest, Job, Prompt

KEY_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Shard:
    """The `number`-th of `of` shards, from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `2/8`.

        Raises:
            UserError: if it is nothing of the kind.
        """
        number, slash, of = text.partition("/")
        if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
            return cls(number=int(number), of=int(of))
        raise UserError(f"--shard {text!r}: write it as 2/8, the second of eight.")

    def has(self, prompt_id: UUID) -> bool:
        """Tell whether a prompt is this shard's: by its hash, so evenly and always alike."""
        return prompt_id.int % self.of == self.number - 1


@dataclass(frozen=True, kw_only=True)
class Split:
    """A run that was shared out."""

    folder: Path
    num_shards: int
    num_samples: int
    prompt_set: str
    """Hash of prompts, model, sampling, stream and number of samples."""

    @classmethod
    def open(cls, folder: Path) -> "Split | None":
        """Return the split in a folder, or None if there is none.

        Raises:
            UserError: if its manifest cannot be read.
        """
        path = folder / "manifest.json"
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            return cls(folder=folder, **facts)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise UserError(
                f"manifest {path}: {error}. Copy it again from where the run was split."
            ) from error

    @classmethod
    def make(
        cls,
        folder: Path,
        *,
        job: Job,
        prompts: Sequence[Prompt],
        num_samples: int,
        num_shards: int,
        known: set[UUID],
    ) -> "Split":
        """Share out what is asked for; the manifest comes last."""
        ids = [str(prompt.prompt_id) for prompt in prompts]
        rows = ({"prompt_id": i, "messages": p.messages} for i, p in zip(ids, prompts, strict=True))
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "prompts.jsonl").write_text(text, encoding="utf-8")
        (folder / "known").write_bytes(b"".join(sorted(key.bytes for key in known)))
        facts = {
            "num_shards": num_shards,
            "num_samples": num_samples,
            "prompt_set": prompt_set(job, ids, num_samples),
        }
        unfinished = folder / ".manifest.json"
        unfinished.write_text(json.dumps(facts), encoding="utf-8")
        unfinished.replace(folder / "manifest.json")
        return cls(folder=folder, **facts)  # type: ignore[arg-type]

    def check(self, shard: Shard, job: Job) -> None:
        """Refuse a shard of another split.

        Raises:
            UserError: if the number of shards, the model, the sampling or the prompts differ.
        """
        if shard.of != self.num_shards:
            raise UserError(
                f"shards {self.folder}: this run is split {self.num_shards} ways, not {shard.of}, "
                "until all its shards are merged: `distill generate` without --shard does that."
            )
        ids = [str(prompt.prompt_id) for prompt in self._prompts()]
        if prompt_set(job, ids, self.num_samples) != self.prompt_set:
            raise UserError(
                f"shards {self.folder}: split for another model, sampling or stream than this "
                "recipe's. Use the same recipe and model, or merge first: `distill generate`."
            )

    def claim(self, shard: Shard) -> Path:
        """Return the outbox of a shard, for this machine from now on.

        Raises:
            UserError: if another machine has claimed it.
        """
        place = self._place(shard.number)
        place.mkdir(exist_ok=True)
        claim = place / "claim.json"
        mine = {"host": platform.node(), "pid": os.getpid(), "at": time.time()}
        try:
            with claim.open("x", encoding="utf-8") as file:
                json.dump(mine, file)
        except FileExistsError:
            theirs = json.loads(claim.read_text(encoding="utf-8") or "{}").get("host")
            if theirs != mine["host"]:
                raise UserError(
                    f"shard {shard.number} of {shard.of}: claimed by machine {theirs}. Take another"
                    f" shard, or delete {claim} if that machine will not go on with it."
                ) from None
        return place / "outbox.sqlite"

    def requests(self, shard: Shard, job: Job) -> Iterator[AttemptRequest]:
        """Yield the requests of a shard."""
        for prompt in self._prompts():
            if shard.has(prompt.prompt_id):
                for index in range(self.num_samples):
                    yield job.request(prompt.prompt_id, prompt.messages, index)

    def known(self) -> set[UUID]:
        """Return the keys that were answered when the run was split."""
        data = (self.folder / "known").read_bytes()
        starts = range(0, len(data), KEY_BYTES)
        return {UUID(bytes=data[start : start + KEY_BYTES]) for start in starts}

    def outboxes(self) -> list[Path]:
        """Return the outboxes of claimed shards.

        Raises:
            UserError: if one is being written, or is not here.
        """
        found = []
        for number in range(1, self.num_shards + 1):
            outbox = self._place(number) / "outbox.sqlite"
            if not (self._place(number) / "claim.json").exists() and not outbox.exists():
                continue
            if not outbox.exists():
                raise UserError(
                    f"shard {number} of {self.num_shards}: claimed, and its outbox is not here. "
                    f"Copy it to {outbox}, or delete the folder if nothing was asked."
                )
            settle(outbox)
            found.append(outbox)
        return found

    def close(self) -> Path:
        """Move a merged split aside, where the next one does not find it."""
        aside = self.folder.with_name(f"{self.folder.name}-merged-{time.time_ns()}")
        self.folder.rename(aside)
        return aside

    def _place(self, number: int) -> Path:
        return self.folder / f"shard-{number}"

    def _prompts(self) -> Iterator[Prompt]:
        with (self.folder / "prompts.jsonl").open(encoding="utf-8") as file:
            for row in map(json.loads, file):
                yield Prompt(prompt_id=UUID(row["prompt_id"]), messages=row["messages"])


def prompt_set(job: Job, prompt_ids: Sequence[str], num_samples: int) -> str:
    """Return the hash of everything that a split's shards must agree on."""
    return str(
        content_id(
            {
                "prompts": sorted(prompt_ids),
                "model_id": job.model.model_id,
                "sampling_id": job.sampling_id,
                "stream": job.stream,
                "num_samples": num_samples,
            }
        )
    )


@contextmanager
def splitting(folder: Path) -> Iterator[None]:
    """Hold the folder while a run is split or merged; other shards that start meanwhile wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.with_name(f"{folder.name}.lock")).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder.mkdir(exist_ok=True)  # a merge may have moved it meanwhile
        yield
