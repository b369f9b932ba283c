"""One vLLM server: started under guards, waited for, and stopped."""

import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from distill.errors import UserError
from distill.serving.command import HOST, Command
from distill.serving.guard import guarded
from distill.serving.log import report
from distill.serving.probe import is_healthy, served_models

GRACE_SEC = 10.0
"""Time that a server has to end by itself before it is killed."""
POLL_SEC = 0.25
LINE_INTERVAL_SEC = 15.0


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that this process started."""

    process: subprocess.Popen[bytes]
    port: int
    served_name: str
    log: Path
    log_begin: int
    """Where this start's lines begin in the log."""

    @property
    def base_url(self) -> str:
        """Where its OpenAI-compatible API is."""
        return f"http://{HOST}:{self.port}/v1"

    def is_alive(self) -> bool:
        """Tell whether its process runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End it and everything that it started; returns when nothing is left."""
        self.process.terminate()
        self.process.wait()  # the guards kill what does not end

    def error(self, what: str) -> UserError:
        """Return an error that shows the last lines of its log."""
        said = report(self.log, self.log_begin)
        return UserError(f"server of model {self.served_name!r} {what}. {said}")

    def is_lost(self) -> bool:
        """Tell whether it ended, or is about to: a failed engine takes seconds to come down."""
        if self.is_alive() and not is_healthy(self.base_url):
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE_SEC)
        return not self.is_alive()

    def death(self) -> UserError:
        """Return the error of a server that ended by itself."""
        status = self.process.wait()
        killed = " (killed, perhaps for lack of memory)" if status == 137 else ""
        return self.error(f"ended by itself with exit status {status}{killed}")


def launch(
    command: Command, *, port: int, served_name: str, log: Path, grace_sec: float = GRACE_SEC
) -> Server:
    """Start a server in a session of its own: Ctrl-C in the terminal does not reach it."""
    with log.open("ab") as file:
        begin = file.tell()
        process = subprocess.Popen(
            guarded(command.argv, grace_sec=grace_sec),
            env=command.environment | os.environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(process=process, port=port, served_name=served_name, log=log, log_begin=begin)


def wait_until_healthy(server: Server, *, timeout_sec: float, console: Console) -> None:
    """Wait until the server takes requests, telling how long it has been.

    Raises:
        UserError: if it dies, is not healthy in time, or another server answers at its port.
    """
    begun = printed = time.monotonic()
    title = f"starting vLLM for {server.served_name}"
    console.print(f"{title} (log: {server.log})", markup=False, highlight=False, soft_wrap=True)
    with console.status("") as status:
        while not is_healthy(server.base_url):
            seconds = time.monotonic() - begun
            status.update(f"waiting for vLLM: {seconds:.0f} s")
            if not server.is_alive():
                raise server.death()
            if seconds > timeout_sec:
                raise server.error(f"is not healthy after {timeout_sec:.0f} s, its profile's limit")
            if not console.is_terminal and time.monotonic() - printed >= LINE_INTERVAL_SEC:
                printed = time.monotonic()
                console.print(f"waiting for vLLM: {seconds:.0f} s", highlight=False)
            time.sleep(POLL_SEC)
    _expect_itself(server)
    seconds = time.monotonic() - begun
    console.print(f"vLLM is up at {server.base_url} after {seconds:.0f} s", highlight=False)


def _expect_itself(server: Server) -> None:
    """Refuse a stranger that took the port while the server was starting."""
    names = served_models(server.base_url)
    if not server.is_alive():
        raise server.death()
    if names != [server.served_name]:
        raise server.error(f"is not what answers at port {server.port}, which serves {names}")
