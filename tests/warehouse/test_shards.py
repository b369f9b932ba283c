"""A run shared out over machines: killed, merged, continued another way, nothing asked twice."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from distill.errors import UserError
from distill.ids import prompt_id
from distill.sampling.outbox import Outbox
from distill.sampling.requests import Prompt
from distill.sampling.shards import Shard, Split, splitting
from tests.distill.sampling_toys import ask_requests, toy_job
from tests.stub_server import running
from warehouse.database import Warehouse
from warehouse.ingest import ingest_outbox

ROOT = Path(__file__).parents[2]
JOB = toy_job()
RUN = UUID(int=5)
SCRIPT = """
import sys
from pathlib import Path
from distill.sampling.shards import Shard, Split
from tests.distill.sampling_toys import ask_requests, toy_job
folder, text, url = sys.argv[1:]
split, shard, job = Split.open(Path(folder)), Shard.parse(text), toy_job()
outbox = split.claim(shard)
ask_requests(url, outbox, split.requests(shard, job), job, split.known().intersection)
"""


def prompts(num: int) -> list[Prompt]:
    asked = [[{"role": "user", "content": f"shared {i}"}] for i in range(num)]
    return [Prompt(prompt_id=prompt_id(messages), messages=messages) for messages in asked]


def split_into(folder: Path, num_shards: int, known: set[UUID] | None = None) -> Split:
    with splitting(folder):
        return Split.make(
            folder,
            job=JOB,
            prompts=prompts(160),
            num_samples=2,
            num_shards=num_shards,
            known=known or set(),
        )


@contextmanager
def shards(split: Split, url: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, split.folder, f"{number}/{split.num_shards}", url],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )
        for number in range(1, split.num_shards + 1)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_eight_killed_merged_and_continued_as_four(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", "test")
    with running(tmp_path / "log", delay=0.4) as server:
        first = split_into(tmp_path / "shards", 8)
        with shards(first, server.url):
            while len(server.requests()) < 150:
                time.sleep(0.05)
            time.sleep(0.6)  # some of them are answered, some under way
        committed = merged(first, warehouse)
        assert 0 < len(committed) < 320
        asked_then = server.asked()
        second = split_into(tmp_path / "shards", 4, committed)
        with shards(second, server.url) as processes:
            assert [process.wait(60) for process in processes] == [0] * 4
        assert len(merged(second, warehouse)) == 320
        asked = server.asked()
    texts = {p.prompt_id: p.messages[0]["content"] for p in prompts(160)}
    done = [texts[p] for p in texts if {JOB.key(p, 0), JOB.key(p, 1)} <= committed]
    assert all(asked[text] == asked_then[text] for text in done)
    # each was asked twice, for its two samples, and what was with the server at the kill once more
    (lost,) = warehouse.query("select count(*) as num from tries where cause = 'lost'")
    assert 0 < sum(asked.values()) - 320 <= lost["num"] <= 8 * 8


def merged(split: Split, warehouse: Warehouse) -> set[UUID]:
    for outbox in split.outboxes():
        ingest_outbox(warehouse, outbox, RUN)
    split.close()
    with warehouse.read() as connection:
        return {key for (key,) in connection.execute("select attempt_id from attempts").fetchall()}


def test_shards_are_disjoint_and_whole(tmp_path: Path) -> None:
    split = split_into(tmp_path / "s", 3)
    parts = [
        {r.attempt_id for r in split.requests(Shard(number=number, of=3), JOB)}
        for number in (1, 2, 3)
    ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 320
    assert min(map(len, parts)) > 60


def test_another_number_model_or_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = split_into(tmp_path / "s", 8)
    with pytest.raises(UserError, match="split 8 ways, not 4, until all its shards are merged"):
        split.check(Shard.parse("2/4"), JOB)
    with pytest.raises(UserError, match="another model, sampling or stream"):
        split.check(Shard.parse("2/8"), toy_job(temperature=0.1))
    split.check(Shard.parse("2/8"), JOB)
    assert split.claim(Shard.parse("2/8")) == split.claim(Shard.parse("2/8"))  # goes on here
    monkeypatch.setattr("platform.node", lambda: "elsewhere")
    with pytest.raises(UserError, match="claimed by machine"):
        split.claim(Shard.parse("2/8"))
    with pytest.raises(UserError, match="write it as 2/8"):
        Shard.parse("9/8")


def test_a_shard_at_work_or_away_is_not_merged(tmp_path: Path) -> None:
    split = split_into(tmp_path / "s", 2)
    assert split.outboxes() == []
    path = split.claim(Shard.parse("1/2"))
    with pytest.raises(UserError, match="claimed, and its outbox is not here"):
        split.outboxes()
    with Outbox(path, JOB), pytest.raises(UserError, match=r"process .* is sampling into it"):
        split.outboxes()
    assert split.outboxes() == [path]


def test_a_broken_manifest_is_told(tmp_path: Path) -> None:
    assert Split.open(tmp_path) is None
    (tmp_path / "manifest.json").write_text(json.dumps({"num": 3}))
    with pytest.raises(UserError, match="Copy it again"):
        Split.open(tmp_path)


def test_known_keys_are_not_asked(tmp_path: Path) -> None:
    key = JOB.key(prompts(1)[0].prompt_id, 0)
    split = split_into(tmp_path / "s", 1, {key})
    assert split.known() == {key}
    with running(tmp_path / "log") as server:
        requests = split.requests(Shard.parse("1/1"), JOB)
        ask_requests(server.url, tmp_path / "o", requests, JOB, split.known().intersection)
        assert server.asked()["shared 0"] == 1
        assert sum(server.asked().values()) == 319
