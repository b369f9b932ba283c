"""Servers listed as URLs, in a file or in a folder, that come and go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.errors import UserError
from distill.serving.roster import Roster, list_urls
from tests.stub_server import Server, running


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("stubs")
    with running(folder / "a") as first, running(folder / "b") as second:
        yield first, second


def test_urls_files_and_folders_may_be_mixed(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# mine\nhttp://a/v1\n\nhttp://b/v1  # spare\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "1").write_text("http://c/v1\n")
    (tmp_path / "folder" / "2").write_text("http://a/v1\nhttp://d/v1")
    (tmp_path / "folder" / ".3").write_text("not a finished file")
    places = ["http://z/v1", str(tmp_path / "list"), str(tmp_path / "folder")]
    assert list_urls(places) == [f"http://{host}/v1" for host in "zabcd"]


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(UserError, match="'nowhere': neither a URL such as"):
        list_urls("nowhere")


def test_it_follows_the_file(two: tuple[Server, Server], tmp_path: Path) -> None:
    first, second = (f"{server.url}/v1" for server in two)
    path = tmp_path / "servers"
    path.write_text(f"http://127.0.0.1:1/v1\n{first}\n")
    roster = Roster(listed=str(path), source="stub", headers={"Authorization": "x"})
    (endpoint,) = roster()  # the one that answers
    assert (endpoint.base_url, endpoint.served_name) == (first, "stub")
    assert endpoint.headers == {"Authorization": "x"}
    path.write_text(f"{second}\n{first}\n")
    assert [endpoint.base_url for endpoint in roster()] == [second, first]
    path.write_text(second)
    assert [endpoint.base_url for endpoint in roster()] == [second]


def test_nobody_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"server 127.0.0.1:1: no answer .* Start it"):
        Roster(listed="http://127.0.0.1:1/v1", source="stub")()
    (tmp_path / "empty").write_text("# none yet\n")
    with pytest.raises(UserError, match="no server is listed"):
        Roster(listed=str(tmp_path / "empty"), source="stub")()
