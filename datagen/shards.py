"""`distill generate --shard 2/8`: one machine's share of a generate run, into its own outbox.

The first shard that starts where the warehouse is splits the run; after that no shard touches the
warehouse. `distill generate` without --shard merges what the shards have.
"""

from pathlib import Path

from datagen.generate import chosen_prompts, teacher_of
from datagen.split import shards_folder
from distill.errors import UserError
from distill.models.identity import identify
from distill.runs.context import Context
from distill.runs.progress import track
from distill.runs.run import open_run
from distill.sampling.engine import sample
from distill.sampling.report import SampleReport
from distill.sampling.requests import Job
from distill.sampling.shards import Shard, Split, splitting
from warehouse.collect import announce, known_keys
from warehouse.stage import stage_run


def run(context: Context, text: str, folder: Path | None) -> None:
    """Ask for a shard's requests.

    Raises:
        UserError: if it is claimed by another machine, or is of another split, and whatever
            sampling raises.
    """
    shard, recipe = Shard.parse(text), context.recipe
    if recipe.generation.adaptive:
        raise UserError(
            "--shard: generation.adaptive decides by verdicts, which shards do not have. Remove "
            "one of the two: without --shard one process keeps the servers of many machines busy, "
            "and models.teacher.url may list them."
        )
    spec = teacher_of(recipe)
    job = Job(
        model=identify(spec, context.home),
        sampling=recipe.generation.sampling,
        stream=recipe.generation.stream,
        api=spec.api,
        tokens=recipe.generation.tokens,
    )
    place = shards_folder(context, folder)
    with splitting(place):
        split = Split.open(place) or _split(context, place, job, shard.of)
        split.check(shard, job)
        outbox = split.claim(shard)
    requests, known = list(split.requests(shard, job)), split.known()
    name = f"generate-{shard.number}-of-{shard.of}"
    shown = 0

    with (
        open_run(context.home, recipe, name) as current,
        context.servers.endpoints(spec, current) as servers,
        track(context.console, current, name, len(requests), "traces") as advance,
    ):

        def show(report: SampleReport) -> None:
            nonlocal shown
            settled = report.num_answered + report.num_failed + report.num_found
            advance(settled - shown)
            shown = settled

        report = sample(
            requests,
            job=job,
            endpoints=servers,
            outbox=outbox,
            existing=known.intersection,
            settings=recipe.requests,
            on_progress=show,
        )
    context.console.print(
        f"shard {text}: {report.num_found} found, {report.num_answered} answered, "
        f"{report.num_failed} failed; in {outbox}"
    )


def _split(context: Context, folder: Path, job: Job, num_shards: int) -> Split:
    num_samples = context.recipe.generation.num_samples
    with stage_run(context, "generate") as (current, warehouse):
        prompts = chosen_prompts(context, warehouse)
        samples = range(num_samples)
        wanted = [job.request(p.prompt_id, p.messages, i) for p in prompts for i in samples]
        announce(current, warehouse, job, wanted)
        return Split.make(
            folder,
            job=job,
            prompts=prompts,
            num_samples=num_samples,
            num_shards=num_shards,
            known=known_keys(current, warehouse),
        )
