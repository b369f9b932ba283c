"""Files that released versions made: they are brought forward, and say what they said."""

import gzip
from pathlib import Path

import pytest

from tests.warehouse.toy_warehouse import uid
from warehouse.checks import run_checks
from warehouse.database import Warehouse
from warehouse.scripts import migrations

RELEASED = Path(__file__).parent / "released"


@pytest.fixture(params=[path.name for path in sorted(RELEASED.glob("*.gz"))])
def brought_forward(request, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(gzip.decompress((RELEASED / request.param).read_bytes()))
    return Warehouse(path, "test")


def test_an_old_file_gets_every_migration(brought_forward):
    applied = [row["name"] for row in brought_forward.query("applied_migrations")]
    assert applied == [script.name for script in migrations()]
    assert run_checks(brought_forward) == []


def test_an_old_file_says_what_it_said(brought_forward):
    traces = brought_forward.query("select attempt_id, verdict, keep, failed_filters from traces")
    assert {row["attempt_id"]: tuple(row.values())[1:] for row in traces} == {
        uid("t1"): ("correct", True, []),
        uid("t2"): ("wrong", False, ["length", "repetition"]),
        uid("t3"): ("correct", False, ["repetition"]),
        uid("t4"): (None, False, ["format", "length"]),
    }
    losses = brought_forward.query("select filter, num_dropped_first from filter_waterfall")
    assert [tuple(row.values()) for row in losses] == [
        ("format", 1),
        ("length", 1),
        ("repetition", 1),
    ]
    (overview,) = brought_forward.query("datasets_overview")
    assert (overview["arm"], overview["num_train"]) == ("accepted", 1)
