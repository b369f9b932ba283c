"""Code problems through the real parts: a server, the engine, the warehouse, the sandbox."""

import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from datagen import verify
from distill.serving.pool import ServerPool
from tests.datagen.toy_datagen import context_of, recipe_of, rows_of, run_all, said, write_lines
from tests.distill.code_toys import needs_sandbox

ROWS = [
    {"q": "Write double(x).", "tests": ["assert double(2) == 4"], "name": "double"},
    {"q": "Write triple(x).", "tests": ["assert triple(2) == 6"], "name": "triple"},
    {"q": "Write loop().", "tests": ["assert loop() is None"], "name": "loop"},
]
SUMS = [{"q": "Print the sum.", "io": {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}}]
ANSWERS = {
    "Write double(x).": "Like so:\n```python\ndef double(x):\n    return 2 * x\n```\nThat is all.",
    "Write triple(x).": "```python\nimport os\nos._exit(0)\ndef triple(x): return 6\n```",
    "Write loop().": "I will not write any code.",
    "Print the sum.": "```python\nprint(sum(map(int, input().split())))\n```",
}


class Coder(BaseHTTPRequestHandler):
    """Answers each problem with its program."""

    def do_GET(self):
        self._send({"data": [{"id": "toy"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = f"<think>\nEasy.\n</think>\n\n{ANSWERS[body['messages'][-1]['content']]}"
        choice = {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 9}
        self._send({"choices": [choice], "usage": usage})

    def _send(self, payload):
        text = json.dumps(payload).encode()
        self.send_response(200 if self.path.startswith("/v1/") else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


@contextmanager
def coder():
    with ThreadingHTTPServer(("127.0.0.1", 0), Coder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def code_source(path, name, gold):
    fields = {"problem": "q", "gold": gold}
    source = {"kind": "file", "name": name, "domain": "code", "path": path, "licence": "MIT"}
    return source | {"fields": fields, "verifier": "code"}


@needs_sandbox
def test_code_is_asked_for_run_and_judged(tmp_path):
    functions = write_lines(tmp_path / "functions.jsonl", ROWS)
    programs = write_lines(tmp_path / "programs.jsonl", SUMS)
    with coder() as url:
        recipe = recipe_of(
            code_source(functions, "functions", {"tests": "tests", "entry_point": "name"}),
            code_source(programs, "programs", "io"),
            models={"teacher": {"source": "toy", "url": url}},
            verification={"verifiers": ["code"], "num_workers": 1},
        )
        context = context_of(tmp_path, recipe)
        servers = ServerPool(context.home, context.console, keep=False)
        context = replace(context, servers=servers)
        run_all(context, upto=verify)
    assert "4 traces: 2 correct, 2 wrong. 4 checks made." in said(context)
    rows = rows_of(
        context, "select problem, verdict, reason from traces join verdicts using (attempt_id)"
    )
    assert {row["problem"]: (row["verdict"], row["reason"]) for row in rows} == {
        "Write double(x).": ("correct", "passed"),
        "Write triple(x).": ("wrong", "leaves before it is tested"),
        "Write loop().": ("wrong", "no code in the answer"),
        "Print the sum.": ("correct", "passed"),
    }
