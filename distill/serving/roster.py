"""The servers that a recipe lists: URLs, or a file or folder of them that may change meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from distill.errors import UserError
from distill.serving.endpoint import Endpoint, at_url


@dataclass(kw_only=True)
class Roster:
    """Called, it reads the list again and returns the servers on it that answer.

    Raises, when called:
        UserError: if the list cannot be read, or none of its servers answers.
    """

    listed: str | Sequence[str]
    """URLs, or the path of a file (one a line, `#` begins a comment) or a folder of such files."""
    source: str
    """The model that they must hold."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request."""
    _known: dict[str, Endpoint] = field(default_factory=dict)

    def __call__(self) -> list[Endpoint]:
        """Return who is there now; a server that was there once stays, the engine sees to it."""
        urls = list_urls(self.listed)
        problems: list[UserError] = []
        for url in urls:
            if url not in self._known:
                try:
                    self._known[url] = at_url(url, self.source, self.headers)
                except UserError as error:
                    problems.append(error)
        there = [self._known[url] for url in urls if url in self._known]
        if not there:
            raise problems[0] if problems else UserError(f"{self.listed}: no server is listed.")
        return there


def list_urls(listed: str | Sequence[str]) -> list[str]:
    """Return the URLs that are listed, each once.

    Raises:
        UserError: if a file or folder cannot be read.
    """
    places = [listed] if isinstance(listed, str) else listed
    return list(dict.fromkeys(url for place in places for url in _urls_of(place)))


def _urls_of(place: str) -> list[str]:
    if "://" in place:
        return [place]
    path = Path(place)
    try:
        files = sorted(path.glob("[!.]*")) if path.is_dir() else [path]
        texts = [file.read_text(encoding="utf-8") for file in files]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"model url {place!r}: neither a URL such as http://127.0.0.1:8000/v1 nor a file or "
            f"folder that lists some ({error})."
        ) from error
    lines = (line.partition("#")[0].strip() for text in texts for line in text.splitlines())
    return [line for line in lines if line]
