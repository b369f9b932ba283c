"""From a trained model in memory to a folder that transformers and vLLM load."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from distill.models.identity import CACHE
from distill.models.weights import weights_id
from distill.runs.home import Home
from distill.runs.run import write_atomically
from distill.templates.gate import COMPLETE, check_probe


def stop_at(model: Any, tokenizer: Any) -> None:
    """Make the tokenizer's end of sequence the model's, so that generation stops at it.

    Other tokens that ended generation before still do. Sampling defaults that came with the base
    go: a server would take them for whatever a request leaves out.
    """
    end, config = tokenizer.eos_token_id, model.config.get_text_config()
    ends = [end, *_ids(model.generation_config.eos_token_id), *_ids(config.eos_token_id)]
    ends = list(dict.fromkeys(ends))
    config.eos_token_id, config.pad_token_id = end, tokenizer.pad_token_id
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends if len(ends) > 1 else end,
        pad_token_id=tokenizer.pad_token_id,
    )


def _ids(ids: int | list[int] | None) -> list[int]:
    return [] if ids is None else ids if isinstance(ids, list) else [ids]


def export(model: Any, tokenizer: Any, folder: Path, dtype: str | None) -> None:
    """Write a model to `folder`, whole or not at all; adapters are merged into it.

    Args:
        model: Trained, plain or with LoRA adapters.
        tokenizer: Goes with it, chat template included.
        folder: Replaced if it is there.
        dtype: Precision to store the weights in; float32 where torch knows none of that name.
    """
    temporary = folder.with_name(f".{folder.name}.export")
    shutil.rmtree(temporary, ignore_errors=True)
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    precision = getattr(torch, dtype or "", torch.float32)
    model.to(precision if isinstance(precision, torch.dtype) else torch.float32)
    model.config.use_cache = True  # training turns it off, and generation would crawl
    model.save_pretrained(temporary)
    for weights in temporary.glob("*.safetensors"):
        weights.chmod(0o644)  # as its other files: save_pretrained makes them the owner's alone
    tokenizer.save_pretrained(temporary)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def complete(folder: Path, home: Home, row: dict[str, Any], probe: dict[str, Any]) -> None:
    """Mark an exported folder complete: its row of `checkpoints` and the gate's probe, last of all.

    Raises:
        UserError: if the exported tokenizer renders another prompt than the one trained on.
    """
    check_probe(folder, probe["messages"], probe["prompt_ids"])
    record = {
        "row": {**row, "weights_id": weights_id(folder, home.models / CACHE)},
        "probe": probe,
    }
    write_atomically(folder / COMPLETE, json.dumps(record, indent=1, default=str))
