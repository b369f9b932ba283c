"""The shell of `distill sql`: history, completion, paging.

The warehouse is open only while a statement runs, so that an idle shell keeps nobody out.
"""

import os
import shlex
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import click
import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from distill.errors import UserError, nearest
from warehouse.ask import Source, ask
from warehouse.complete import SqlCompleter
from warehouse.describe import schema, schema_text
from warehouse.library import listing, parse_parameters, question, questions
from warehouse.render import render
from warehouse.scripts import statement

HELP = """\
A statement runs at its semicolon, at an empty line, or at Enter where it stands whole in one line.
Ctrl-C stops a statement, Ctrl-D leaves. Tab completes.

    .schema [RELATION...]           relations and columns, with what they mean
    .list                           questions that have a name
    .ask QUESTION [NAME=VALUE...]   ask one of them
    .help                           this
    .quit
"""


class Shell:
    """A conversation with a warehouse.

    Args:
        source: The warehouse.
        history: File that keeps what was typed.
        write: Allow statements that change the warehouse.
    """

    def __init__(self, source: Source, history: Path, *, write: bool = False) -> None:
        self._source, self._write = source, write
        self._commands: dict[str, Callable[..., str]] = {
            ".schema": lambda *names: schema_text(schema(source, names)),
            ".list": listing,
            ".ask": self._question,
            ".help": lambda: HELP,
        }
        self._session: PromptSession[str] = PromptSession(
            history=FileHistory(str(history)),
            lexer=PygmentsLexer(SqlLexer),
            completer=self._completer(),
            auto_suggest=AutoSuggestFromHistory(),
            multiline=True,
            key_bindings=_keys(),
            prompt_continuation="     -> ",
            enable_history_search=True,
        )

    def run(self) -> None:
        """Answer until the person leaves."""
        num_relations = len(self._session.completer.columns)  # type: ignore[union-attr]
        mode = "writing" if self._write else "read-only"
        click.echo(f"{num_relations} relations, {mode}. .help tells how, .list what can be asked.")
        while True:
            try:
                text = self._session.prompt("distill> ").strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if text in (".quit", ".exit", "quit", "exit"):
                return
            if text:
                self._respond(text)

    def _respond(self, text: str) -> None:
        try:
            page(self.answer(text))
        except UserError as error:
            click.secho(str(error), fg="red")
        except KeyboardInterrupt:
            click.secho("stopped", fg="yellow")

    def answer(self, text: str) -> str:
        """Return what the shell says to a statement or a command.

        Raises:
            UserError: if it fails.
            KeyboardInterrupt: if it was stopped.
        """
        if not text.startswith("."):
            return ask(self._source, text, render, write=self._write) or "done\n"
        try:
            name, *arguments = shlex.split(text)
        except ValueError as error:
            raise UserError(f"{text}: {error}") from error
        if name not in self._commands:
            raise UserError(f"no command {name}{nearest(name, [*self._commands, '.quit'])}")
        try:
            return self._commands[name](*arguments)
        except TypeError as error:
            raise UserError(f"{name}: takes no such arguments. .help tells how.") from error

    def _question(self, name: str, *parameters: str) -> str:
        asked = question(name)
        bound = asked.bound(parse_parameters(parameters))
        return ask(self._source, asked.text, render, bound) or ""

    def _completer(self) -> SqlCompleter:
        columns = defaultdict(list)
        for row in schema(self._source):
            columns[row["relation"]].append(row["column"])
        return SqlCompleter(
            columns=columns,
            words=[name for (name,) in duckdb.execute(statement("sql_words")).fetchall()],
            commands=[*self._commands, ".quit"],
            questions=list(questions()),
        )


def page(text: str) -> None:
    """Print a text, through a pager where it is longer than the screen."""
    if text.count("\n") < shutil.get_terminal_size().lines:
        return click.echo(text, nl=False)
    os.environ.setdefault("LESS", "-X")  # the page stays on the screen when it ends
    return click.echo_via_pager(text)


def is_whole(text: str) -> bool:
    """Tell whether Enter should run what was typed, or begin a new line of it."""
    stripped = text.strip()
    if not stripped or stripped.startswith(".") or stripped.endswith(";"):
        return True
    if "\n" in text:
        return not text.rpartition("\n")[2].strip()
    try:
        return bool(duckdb.extract_statements(stripped))
    except duckdb.Error:
        return False


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_whole(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys
