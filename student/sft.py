"""Stage sft: fine-tunes every student of the recipe on the chosen traces, each once."""

import shutil
from datetime import UTC, datetime

from rich.table import Table

from distill.config.training import Base, Sft
from distill.errors import UserError
from distill.models.chat_template import chat_template
from distill.models.identity import identify
from distill.models.resolve import resolve
from distill.runs.context import Context
from distill.runs.progress import track
from distill.runs.run import Run
from distill.templates.gate import probe
from student.data import Dataset, load_dataset
from student.job import Job, finished
from student.prepare import Prepared, prepare
from student.resume import only_trainer
from warehouse.database import Warehouse
from warehouse.stage import stage_run


def check(context: Context) -> None:
    """Refuse bases that are no models or have no chat template, and batches that do not divide."""
    student = context.recipe.student
    for name, base in _to_train(context).items():
        _check_batches(name, student.sft_of(name))
        folder = resolve(base, context.home)
        if chat_template(folder) is None:
            raise UserError(
                f"student {name!r}: {folder} has no chat template, so the prompts of training and "
                "evaluation cannot be the same. Add a chat_template.jinja to it."
            )


def _to_train(context: Context) -> dict[str, Base]:
    """Return the bases that bring no finished student."""
    bases = context.recipe.student.bases
    return {name: base for name, base in bases.items() if not base.checkpoint}


def _check_batches(name: str, sft: Sft) -> None:
    if sft.batch_size % min(sft.micro_batch_size, sft.batch_size):
        raise UserError(
            f"student {name!r}: sft.batch_size = {sft.batch_size} is no multiple of "
            f"micro_batch_size = {sft.micro_batch_size}. Change one of them."
        )


def run(context: Context) -> None:
    """Train what is not trained yet and record it; print what each student learned."""
    if not (bases := _to_train(context)):
        context.console.print(
            "no students to train in the recipe (student.bases): nothing to train"
        )
        return
    with stage_run(context, "sft") as (run_, warehouse):
        dataset = load_dataset(warehouse, context.recipe)
        jobs = [_job(context, name, dataset) for name in bases]
        missing = [job for job in jobs if finished(job.folder(context.home)) is None]
        prepared = [prepare(job, dataset, context.home) for job in missing]
        _record(context, warehouse, jobs)
        if prepared:
            context.servers.close()  # their memory is needed
        for each in prepared:
            _train(context, run_, each)
            _record(context, warehouse, [each.job])
        _summarise(context, jobs, missing)


def _record(context: Context, warehouse: Warehouse, jobs: list[Job]) -> None:
    """Write the rows of finished jobs; a crash may have come between, or the warehouse be new."""
    rows = [finished(job.folder(context.home)) for job in jobs]
    warehouse.insert("checkpoints", [row for row in rows if row])


def _job(context: Context, name: str, dataset: Dataset) -> Job:
    student = context.recipe.student
    # a server that may hold the base too does not matter: its folder is trained
    base = student.bases[name].model_copy(update={"url": None})
    return Job(
        student=name,
        base=identify(base, context.home),
        dataset_id=dataset.dataset_id,
        sft=student.sft_of(name),
        settings_hash=student.settings_hash(name),
    )


def _train(context: Context, run_: Run, prepared: Prepared) -> None:
    """Train, export and complete one student."""
    from student.export import complete, export
    from student.trainer import num_steps, release, train

    job = prepared.job
    folder, work = job.folder(context.home), job.work_folder(context.home)
    steps = num_steps(job.sft, len(prepared.data.train))
    with only_trainer(work):
        with track(context.console, run_, f"sft {job.student}", steps, "steps") as advance:
            trained = train(prepared, work, advance, context.console.print)
        export(trained.model, prepared.tokenizer, folder, job.base.dtype)
        row = {
            "base_weights_id": job.base.weights_id,
            "dataset_id": job.dataset_id,
            "run_id": run_.run_id,
            "student": job.student,
            "settings_hash": job.settings_hash,
            "metrics": trained.metrics,
            "created": datetime.now(UTC).isoformat(),
        }
        messages = prepared.data.train[0].example.messages
        complete(folder, context.home, row, probe(prepared.tokenizer, messages))
        shutil.rmtree(work)
    del trained
    release()


def _summarise(context: Context, jobs: list[Job], trained: list[Job]) -> None:
    table = Table(title="students", title_justify="left", box=None, pad_edge=False)
    table.add_column("student")
    for column in ("examples", "steps", "loss", "validation loss", "tok/s"):
        table.add_column(column, justify="right")
    table.add_column("checkpoint", overflow="fold")
    for job in jobs:
        folder = job.folder(context.home)
        metrics = (finished(folder) or {})["metrics"]
        left_out = metrics["num_over_length"] + metrics["num_unanswered"]
        table.add_row(
            job.student,
            f"{metrics['num_examples']}" + (f" ({left_out} left out)" if left_out else ""),
            str(metrics["num_steps"]),
            _change(metrics["first_loss"], metrics["last_loss"]),
            _change(metrics["validation_loss_before"], metrics["validation_loss_after"]),
            f"{metrics['tokens_per_sec']:,.0f}",
            str(folder) + ("" if job in trained else " (there already)"),
        )
    context.console.print(table)


def _change(before: float | None, after: float | None) -> str:
    return "-" if before is None or after is None else f"{before:.3f} -> {after:.3f}"
