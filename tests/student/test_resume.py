from pathlib import Path

import pytest

from distill.errors import UserError
from student.resume import MARK, Progress, last_whole, mark_whole, only_trainer


def checkpoint(work: Path, step: int, *, mark: bool = True) -> Path:
    folder = work / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "optimizer.pt").write_bytes(b"moments")
    if mark:
        mark_whole(folder, Progress(seconds=1.5 * step, validation_loss=2.0))
    return folder


def test_nothing_saved_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    assert last_whole(tmp_path) is None


def test_the_newest_whole_checkpoint_is_taken_and_older_ones_go(tmp_path: Path) -> None:
    checkpoint(tmp_path, 9)
    newest = checkpoint(tmp_path, 10)
    whole = last_whole(tmp_path)
    assert whole is not None
    assert whole.folder == newest
    assert whole.progress == Progress(seconds=15.0, validation_loss=2.0)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-10"]


def test_an_unmarked_checkpoint_is_torn_and_the_one_before_is_taken(tmp_path: Path) -> None:
    before = checkpoint(tmp_path, 9)
    torn = checkpoint(tmp_path, 10, mark=False)
    whole = last_whole(tmp_path)
    assert whole is not None
    assert whole.folder == before
    assert not torn.exists()


@pytest.mark.parametrize("damage", ["short", "gone", "mark", "not an object"])
def test_a_damaged_checkpoint_is_never_used(tmp_path: Path, damage: str) -> None:
    folder = checkpoint(tmp_path, 5)
    if damage == "short":
        (folder / "optimizer.pt").write_bytes(b"mom")
    elif damage == "gone":
        (folder / "model.safetensors").unlink()
    else:
        (folder / MARK).write_text("{" if damage == "mark" else "[]")
    assert last_whole(tmp_path) is None
    assert not folder.exists()


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("")
    (tmp_path / "checkpoint-of-mine").mkdir()
    assert last_whole(tmp_path) is None
    assert (tmp_path / "checkpoint-of-mine").exists()


def test_two_processes_never_train_the_same_student(tmp_path: Path) -> None:
    with (
        only_trainer(tmp_path / "work"),
        pytest.raises(UserError, match="another process is training this student"),
        only_trainer(tmp_path / "work"),
    ):
        pass
    with only_trainer(tmp_path / "work"):
        pass
