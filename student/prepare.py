"""From a job to examples that passed every check, before anything is trained."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.models.folder import read_config
from distill.runs.home import Home
from distill.templates.gate import check_batch, check_template
from distill.templates.render import end_of_turn, load_tokenizer
from student.data import Dataset, Item, TrainingSet, encode_traces
from student.job import Job
from student.space import check_space


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A job that waits for its training."""

    job: Job
    folder: Path
    """The base."""
    tokenizer: Any
    data: TrainingSet


def prepare(job: Job, dataset: Dataset, home: Home) -> Prepared:
    """Encode the traces for one student and put them through the gate.

    Raises:
        UserError: if there is no room, a broken tokenizer, nothing to train on, or an example that
            would teach something else than its text.
    """
    folder = job.base.path
    assert folder is not None, "a base without a folder was refused when it was resolved"
    check_space(folder, home.checkpoints, job.sft)
    tokenizer = student_tokenizer(folder)
    data = encode_traces(
        tokenizer,
        dataset.traces,
        max_length=min(job.sft.max_length, _context_length(folder)),
        over_length=job.sft.over_length,
    )
    check_items(tokenizer, [*data.train, *data.validation])
    return Prepared(job=job, folder=folder, tokenizer=tokenizer, data=data)


def _context_length(folder: Path) -> int:
    config = read_config(folder)
    positions = config.get("text_config", config).get("max_position_embeddings")
    return positions if isinstance(positions, int) else 2**31


def student_tokenizer(folder: Path) -> Any:
    """Return a base's tokenizer as its student will have it: the end of a turn ends the sequence.

    Padding may be the same token, since labels are masked by position.

    Raises:
        UserError: if it does not load or cannot frame a conversation.
    """
    tokenizer = load_tokenizer(folder)
    check_template(tokenizer)
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end_of_turn(tokenizer))
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    return tokenizer


def collator(tokenizer: Any) -> Any:
    """Return what makes padded batches; padding is told by position, so it may equal the end."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    return DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad_token_id)


def check_items(tokenizer: Any, items: Sequence[Item], size: int = 8) -> None:
    """Run the template gate on batches as the trainer will see them.

    Raises:
        UserError: for an example that would teach something else than its text.
    """
    sample, collate = gate_sample(items), collator(tokenizer)
    for start in range(0, len(sample), size):
        chunk = sample[start : start + size]
        examples = [item.example for item in chunk]
        batch = collate(
            [{"input_ids": i.encoded.input_ids, "labels": i.encoded.labels} for i in chunk]
        )
        check_batch(tokenizer, examples, {k: v.tolist() for k, v in batch.items()})


def gate_sample(items: Sequence[Item], size: int = 64) -> list[Item]:
    """Return items evenly over all lengths, the shortest and the longest among them."""
    ordered = sorted(items, key=lambda item: len(item.encoded.input_ids))
    if len(ordered) <= size:
        return ordered
    return [ordered[round(i * (len(ordered) - 1) / (size - 1))] for i in range(size)]
