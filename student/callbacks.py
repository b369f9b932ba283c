"""What happens between optimiser steps: progress, checkpoints to go on from, Ctrl-C."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from transformers import TrainerCallback

from distill.runs.progress import Advance
from student.resume import Progress, mark_whole

SAVE_AFTER_SEC = 60.0
"""A crash costs at most so much work..."""
SAVE_SHARE = 0.05
"""...unless saving would take more than this share of the time."""

Say = Callable[[str], None]
"""Tells a person something."""


class ShowSteps(TrainerCallback):  # type: ignore[misc]
    """Advances a progress bar by steps, with the last loss beside it."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._shown = 0

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Called by the trainer after each step."""
        loss = (kwargs.get("logs") or {}).get("loss")
        if loss is not None:
            self._advance(state.global_step - self._shown, note=f"loss {loss:.4f}")
            self._shown = state.global_step


class SaveAndStop(TrainerCallback):  # type: ignore[misc]
    """Saves a checkpoint every so often, and before it lets Ctrl-C through."""

    def __init__(self, before: Progress) -> None:
        self._before = before
        self._interrupted = False
        self._saving = self._saved = self._step_begun = time.monotonic()
        self._interval_sec = SAVE_AFTER_SEC
        self.seconds = before.seconds
        """Time spent on training steps by all sessions."""

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Called by the trainer."""
        self._step_begun = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Called by the trainer."""
        now = time.monotonic()
        self.seconds += now - self._step_begun
        if self._interrupted or now - self._saved > self._interval_sec:
            control.should_save = True
            self._saving = now

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Called by the trainer when a checkpoint is written."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        progress = Progress(seconds=self.seconds, validation_loss=self._before.validation_loss)
        mark_whole(folder, progress)
        self._saved = time.monotonic()
        self._interval_sec = max(SAVE_AFTER_SEC, (self._saved - self._saving) / SAVE_SHARE)
        if self._interrupted:
            raise KeyboardInterrupt

    @contextmanager
    def catching_ctrl_c(self, say: Say) -> Iterator[None]:
        """Let the first Ctrl-C wait for the step's end and a checkpoint; a second stops at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupt(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, before)
            self._interrupted = True
            say("finishing this step and saving; Ctrl-C again stops at once")

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
