"""Supervised fine-tuning of one student with TRL: settings, one training, its figures."""

import ctypes
import gc
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # TRL would report every training

import datasets
import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, PrinterCallback
from transformers.utils import logging as transformers_logging
from trl import SFTConfig, SFTTrainer

from distill.config.training import Sft
from distill.errors import UserError
from distill.runs.progress import Advance
from distill.templates.gate import check_vocabulary
from student.callbacks import SaveAndStop, Say, ShowSteps
from student.data import Item
from student.export import stop_at
from student.prepare import Prepared, collator
from student.resume import Progress, last_whole

transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained model, still in memory, and what `checkpoints` keeps of its training."""

    model: Any
    metrics: dict[str, Any]


def num_steps(sft: Sft, num_examples: int) -> int:
    """Return how many optimiser steps a training takes."""
    steps = math.ceil(sft.num_epochs * math.ceil(num_examples / sft.batch_size))
    return min(steps, sft.max_steps or steps)


def load_model(folder: Path, tokenizer: Any) -> Any:
    """Return a base in float32, its configuration naming the end of turn as the end of sequence.

    Raises:
        UserError: if it does not load, or lacks embeddings for its tokenizer.
    """
    try:
        model = AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=torch.float32,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(f"model folder {folder}: its model does not load: {reason}") from error
    check_vocabulary(tokenizer, model.get_input_embeddings().num_embeddings)
    stop_at(model, tokenizer)
    return model


def train(prepared: Prepared, work: Path, advance: Advance, say: Say) -> Trained:
    """Train a student, going on from the last whole checkpoint in `work`.

    Args:
        prepared: Base, examples and settings.
        work: Folder for checkpoints to go on from.
        advance: Told about steps and loss.
        say: Told what a person should know.
    """
    data = prepared.data
    whole = last_whole(work)
    before = whole.progress if whole else Progress()
    trainer = make_trainer(load_model(prepared.folder, prepared.tokenizer), prepared, work)
    if whole is None and data.validation:
        before = Progress(validation_loss=trainer.evaluate()["eval_loss"])
    saver = SaveAndStop(before)
    trainer.add_callback(saver)
    trainer.add_callback(ShowSteps(advance))
    with saver.catching_ctrl_c(say):
        trainer.train(resume_from_checkpoint=str(whole.folder) if whole else None)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    after = trainer.evaluate()["eval_loss"] if data.validation else None
    tokens = int(trainer.state.num_input_tokens_seen)
    return Trained(
        model=trainer.accelerator.unwrap_model(trainer.model),
        metrics={
            "num_examples": len(data.train),
            "num_validation": len(data.validation),
            "num_over_length": data.num_over_length,
            "num_unanswered": data.num_unanswered,
            "num_steps": trainer.state.global_step,
            "first_loss": losses[0],
            "last_loss": losses[-1],
            "validation_loss_before": before.validation_loss,
            "validation_loss_after": after,
            "num_tokens": tokens,
            "seconds": saver.seconds,
            "tokens_per_sec": tokens / saver.seconds,
            "device": trainer.args.device.type,
        },
    )


def release() -> None:
    """Give back the memory of a model that nothing refers to any more: a server comes next."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    with suppress(OSError, AttributeError):  # glibc keeps what was freed, a gigabyte and more
        ctypes.CDLL(None).malloc_trim(0)


def make_trainer(model: Any, prepared: Prepared, work: Path) -> Any:
    """Return TRL's trainer for a loaded base, ready to evaluate and train."""
    data, sft = prepared.data, prepared.job.sft
    trainer = SFTTrainer(
        model=model,
        args=sft_config(sft, num_steps(sft, len(data.train)), work),
        processing_class=prepared.tokenizer,
        train_dataset=_rows(data.train),
        eval_dataset=_rows(data.validation) if data.validation else None,
        data_collator=collator(prepared.tokenizer),
        peft_config=_lora(sft),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _rows(items: Sequence[Item]) -> Any:
    ids = datasets.Sequence(datasets.Value("int32"))
    return datasets.Dataset.from_dict(
        {
            "input_ids": [item.encoded.input_ids for item in items],
            "labels": [item.encoded.labels for item in items],
        },
        features=datasets.Features({"input_ids": ids, "labels": ids}),
    )


def _lora(sft: Sft) -> Any:
    if sft.lora is None:
        return None
    from peft import LoraConfig

    return LoraConfig(
        r=sft.lora.r,
        lora_alpha=sft.lora.alpha,
        lora_dropout=sft.lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def sft_config(sft: Sft, steps: int, work: Path) -> Any:
    """Return TRL's settings for `steps` optimiser steps.

    Weights are float32, on a GPU under bfloat16 autocast. The schedule is the one whose warm-up
    starts above zero, so that a single step learns something.
    """
    on_gpu = torch.cuda.is_available()
    micro = min(sft.micro_batch_size, sft.batch_size)
    config = SFTConfig(
        output_dir=str(work),
        max_steps=steps,
        per_device_train_batch_size=micro,
        per_device_eval_batch_size=micro,
        gradient_accumulation_steps=sft.batch_size // micro,
        learning_rate=sft.learning_rate,
        lr_scheduler_type="cosine_warmup_with_min_lr",
        lr_scheduler_kwargs={"min_lr_rate": sft.min_learning_rate_ratio},
        warmup_steps=math.ceil(sft.warmup_ratio * steps),
        weight_decay=sft.weight_decay,
        seed=sft.seed,
        data_seed=sft.seed,
        use_cpu=not on_gpu,
        bf16=on_gpu,
        gradient_checkpointing=on_gpu,
        dataloader_pin_memory=on_gpu,
        max_length=None,  # data.py dropped what is longer; TRL would cut it
        packing=False,
        padding_free=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        include_num_input_tokens_seen="non_padding",
        logging_steps=1,
        save_strategy="no",  # SaveAndStop decides
        eval_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    config._n_gpu = min(config.n_gpu, 1)  # one process trains on one; TRL refuses DataParallel
    return config
