from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from distill.config.models import ModelSpec, Sampling
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.ids import prompt_id
from distill.runs.context import Context
from distill.runs.home import Home
from distill.sampling.requests import Prompt
from distill.sampling.stored import read_responses
from distill.serving.pool import ServerPool
from tests.stub_server import Server, running
from warehouse import collect as collect_module
from warehouse.checks import run_checks
from warehouse.collect import CollectReport, collect
from warehouse.database import Warehouse
from warehouse.stage import stage_run

REQUESTS = {"max_in_flight": 4, "max_tries": 1, "stall_sec": 5.0}


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "log", delay=0.02) as server:
        yield server


@pytest.fixture
def context(tmp_path: Path) -> Context:
    home, console = Home.at(str(tmp_path / "home")), Console(file=StringIO())
    servers = ServerPool(home, console, keep=False)
    recipe = Recipe.model_validate({"name": "toy", "requests": REQUESTS})
    return Context(recipe=recipe, home=home, data=None, servers=servers, console=console)


def prompts(*messages: str) -> list[Prompt]:
    asked = [[{"role": "user", "content": message}] for message in messages]
    return [Prompt(prompt_id=prompt_id(messages), messages=messages) for messages in asked]


def ask(context: Context, server: Server | None, *messages: str, **more: Any) -> CollectReport:
    url = f"{server.url}/v1" if server else "http://127.0.0.1:1/v1"
    settings = {"num_samples": 1, "sampling": Sampling(), "stream": "datagen"} | more
    with stage_run(context, "generate") as (run, warehouse):
        return collect(
            context,
            run,
            warehouse,
            spec=ModelSpec(source="stub", url=url),
            prompts=prompts(*messages),
            title="toy traces",
            **settings,
        )


def rows(context: Context, statement: str) -> list[dict[str, Any]]:
    return Warehouse(context.home.warehouse, "test").query(statement)


def outbox(context: Context) -> Path:
    recipe = context.recipe
    run = context.home.run_dir(recipe.name, "generate", recipe.run_id("generate"))
    return run / collect_module.OUTBOX


def test_what_is_missing_is_asked_and_ends_up_in_the_warehouse(
    context: Context, stub: Server
) -> None:
    report = ask(context, stub, "a", "b !length", "c !400", num_samples=2)
    assert (report.num_asked, report.num_found) == (6, 0)
    # the stub fails the first sample of a message only, so its second is answered
    assert (report.num_ok, report.num_length, report.num_failed) == (4, 1, 1)
    (counts,) = rows(
        context,
        """
        select
            (select count(*) from attempts) as attempts,
            (select count(*) from failures) as failures,
            (select count(*) from run_attempts) as wanted,
            (select count(*) from attempts semi join models using (model_id)) as known_models,
            (select count(*) from attempts semi join samplings using (sampling_id)) as known
        """,
    )
    assert counts == {
        "attempts": 5,
        "failures": 1,
        "wanted": 6,
        "known_models": 5,
        "known": 5,
    }
    assert report.completion_tokens == sum(
        row["completion_tokens"] for row in rows(context, "select * from attempts")
    )
    assert {row["attempt_id"] for row in rows(context, "from run_attempts")} == set(
        report.attempt_ids
    )


def test_nothing_missing_needs_no_server(context: Context, stub: Server) -> None:
    first = ask(context, stub, "a", "b")
    again = ask(context, None, "a", "b")
    assert (again.num_found, again.num_asked, again.num_ok) == (2, 0, 0)
    assert again.attempt_ids == first.attempt_ids
    assert sum(stub.asked().values()) == 2


def test_more_samples_pay_for_the_new_ones_only(context: Context, stub: Server) -> None:
    ask(context, stub, "a", "b", num_samples=2)
    report = ask(context, stub, "a", "b", "c", num_samples=3)
    assert (report.num_found, report.num_ok) == (4, 5)
    assert sum(stub.asked().values()) == 9


def test_a_prompt_given_twice_is_one(context: Context, stub: Server) -> None:
    report = ask(context, stub, "a", "a")
    assert (len(report.attempt_ids), report.num_ok) == (1, 1)


