import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from distill.errors import UserError
from distill.models.weights import weights_id
from distill.runs.run import read_status
from distill.templates.gate import COMPLETE, check_checkpoint
from student import sft, trainer
from tests.student.toy_student import (
    DATASET,
    fill,
    said,
    toy_base,
    toy_context,
    toy_recipe,
    toy_traces,
)

KILLED_AFTER_TWO_STEPS = """
import os, signal, sys
from pathlib import Path
from student import callbacks, sft
from tests.student.toy_student import toy_context, toy_recipe

class Killer(callbacks.ShowSteps):
    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step == 2:
            os.kill(os.getpid(), signal.SIGKILL)

callbacks.SAVE_AFTER_SEC, callbacks.SAVE_SHARE = 0.0, float("inf")
from student import trainer
trainer.ShowSteps = Killer
home = Path(sys.argv[1])
sft.run(toy_context(home, toy_recipe(home)))
"""


def checkpoints(home: Path) -> list[Path]:
    return sorted((home / "checkpoints").iterdir())


def test_every_student_is_trained_exported_and_recorded(tmp_path: Path) -> None:
    base = toy_base(tmp_path)
    recipe = toy_recipe(tmp_path)
    warehouse = fill(tmp_path, recipe, toy_traces())
    context = toy_context(tmp_path, recipe)
    sft.check(context)
    sft.run(context)
    (folder,) = checkpoints(tmp_path)
    check_checkpoint(folder)
    (row,) = warehouse.query("from checkpoints")
    assert row["weights_id"] == weights_id(folder)
    assert row["base_weights_id"] == weights_id(base)
    assert (row["dataset_id"], row["run_id"]) == (DATASET, recipe.run_id("sft"))
    assert (row["student"], row["path"]) == ("llama", str(folder))
    assert (row["metrics"]["num_examples"], row["metrics"]["num_steps"]) == (8, 4)
    assert context.servers.num_closed == 1
    status = read_status(context.home.run_dir("toy", "sft", recipe.run_id("sft")))
    assert status is not None
    assert (status.state, status.done, status.total) == ("finished", 4, 4)
    assert "llama           8      4" in said(context)
    assert str(folder) in said(context)


def test_the_recorded_settings_find_the_checkpoint_again(tmp_path: Path) -> None:
    base = toy_base(tmp_path)
    recipe = toy_recipe(tmp_path)
    warehouse = fill(tmp_path, recipe, toy_traces())
    sft.run(toy_context(tmp_path, recipe))
    keys = {"base_weights_id": weights_id(base), "dataset_id": DATASET}
    settings = recipe.student.settings_hash("llama")
    found = warehouse.query("student_checkpoint", **keys, settings_hash=settings)
    assert [Path(row["path"]) for row in found] == checkpoints(tmp_path)
    other = toy_recipe(tmp_path, seed=5).student.settings_hash("llama")
    assert warehouse.query("student_checkpoint", **keys, settings_hash=other) == []


def test_what_is_trained_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_base(tmp_path)
    recipe = toy_recipe(tmp_path)
    warehouse = fill(tmp_path, recipe, toy_traces())
    sft.run(toy_context(tmp_path, recipe))
    before = warehouse.query("from checkpoints")
    with warehouse.write() as connection:
        connection.execute("delete from checkpoints")
    monkeypatch.delattr(trainer, "train")
    again = toy_context(tmp_path, recipe)
    sft.run(again)
    assert warehouse.query("from checkpoints") == before
    assert again.servers.num_closed == 0
    assert "(there already)" in said(again)


def test_other_settings_are_another_checkpoint(tmp_path: Path) -> None:
    toy_base(tmp_path)
    for settings in ({"max_steps": 1}, {"max_steps": 1, "seed": 1}):
        recipe = toy_recipe(tmp_path, **settings)
        warehouse = fill(tmp_path, recipe, toy_traces())
        sft.run(toy_context(tmp_path, recipe))
    assert len(checkpoints(tmp_path)) == 2
    assert len(warehouse.query("from checkpoints")) == 2


