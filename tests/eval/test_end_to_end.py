"""The stage with its real parts: engine, outbox, warehouse, verifiers; only the models are toys."""

import io
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rich.console import Console

from distill.config.recipe import Recipe
from distill.runs.context import Context
from distill.runs.home import Home
from distill.serving.pool import ServerPool
from eval import evaluate, report
from warehouse.checks import run_checks
from warehouse.database import Warehouse

MODELS = ("toy-teacher", "toy-base")


class Toy(BaseHTTPRequestHandler):
    """The teacher adds right, the base forgets the last summand."""

    def do_GET(self):
        self._send({"data": [{"id": name} for name in MODELS]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body["model"])
        text = next(m for m in body["messages"] if m["role"] == "user")["content"]
        terms = re.findall(r"(?:^|[-+] ?)\d+", text.split(": ")[-1])
        numbers = [int(term.replace(" ", "")) for term in terms]
        answer = sum(numbers if body["model"] == "toy-teacher" else numbers[:-1])
        opening = "" if body["messages"][-1]["role"] == "assistant" else "<think>\n"
        content = f"{opening}adding up\n</think>\n\n{answer}"
        message = {"role": "assistant", "content": content}
        usage = {"prompt_tokens": 20, "completion_tokens": 8}
        self._send({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})

    def _send(self, payload):
        text = json.dumps(payload).encode()
        self.send_response(200 if self.path.startswith("/v1/") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


@contextmanager
def toy_server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Toy)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def toy_recipe(url):
    teacher, base = ({"source": name, "url": url, "revision": "1"} for name in MODELS)
    settings = {"min_terms": 2, "max_terms": 3, "min_digits": 1, "max_digits": 2}
    benchmark = {"name": "rg/chain_sum", "limit": 8, "settings": settings}
    return Recipe.model_validate(
        {
            "name": "toy",
            "models": {"teacher": teacher},
            "student": {"bases": {"qwen": base}},
            "evaluation": {
                "benchmarks": [benchmark],
                "k": 2,
                "teacher": {"prefill": "<think>\n"},
                "num_resamples": 500,
            },
        }
    )


def test_from_server_to_table(tmp_path):
    console = Console(file=io.StringIO(), width=100, highlight=False)
    home = Home.at(str(tmp_path))
    with toy_server() as (server, url):
        servers = ServerPool(home, console, keep=False)
        context = Context(
            recipe=toy_recipe(url), home=home, data=None, servers=servers, console=console
        )
        evaluate.check(context)
        evaluate.run(context, roles=("teacher", "base"))
        assert sorted(server.asked) == ["toy-base"] * 16 + ["toy-teacher"] * 16
        evaluate.run(context, roles=("teacher", "base"))
        assert len(server.asked) == 32
    report.run(context)
    warehouse = Warehouse(home.warehouse, "test")
    assert run_checks(warehouse) == []
    scores = warehouse.query("from scores where benchmark = 'rg/chain_sum'")
    found = {row["role"]: row for row in scores}
    assert (found["teacher"]["pass_at_1"], found["base"]["pass_at_1"]) == (1.0, 0.0)
    assert [found["teacher"][name] for name in ("num_problems", "k", "num_undecided")] == [8, 2, 0]
    assert found["base"]["mean_completion_tokens"] == 8
    assert found["base"]["ci_high"] > 0.3
    text = " ".join(console.file.getvalue().split())
    assert "Not evaluated yet: students qwen." in text
