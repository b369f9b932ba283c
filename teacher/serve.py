"""`make serve`: the teacher's server in the foreground, for every stage and for curl."""

import json
import os
import platform
import time

from distill.config.models import ModelSpec
from distill.errors import UserError
from distill.models.identity import identify
from distill.runs.context import Context
from distill.runs.run import Run, open_run
from distill.serving.pool import Endpoint
from distill.serving.registry import Entry, find, registered

POLL_SEC = 0.5


def check(context: Context) -> None:
    """Refuse a recipe whose teacher cannot be served, or is served already.

    Raises:
        UserError: says why, and the way out.
    """
    spec = _teacher(context)
    model = identify(spec, context.home)
    for entry in find(context.home, model.model_id, spec.max_model_len):
        raise UserError(
            f"{entry.served_name} is served already at {entry.base_url} by process {entry.pid}: "
            "stages find it there. Stop that one first to start another."
        )
    context.servers.check(spec)


def run(context: Context) -> None:
    """Serve the teacher until Ctrl-C.

    Raises:
        UserError: if the server does not start, or dies.
    """
    check(context)
    spec = _teacher(context)
    with (
        open_run(context.home, context.recipe, "serve") as serving,
        context.servers.endpoint(spec, serving) as endpoint,
        registered(context.home, _entry(context, spec, endpoint, serving)),
    ):
        _say(context, endpoint)
        try:
            while endpoint.is_alive():
                time.sleep(POLL_SEC)
        except KeyboardInterrupt:
            context.console.print("stopping the server")


def _teacher(context: Context) -> ModelSpec:
    spec = context.recipe.models.teacher
    if spec is None:
        raise UserError(f"recipe {context.recipe.name!r}: no models.teacher, so nothing to serve.")
    if spec.url:
        raise UserError(
            f"recipe {context.recipe.name!r}: models.teacher.url names a server that runs already. "
            "Leave it out to start one here."
        )
    return spec


def _entry(context: Context, spec: ModelSpec, endpoint: Endpoint, run: Run) -> Entry:
    return Entry(
        model_id=identify(spec, context.home).model_id,
        served_name=endpoint.served_name,
        base_url=endpoint.base_url,
        max_model_len=spec.max_model_len,
        pid=os.getpid(),
        host=platform.node(),
        log=run.directory,
    )


def _say(context: Context, endpoint: Endpoint) -> None:
    messages = [{"role": "user", "content": "What is 6 times 7?"}]
    request = {"model": endpoint.served_name, "messages": messages, "max_tokens": 100}
    lines = (
        f"{endpoint.served_name} is served at {endpoint.base_url}. Try it:",
        f"  curl -s {endpoint.base_url}/chat/completions -H 'Content-Type: application/json' "
        f"-d '{json.dumps(request)}'",
        "Stages of this home folder use it while it runs. Ctrl-C stops it.",
    )
    for line in lines:  # whole lines, so that they can be pasted
        context.console.print(line, markup=False, highlight=False, soft_wrap=True)
