"""Where the shards of a generate run lie, and merging them: ingest of their outboxes."""

from pathlib import Path

from distill.runs.context import Context
from distill.sampling.shards import Split, splitting
from warehouse.database import Warehouse
from warehouse.ingest import ingest_outbox


def shards_folder(context: Context, folder: Path | None) -> Path:
    """Return the folder that was named, or the one in the run's."""
    if folder is not None:
        return folder
    recipe = context.recipe
    return context.home.run_dir(recipe.name, "generate", recipe.run_id("generate")) / "shards"


def merge(context: Context, warehouse: Warehouse, folder: Path | None) -> int:
    """Take what shards have into the warehouse and close their split; return what was new.

    Raises:
        UserError: if a shard is at work, or its outbox is not here.
    """
    place = shards_folder(context, folder)
    if not place.exists():
        return 0
    with splitting(place):
        split = Split.open(place)
        if split is None:
            return 0
        run_id = context.recipe.run_id("generate")
        new = sum(ingest_outbox(warehouse, outbox, run_id) for outbox in split.outboxes())
        split.close()
    context.console.print(f"{split.num_shards} shards merged: {new} new traces.")
    return new
