"""What the tests of the engine share; as a script, a client that can be killed.

python tests/distill/sampling_toys.py OUTBOX URL NUM_REQUESTS SETTINGS-JSON
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from distill.config.models import Sampling
from distill.config.prompts import Requests
from distill.errors import UserError
from distill.ids import prompt_id
from distill.sampling.engine import sample
from distill.sampling.feed import Existing
from distill.sampling.report import SampleReport
from distill.sampling.requests import AttemptRequest, Job


@dataclass(frozen=True, kw_only=True)
class ToyModel:
    opens_think: bool = False
    model_id: UUID = field(default=UUID(int=1))


@dataclass(frozen=True, kw_only=True)
class ToyEndpoint:
    base_url: str
    served_name: str = "stub"
    label: str = "stub"
    restart: Callable[[], None] | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"X-Client": str(os.getpid())})

    def is_alive(self) -> bool:
        return True


def toy_job(opens_think: bool = False, **sampling: Any) -> Job:
    model: Any = ToyModel(opens_think=opens_think)
    return Job(model=model, sampling=Sampling(**sampling), stream="test")


def toy_requests(job: Job, messages: Iterable[str]) -> Iterator[AttemptRequest]:
    for message in messages:
        asked = [{"role": "user", "content": message}]
        yield job.request(prompt_id(asked), asked, 0)


def nothing(keys: Iterable[UUID]) -> set[UUID]:
    return set()


def ask_all(
    urls: str | list[str], outbox: Path, messages: Iterable[str], **changes: Any
) -> SampleReport:
    """Sample messages with quick defaults; `changes` go to the settings, or to `sample`."""
    job = changes.pop("job", toy_job())
    existing = changes.pop("existing", nothing)
    on_progress = changes.pop("on_progress", lambda report: None)
    urls = [urls] if isinstance(urls, str) else urls
    settings = {"max_in_flight": 8, "timeout_sec": 20, "stall_sec": 20, "drain_sec": 5, **changes}
    return sample(
        toy_requests(job, messages),
        job=job,
        endpoints=[
            ToyEndpoint(base_url=f"{url}/v1", label=f"stub{i}") for i, url in enumerate(urls)
        ],  # type: ignore[misc]
        outbox=outbox,
        existing=existing,
        settings=Requests.model_validate(settings),
        on_progress=on_progress,
    )


def ask_requests(
    url: str, outbox: Path, requests: Iterable[AttemptRequest], job: Job, existing: Existing
) -> SampleReport:
    """Sample requests that are there already, eight at a time."""
    return sample(
        requests,
        job=job,
        endpoints=[ToyEndpoint(base_url=f"{url}/v1")],  # type: ignore[list-item]
        outbox=outbox,
        existing=existing,
        settings=Requests(max_in_flight=8),
    )


if __name__ == "__main__":
    path, url, num, settings = sys.argv[1:]
    messages = [f"question {i}" for i in range(int(num))]
    try:
        print(ask_all(url, Path(path), messages, **json.loads(settings)))
    except KeyboardInterrupt:
        sys.exit(130)
    except UserError as error:
        print(error)
        sys.exit(2)
