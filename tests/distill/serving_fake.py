"""A stand-in for a vLLM server: answers /health and /v1/models, or misbehaves as FAKE says.

It leaves the pids of its processes in the folder FAKE_PIDS.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
parser.add_argument("--served-model-name")
OPTIONS, _ = parser.parse_known_args()
MODE = os.environ.get("FAKE", "")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        names = ["stranger"] if MODE == "stranger" else [OPTIONS.served_model_name]
        body = json.dumps({"data": [{"id": name} for name in names]}).encode()
        self.send_response(503 if MODE == "sick" and self.path == "/health" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def leave_pid(pid):
    if folder := os.environ.get("FAKE_PIDS"):
        (Path(folder) / str(pid)).touch()


leave_pid(os.getpid())
print("\x1b[31mfake server\x1b[0m on", OPTIONS.port, flush=True)
if MODE == "dies":
    print("ValueError: the weights do not fit", flush=True)
    sys.exit(3)
if MODE == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if MODE in ("family", "stubborn"):
    # As an engine in a session of its own, and a daemon whose parent is gone at once.
    leave_pid(subprocess.Popen(["sleep", "1000"], start_new_session=True).pid)
    leave_pid(int(subprocess.check_output(["sh", "-c", "setsid sleep 1000 >&2 & echo $!"])))
if MODE == "short":
    import threading

    threading.Timer(1.0, lambda: os._exit(5)).start()
if MODE == "deaf":
    time.sleep(1000)
HTTPServer(("127.0.0.1", OPTIONS.port), Handler).serve_forever()
