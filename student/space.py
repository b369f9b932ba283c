"""Room on disk for a training: seen before it starts, not at its first checkpoint."""

import math
import shutil
from pathlib import Path

from distill.config.training import Sft
from distill.errors import UserError

TRAINING_BYTES = 12
"""A parameter in a trainer's checkpoint: itself and Adam's two moments, float32."""
EXPORT_BYTES = 4
"""A parameter of the finished student, at most."""


def num_parameters(folder: Path) -> int:
    """Return how many numbers a model folder's safetensors files hold, from their headers."""
    from safetensors import safe_open

    total = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            total += sum(math.prod(file.get_slice(name).get_shape()) for name in names)
    return total


def check_space(base: Path, checkpoints: Path, sft: Sft) -> None:
    """Refuse a training whose checkpoints would not fit.

    Two to go on from may lie beside each other while one takes the other's place; adapters are
    small.

    Raises:
        UserError: says how much is wanted and free, and where.
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    each = EXPORT_BYTES + (0 if sft.lora else 2 * TRAINING_BYTES)
    wanted, free = num_parameters(base) * each, shutil.disk_usage(checkpoints).free
    if wanted > free:
        raise UserError(
            f"checkpoints {checkpoints}: training {base.name} may need {wanted / 1e9:.1f} GB, "
            f"{free / 1e9:.1f} GB are free. Make room or choose another --home."
        )
