import io

import pytest
from rich.console import Console

from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.home import Home
from warehouse import connection
from warehouse.database import Warehouse
from warehouse.stage import stage_run

RECIPE = Recipe(name="r", description="d")


@pytest.fixture
def context(tmp_path):
    return Context(
        recipe=RECIPE,
        home=Home.at(str(tmp_path / "home")),
        data=None,
        servers=None,
        console=Console(file=io.StringIO()),
    )


def runs(context):
    return Warehouse(context.home.warehouse, "test").query("from runs")


def test_a_run_is_recorded_at_its_start_and_at_its_end(context):
    with stage_run(context, "verify") as (run, warehouse):
        (row,) = warehouse.query("from runs")
        assert (row["run_id"], row["stage"], row["status"]) == (run.run_id, "verify", "running")
        assert (row["recipe"], row["finished"]) == (RECIPE.resolved(), None)
    (row,) = runs(context)
    assert row["status"] == "finished"
    assert row["finished"] >= row["started"]


def test_going_on_is_the_same_row_and_keeps_its_first_start(context):
    with stage_run(context, "verify"):
        pass
    (before,) = runs(context)
    with stage_run(context, "verify") as (run, warehouse):
        run.status.started = "2030-01-01T00:00:00+00:00"
        (during,) = warehouse.query("from runs")
        assert (during["status"], during["finished"]) == ("running", None)
    (after,) = runs(context)
    assert (after["started"], after["status"]) == (before["started"], "finished")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UserError("no"), "failed"),
        (ZeroDivisionError(), "failed"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_how_a_run_ended_early_is_recorded(context, error, status):
    with pytest.raises(type(error)), stage_run(context, "verify"):
        raise error
    (row,) = runs(context)
    assert row["status"] == status
    assert row["finished"] is not None


def test_the_reason_survives_a_warehouse_that_is_gone(context):
    with pytest.raises(ZeroDivisionError), stage_run(context, "verify"):
        context.home.warehouse.write_text("no warehouse any more")
        raise ZeroDivisionError


def test_a_full_disk_is_refused_before_the_run_begins(context, monkeypatch):
    monkeypatch.setattr(connection, "MIN_FREE_BYTES", 10**18)
    with pytest.raises(UserError, match="Make room"), stage_run(context, "verify"):
        raise AssertionError
    assert list(context.home.root.iterdir()) == []
