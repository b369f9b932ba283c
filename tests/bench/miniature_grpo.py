"""The teacher's GRPO loop beside TRL's GRPOTrainer on one GPU: the same model, problems and sizes.

Both sample 16 completions to each of 128 problems at temperature 1 and update once on all of them.
TRL samples with transformers' generate here: its way without a server. The first update, which
compiles and allocates, does not count.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import torch

from teacher.miniature.export import load_exported
from teacher.miniature.grpo import Reinforcement, reinforce, reward
from teacher.miniature.pretrain import SHAPES
from teacher.miniature.problems import REINFORCEMENT, Problem, take_all
from teacher.miniature.tokenizer import build
from tests.bench.engine_vllm import MODEL
from tests.bench.figure import Figure
from tests.bench.skipped import Skipped


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is done."""

    problems: int = 128
    """Problems an update."""
    group: int = 16
    """Completions a problem."""
    updates: int = 4
    """The first of which is not timed."""
    micro_batch: int = 512
    """Sequences a forward pass."""


def measure() -> Iterator[Figure]:
    """Yield the seconds an update of both."""
    if not torch.cuda.is_available():
        raise Skipped("it takes a GPU: on a CPU an update of TRL's takes many minutes")
    yield from compare(Size())


def compare(size: Size) -> Iterator[Figure]:
    """Yield the seconds an update of both."""
    problems = take_all(REINFORCEMENT, -(-size.problems * size.updates // 12))
    yield Figure(
        name="grpo_update",
        group="miniature",
        value=_ours(problems, size),
        unit="s an update",
        peer="TRL's GRPOTrainer",
        peer_value=_trl(problems, size),
        lower_is_better=True,
    )


def _ours(problems: list[Problem], size: Size) -> float:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_exported(MODEL, SHAPES["teacher"]).to(device)
    settings = Reinforcement(
        steps=size.updates,
        problems=size.problems,
        group=size.group,
        micro_batch=size.micro_batch,
    )
    ended = [line["sec"] for line in reinforce(model, build(), problems, settings)]
    return median(after - before for before, after in pairwise(ended))


def _trl(problems: list[Problem], size: Size) -> float:
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    ended: list[float] = []
    settings = Reinforcement()
    known = {problem.question: problem for problem in problems}

    class Clock(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            ended.append(time.monotonic())

    def rule(prompts: list[Any], completion_ids: list[list[int]], **_: Any) -> list[float]:
        texts = tokenizer.batch_decode(completion_ids)
        asked = [known[messages[-1]["content"]] for messages in prompts]
        return [reward(one, text, settings) for one, text in zip(asked, texts, strict=True)]

    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    tokenizer.padding_side = "left"
    with tempfile.TemporaryDirectory() as folder:
        on_gpu = torch.cuda.is_available()
        config = GRPOConfig(
            output_dir=folder,
            per_device_train_batch_size=min(size.micro_batch, size.problems * size.group),
            gradient_accumulation_steps=max(1, size.problems * size.group // size.micro_batch),
            num_generations=size.group,
            max_completion_length=settings.max_tokens,
            max_steps=size.updates,
            temperature=settings.temperature,
            learning_rate=settings.learning_rate,
            beta=0.0,
            bf16=on_gpu,
            use_cpu=not on_gpu,
            gradient_checkpointing=False,
            save_strategy="no",
            report_to="none",
            logging_strategy="no",
        )
        trainer = GRPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32),
            reward_funcs=rule,
            args=config,
            processing_class=tokenizer,
            train_dataset=Dataset.from_list(
                [{"prompt": [{"role": "user", "content": p.question}]} for p in problems]
            ),
            callbacks=[Clock()],
        )
        trainer.train()
    return median(after - before for before, after in pairwise(ended))
