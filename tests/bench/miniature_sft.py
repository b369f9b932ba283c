"""SFT through TRL beside a plain training loop: the same base, examples, batches and settings.

They take turns; tokens are those that are not padding, prompt and completion; time is that of the
steps, loading and saving apart. Where there is a GPU it is used.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID

import torch
import torch.nn.functional as F

from distill.config.models import ModelSpec
from distill.config.training import Sft
from distill.models.identity import identify
from distill.runs.home import Home
from student.data import Dataset, Trace
from student.job import Job
from student.prepare import Prepared, collator, prepare
from student.trainer import load_model, train
from teacher.miniature.problems import take_all
from tests.bench.figure import Figure

PER_FAMILY = 80
ROUNDS = 3
SFT = Sft(num_epochs=1, learning_rate=1e-3, batch_size=32, micro_batch_size=32, max_length=1024)


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Tokens a second, and the last loss."""

    tokens_per_sec: float
    loss: float


def measure() -> Iterator[Figure]:
    """Yield TRL's rate beside the plain loop's."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = _prepared(Home.at(folder))
        rounds = []
        for number in range(ROUNDS):
            work = Path(folder, f"work-{number}")
            rounds.append((_timed_trl(prepared, work), _plain(prepared)))
    trl, plain = (
        median(speed.tokens_per_sec for speed in side) for side in zip(*rounds, strict=True)
    )
    yield Figure(
        name="sft_tokens",
        group="miniature",
        value=trl,
        unit="tokens/s through TRL",
        peer="plain loop",
        peer_value=plain,
        target=0.8,
    )


def _prepared(home: Home) -> Prepared:
    problems = take_all(5_000_000, PER_FAMILY)
    random.Random(0).shuffle(problems)
    traces = tuple(
        Trace(
            attempt_id=UUID(int=i),
            split="train",
            messages=[{"role": "user", "content": problem.question}],
            reasoning=problem.work,
            answer=problem.answer,
        )
        for i, problem in enumerate(problems)
    )
    dataset = Dataset(dataset_id=UUID(int=0), traces=traces)
    base = identify(ModelSpec(source="miniature/base-qwen3"), home)
    job = Job(
        student="bench", base=base, dataset_id=UUID(int=0), sft=SFT, settings_hash=UUID(int=0)
    )
    return prepare(job, dataset, home)


def _timed_trl(prepared: Prepared, work: Path) -> Speed:
    def nothing(num: int, note: str = "") -> None:
        """Shows no progress."""

    metrics = train(prepared, work, nothing, lambda text: None).metrics
    return Speed(tokens_per_sec=metrics["tokens_per_sec"], loss=metrics["last_loss"])


def _plain(prepared: Prepared) -> Speed:
    """Train with nothing but PyTorch: forward, backward, clip, AdamW."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_model(prepared.folder, prepared.tokenizer).to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=SFT.learning_rate, weight_decay=0.0)
    items, collate = list(prepared.data.train), collator(prepared.tokenizer)
    random.Random(SFT.seed).shuffle(items)
    seconds, tokens, final = 0.0, 0, 0.0
    for start in range(0, len(items), SFT.batch_size):
        chunk = items[start : start + SFT.batch_size]
        begun = time.perf_counter()
        batch = collate(
            [{"input_ids": i.encoded.input_ids, "labels": i.encoded.labels} for i in chunk]
        )
        batch = {name: value.to(device) for name, value in batch.items()}
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            logits = model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).logits
        loss = F.cross_entropy(
            logits[:, :-1].flatten(0, 1).float(), batch["labels"][:, 1:].flatten()
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        final = loss.item()
        seconds += time.perf_counter() - begun
        tokens += int(batch["attention_mask"].sum())
    return Speed(tokens_per_sec=tokens / seconds, loss=final)
