"""Where a stage sends its requests: a server that runs already, or one started for it."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from rich.console import Console

from distill.config.models import ModelSpec
from distill.errors import UserError
from distill.models.identity import Model, identify
from distill.runs.home import Home
from distill.runs.run import Run
from distill.serving import registry
from distill.serving.command import Command, server_args, vllm_command
from distill.serving.endpoint import Endpoint, endpoint_of
from distill.serving.hosted import headers_of
from distill.serving.probe import free_port
from distill.serving.profile import Profile, load_profile
from distill.serving.roster import Roster
from distill.serving.server import Server, launch, wait_until_healthy

__all__ = ["Endpoint", "ServerPool"]

MakeCommand = Callable[[Model, ModelSpec, Profile, int], Command]
Servers = Callable[[], Sequence[Endpoint]]


@dataclass(frozen=True, kw_only=True)
class _Started:
    server: Server
    model: Model
    max_model_len: int
    command: Command
    timeout_sec: float

    def serves(self, model: Model, spec: ModelSpec) -> bool:
        fits = self.max_model_len >= spec.max_model_len
        return self.model.model_id == model.model_id and fits and not self.server.is_lost()


class ServerPool:
    """The servers of one process: at most one that it started itself runs at a time."""

    def __init__(
        self, home: Home, console: Console, *, keep: bool, make_command: MakeCommand = vllm_command
    ) -> None:
        """Make a pool.

        Args:
            home: where models lie, and servers to share are registered.
            console: told how a start goes.
            keep: a server stays up after its block, for the next that wants the same model.
            make_command: says how a server is started.
        """
        self._home = home
        self._console = console
        self._keep = keep
        self._make_command = make_command
        self._started: _Started | None = None
        self._in_use = False

    def check(self, spec: ModelSpec) -> None:
        """Refuse what `endpoint` would refuse, without starting anything.

        Raises:
            UserError: names the model, profile, option, port or URL that is wrong, and the way out.
        """
        if self._find(spec) is None:
            self._plan(spec, identify(spec, self._home))

    @contextmanager
    def endpoint(self, spec: ModelSpec, run: Run) -> Iterator[Endpoint]:
        """Give the first of `endpoints`."""
        with self.endpoints(spec, run) as servers:
            yield servers()[0]

    @contextmanager
    def endpoints(self, spec: ModelSpec, run: Run) -> Iterator[Servers]:
        """Give what tells which servers hold the model now.

        Where none does one is started, its log in the run's folder; it can be started again.

        Raises:
            UserError: as `check`, and if the server does not start, or dies within the block.
        """
        if found := self._find(spec):
            yield found
            return
        if self._in_use:
            raise RuntimeError("a pool runs one server at a time: leave the other block first")
        self._in_use = True
        try:
            server = self._serve(spec, run)
            with _blaming(self._server):
                endpoint = endpoint_of(
                    server.base_url,
                    server.served_name,
                    self._is_alive,
                    self._start_again,
                )
                yield lambda: [endpoint]
        finally:
            self._in_use = False
            if not self._keep:
                self.close()

    def close(self) -> None:
        """Stop what this pool started."""
        if self._started:
            self._started.server.stop()
            self._started = None

    def _find(self, spec: ModelSpec) -> Servers | None:
        if spec.url:
            roster = Roster(listed=spec.url, source=spec.source, headers=headers_of(spec))
            roster()  # refuses now what would be refused later
            return roster
        model = identify(spec, self._home)

        def registered() -> list[Endpoint]:
            found = registry.find(self._home, model.model_id, spec.max_model_len)
            return [endpoint_of(e.base_url, e.served_name, e.is_alive) for e in found]

        return registered if registered() else None

    def _server(self) -> Server | None:
        return self._started.server if self._started else None

    def _is_alive(self) -> bool:
        server = self._server()
        return server is not None and server.is_alive()

    def _plan(self, spec: ModelSpec, model: Model) -> tuple[Profile, int, Command]:
        profile = load_profile(spec.profile)
        port = free_port(_wanted_port(spec))
        return profile, port, self._make_command(model, spec, profile, port)

    def _serve(self, spec: ModelSpec, run: Run) -> Server:
        model = identify(spec, self._home)
        if self._started and self._started.serves(model, spec):
            return self._started.server
        self.close()
        profile, port, command = self._plan(spec, model)
        log = run.directory / f"server-{re.sub(r'[^A-Za-z0-9._-]+', '-', model.name)}.log"
        return self._launch(
            _Started(
                server=launch(command, port=port, served_name=model.name, log=log),
                model=model,
                max_model_len=spec.max_model_len,
                command=command,
                timeout_sec=profile.startup_timeout_sec,
            )
        )

    def _launch(self, started: _Started) -> Server:
        self._started = started
        timeout_sec = started.timeout_sec
        try:
            wait_until_healthy(started.server, timeout_sec=timeout_sec, console=self._console)
        except BaseException:
            self.close()
            raise
        return started.server

    def _start_again(self) -> None:
        """End what is left of the server and start it once more, at the same port."""
        if started := self._started:
            old = started.server
            old.stop()
            again = launch(started.command, port=old.port, served_name=old.served_name, log=old.log)
            self._launch(replace(started, server=again))


def _wanted_port(spec: ModelSpec) -> int | None:
    port = server_args(spec).get("port")
    if port is None or (type(port) is int and 0 < port < 2**16):
        return port
    raise UserError(
        f"server_args.port of model {spec.source!r}: 1 to 65535 is wanted, got {port!r}. "
        "Leave it out for any free port."
    )


@contextmanager
def _blaming(current: Callable[[], Server | None]) -> Iterator[None]:
    """Whatever goes wrong while the server is dead is the server's death."""
    try:
        yield
    except Exception as error:
        server = current()
        if server is None or not server.is_lost():
            raise
        raise server.death() from error
    server = current()
    if server and server.is_lost():
        raise server.death()