def test_responses_left_in_the_outbox_are_taken_first(
    context: Context, stub: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:  # as if killed before anything was ingested
        patched.setattr(collect_module, "ingest_outbox", lambda *_: 0)
        ask(context, stub, "a", "b")
    assert rows(context, "from attempts") == []
    report = ask(context, stub, "a", "b", "c")
    assert (report.num_found, report.num_ok) == (2, 1)
    assert len(rows(context, "from attempts")) == 3
    assert set(stub.asked().values()) == {1}


def test_ingest_goes_on_while_sampling_does(
    context: Context, stub: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect_module, "INGEST_SEC", 0.02)
    turns = []

    def watched(self: Warehouse, relation: str, rows: Any) -> int:
        num_new = insert(self, relation, rows)
        if relation == "attempts" and num_new:
            turns.append(num_new)
        return num_new

    insert = Warehouse.insert
    monkeypatch.setattr(Warehouse, "insert", watched)
    ask(context, stub, *(f"question {i}" for i in range(400)))
    assert sum(turns) == 400
    assert len(turns) > 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, UserError])
def test_what_was_answered_is_ingested_however_it_ends(
    context: Context, stub: Server, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def ending(*arguments: Any, **more: Any) -> None:
        sample(*arguments, **more)
        raise error

    sample = collect_module.sample
    monkeypatch.setattr(collect_module, "sample", ending)
    with pytest.raises(error):
        ask(context, stub, "a", "b")
    assert len(rows(context, "from attempts")) == 2


def test_jobs_of_a_run_share_its_outbox(context: Context, stub: Server) -> None:
    ask(context, stub, "a")
    report = ask(context, stub, "a", sampling=Sampling(prefill="<think>\n"))
    assert (report.num_found, report.num_ok) == (0, 1)
    assert [stored.think_open for stored in read_responses(outbox(context))] == [False, True]
    assert len(rows(context, "from attempts")) == 2


def test_hostile_text_arrives_whole(context: Context, stub: Server) -> None:
    ask(context, stub, "torn !surrogate", "null !nul")
    texts = {(row["text"], row["repaired"]) for row in rows(context, "from attempts")}
    assert texts == {("a\ufffdb", 1), ("a\x00<script>\x1b[31m", 0)}


WHOLE = """
select sample_index, num_parts, text, reasoning, answer, completion_tokens, outcome
from full_traces
join (select attempt_id, reasoning, answer from attempts_all) using (attempt_id)
order by num_parts
"""


def test_a_truncated_trace_is_continued_from_where_it_was_cut(
    context: Context, stub: Server
) -> None:
    report = ask(context, stub, "a !length*2", num_continuations=2)
    assert (report.num_length, report.num_ok) == (2, 1)
    part = rows(context, "select text, completion_tokens from attempts limit 1")[0]
    first, second, third = rows(context, WHOLE)
    assert [row["sample_index"] for row in (first, second, third)] == ["0", "0+1", "0+2"]
    assert (first["text"], first["outcome"]) == (part["text"], "length")
    assert (third["text"], third["outcome"]) == (3 * part["text"], "ok")
    assert third["completion_tokens"] == 3 * part["completion_tokens"]
    # its reasoning ends at the first closing tag, its answer is all that comes after
    assert third["reasoning"] == first["reasoning"]
    assert third["answer"] == first["answer"] + 2 * part["text"]
    sent = [request["body"] for request in stub.requests()]
    assert "continue_final_message" not in sent[0]
    for times, body in enumerate(sent[1:], 1):
        assert body["messages"][-1] == {"role": "assistant", "content": times * part["text"]}
        assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
    # the whole one is the trace; its parts are none
    assert [row["sample_index"] for row in rows(context, "from traces")] == ["0+2"]
    run_id = context.recipe.run_id("generate")
    traces = Warehouse(context.home.warehouse, "test").query("run_traces", run_id=run_id)
    assert len(traces) == 1
    broken = {v.check for v in run_checks(Warehouse(context.home.warehouse, "test"))}
    assert broken == {"attempts_have_their_parts"}  # these tests write down no prompts


def test_continuing_is_done_once_and_only_where_the_context_allows(
    context: Context, stub: Server
) -> None:
    long = {"num_continuations": 1, "sampling": Sampling(max_tokens=2000)}
    assert ask(context, stub, "a !length", **long).num_length == 1  # 2,048 hold no 2,000 more
    assert sum(stub.asked().values()) == 1
    ask(context, stub, "b !length*9", num_continuations=1)
    assert stub.asked()["b !length*9"] == 2
    again = ask(context, None, "b !length*9", num_continuations=1)
    assert (again.num_asked, again.num_length) == (0, 0)


def test_without_the_option_a_truncated_trace_stays_as_it_is(
    context: Context, stub: Server
) -> None:
    ask(context, stub, "a !length")
    assert ask(context, None, "a !length").num_asked == 0
    assert stub.asked()["a !length"] == 1