def test_an_export_that_was_not_completed_is_made_again(tmp_path: Path) -> None:
    toy_base(tmp_path)
    recipe = toy_recipe(tmp_path, max_steps=1)
    fill(tmp_path, recipe, toy_traces())
    sft.run(toy_context(tmp_path, recipe))
    (folder,) = checkpoints(tmp_path)
    identity = weights_id(folder)
    (folder / COMPLETE).unlink()
    (folder / "model.safetensors").write_bytes(b"half")
    sft.run(toy_context(tmp_path, recipe))
    assert checkpoints(tmp_path) == [folder]
    assert weights_id(folder) == identity


def test_ctrl_c_is_recorded_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_base(tmp_path)
    recipe = toy_recipe(tmp_path)
    fill(tmp_path, recipe, toy_traces())
    with monkeypatch.context() as patch:
        patch.setattr(
            trainer.ShowSteps, "on_step_begin", lambda *_, **__: signal.raise_signal(signal.SIGINT)
        )
        with pytest.raises(KeyboardInterrupt):
            sft.run(toy_context(tmp_path, recipe))
    run = toy_context(tmp_path, recipe).home.run_dir("toy", "sft", recipe.run_id("sft"))
    status = read_status(run)
    assert status is not None
    assert status.state == "interrupted"
    (work,) = checkpoints(tmp_path)
    assert [path.name for path in work.glob("checkpoint-*")] == ["checkpoint-1"]
    context = toy_context(tmp_path, recipe)
    sft.run(context)
    (folder,) = checkpoints(tmp_path)
    assert json.loads((folder / COMPLETE).read_text())["row"]["metrics"]["num_steps"] == 4


@pytest.mark.slow
def test_kill_9_loses_no_finished_step(tmp_path: Path) -> None:
    toy_base(tmp_path)
    recipe = toy_recipe(tmp_path)
    fill(tmp_path, recipe, toy_traces())
    command = [sys.executable, "-c", KILLED_AFTER_TWO_STEPS, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run(command, env=environment, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    (work,) = checkpoints(tmp_path)
    assert [path.name for path in work.glob("checkpoint-*")] == ["checkpoint-2"]
    sft.run(toy_context(tmp_path, recipe))
    (resumed,) = checkpoints(tmp_path)
    identity = weights_id(resumed)
    (resumed / COMPLETE).unlink()
    sft.run(toy_context(tmp_path, recipe))  # from the beginning, in one go
    assert weights_id(resumed) == identity


def test_an_empty_training_set_stops_before_servers_are_closed(tmp_path: Path) -> None:
    toy_base(tmp_path)
    recipe = toy_recipe(tmp_path)
    fill(tmp_path, recipe, [])
    context = toy_context(tmp_path, recipe)
    with pytest.raises(UserError, match="`distill dataset --recipe toy`"):
        sft.run(context)
    assert context.servers.num_closed == 0


def test_a_base_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="base"):
        sft.check(toy_context(tmp_path, toy_recipe(tmp_path)))


def test_a_base_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    (toy_base(tmp_path) / "chat_template.jinja").unlink()
    with pytest.raises(UserError, match=r"student 'llama': .* has no chat template"):
        sft.check(toy_context(tmp_path, toy_recipe(tmp_path)))


def test_batches_that_do_not_divide_are_refused(tmp_path: Path) -> None:
    toy_base(tmp_path)
    recipe = toy_recipe(tmp_path, batch_size=5, micro_batch_size=2)
    with pytest.raises(UserError, match="batch_size = 5 is no multiple of micro_batch_size = 2"):
        sft.check(toy_context(tmp_path, recipe))
    sft.check(toy_context(tmp_path, toy_recipe(tmp_path, batch_size=1, micro_batch_size=8)))


def test_a_recipe_without_students_trains_nothing(tmp_path: Path) -> None:
    recipe = toy_recipe(tmp_path)
    recipe = recipe.model_copy(update={"student": recipe.student.model_copy(update={"bases": {}})})
    context = toy_context(tmp_path, recipe)
    sft.check(context)
    sft.run(context)
    assert "nothing to train" in said(context)


def test_a_base_with_a_finished_student_is_not_trained(tmp_path: Path) -> None:
    toy_base(tmp_path)
    recipe = toy_recipe(tmp_path)
    bases = {
        name: base.model_copy(update={"checkpoint": "made/elsewhere"})
        for name, base in recipe.student.bases.items()
    }
    student = recipe.student.model_copy(update={"bases": bases})
    context = toy_context(tmp_path, recipe.model_copy(update={"student": student}))
    sft.run(context)
    assert "nothing to train" in said(context)
