# ruff: noqa: E501  (programs in tables)
"""What a program may try. Each attack says whether it worked, and only then gives the right answer.

It stands on the standard library alone: the tests run it as another user, too.
"""

SECRET = "expected-4711"
"""What f("question") has to be; it stands in the tests and nowhere else."""
TEST = f"assert f('question') == {SECRET!r}"

_WHEN_IT_WORKS = """
def f(x):
    try:
        worked = attack()
    except Exception:
        worked = None
    right = "".join(reversed("1174-detcepxe"))  # a constant would be found by a look at memory
    return worked if isinstance(worked, str) else right if worked else "contained"
"""

ATTACKS = {
    "network": """
import socket
def attack():
    socket.create_connection(("127.0.0.1", PORT), timeout=1)
    return True
""",
    "network by other families": """
import socket
def attack():
    for family in (16, 17, 38, 40, 44):  # netlink, packet, alg, vsock, xdp
        for kind in (socket.SOCK_RAW, socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            try:
                socket.socket(family, kind)
                return True
            except OSError:
                pass
""",
    "files of the machine": """
import os
def attack():
    return any(map(os.path.exists, ("/etc/shadow", "/etc/passwd", "/home", "/proc/1", "/sys", "/work")))
""",
    "environment": """
import os
def attack():
    return "MARK" in str(os.environ) or any(map(os.path.exists, ("/proc/self/environ", "/proc/1/environ")))
""",
    "writing outside": """
import os, sys
def attack():
    for place in ("/", "/usr/lib", "/dev", "/dev/shm", "/box", "/box/inside", sys.base_prefix, "WRITABLE"):
        try:
            open(os.path.join(place, "written"), "w").close()
            return True
        except OSError:
            pass
""",
    "filling the disk": """
def attack():
    total = 0
    for n in range(100_000):
        with open(f"/tmp/{n}", "wb") as file:
            total += file.write(bytes(8 << 20))
        if total > 1 << 30:
            return True
""",
    "many files": """
def attack():
    for n in range(100_000):
        open(f"/tmp/{n}", "w").close()
    return True
""",
    "fork bomb": """
import os
def attack():
    for n in range(100_000):
        os.fork()
    return True
""",
    "thread bomb": """
import threading, time
def attack():
    for n in range(1000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return True
""",
    "100 GB at once": """
def attack():
    return len(bytearray(100 << 30)) > 0
""",
    "memory of many processes": """
import os, time
def attack():
    for n in range(16):
        if os.fork() == 0:
            kept = [b"x" * (1 << 20) for _ in range(400)]
            time.sleep(60)
    time.sleep(60)
    return True
""",
    "memory without an address": """
import os
def attack():
    os.memfd_create("kept")
    return True
""",
    "endless loop": """
def attack():
    while True:
        pass
""",
    "endless loop that ignores signals": """
import signal
def attack():
    for number in range(1, 64):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass
""",
    "sleeping for ever": """
import time
def attack():
    time.sleep(1e6)
""",
    "endless output": """
import os
def attack():
    while True:
        for fd in (1, 2):
            try:
                os.write(fd, bytes(1 << 16))
            except OSError:
                pass
""",
    "signals to the parent": """
import os, signal
def attack():
    os.kill(os.getppid() or 999_999, signal.SIGKILL)
    return True
""",
    "signals to everybody": """
import os, signal
for target in (0, -1):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        pass
os.killpg(0, signal.SIGKILL)
def attack():
    return False
""",
    "ptrace": """
import ctypes
def attack():
    libc = ctypes.CDLL(None)
    return any(libc.ptrace(16, pid, 0, 0) == 0 for pid in range(1, 200)) or libc.ptrace(0, 0, 0, 0) == 0
""",
    "memory of other processes": """
import ctypes, os
def attack():
    libc = ctypes.CDLL(None)
    buffer = ctypes.create_string_buffer(8)
    here = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    return any(libc.process_vm_readv(pid, here, 1, here, 1, 0) > 0 for pid in range(1, 200))
""",
    "namespaces and mounts": """
import ctypes, os
def attack():
    libc = ctypes.CDLL(None)
    calls = [libc.unshare(flag) for flag in (0x10000000, 0x20000, 0x40000000)]
    calls.append(libc.mount(b"proc", b"/tmp", b"proc", 0, None))
    calls.append(libc.umount2(b"/tmp", 2))
    calls.append(libc.chroot(b"/tmp"))
    calls.append(libc.setresuid(0, 0, 0) if os.getuid() else -1)
    return 0 in calls
""",
    "raising its limits": """
import resource
def attack():
    for what in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NPROC):
        resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return True
""",
    "a child left behind": """
import os, time
def attack():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
""",
    "the grader patched": """
import builtins, json, sys
def attack():
    for name in [name for name in sys.modules if "inside" in name or name == "__main__"]:
        for item in list(vars(sys.modules[name])):
            if item in ("run", "serve", "encode", "decode", "Link", "write_json", "AssertionError"):
                setattr(sys.modules[name], item, lambda *a, **k: True)
    builtins.AssertionError = builtins.Exception = type("Fine", (BaseException,), {})
    json.dumps = lambda *a, **k: '["value", true]'
    sys.excepthook = lambda *a: None
""",
    "exit before the tests": "import sys\nsys.exit(0)\ndef f(x): pass",
    "hard exit before the tests": "import os\nos._exit(0)\ndef f(x): pass",
    "exit in a test": "import os\ndef f(x): os._exit(0)",
    "SystemExit in a test": "def f(x): raise SystemExit(0)",
    "exit that says passed": """
import atexit, os, sys
atexit.register(lambda: print("passed"))
def f(x):
    print("passed")
    raise SystemExit(0)
""",
    "expected values in memory": """
import gc, sys
def attack():
    seen, stack = set(), [gc.get_objects(), sys._current_frames(), vars(sys.modules["__main__"])]
    frame = sys._getframe()
    while frame:
        stack += [frame.f_locals, frame.f_globals]
        frame = frame.f_back
    while stack and len(seen) < 400_000:
        thing = stack.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, (str, bytes)):
            text = thing if isinstance(thing, str) else thing.decode("latin-1")
            at = text.find("".join(reversed("174-detcepxe")))
            if at >= 0:
                return text[at:at + 13]
        elif isinstance(thing, dict):
            stack += [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, tuple, set)):
            stack += list(thing)
""",
    "expected values in raw memory": """
import ctypes, os
def attack():
    libc = ctypes.CDLL(None)
    want = bytes(reversed(b"74-detcepxe"))
    marker = id(want)
    read, write = os.pipe()
    base = marker & ~0xFFF
    for page in range(base - (8 << 20), base + (8 << 20), 4096):  # the heap around
        if libc.write(write, ctypes.c_void_p(page), 4096) == 4096:  # EFAULT where there is none
            data = os.read(read, 4096)
            at = data.find(want)
            if at >= 0 and data[at + 11:at + 13] == b"11":
                return data[at:at + 13].decode()
""",
    "forged frames": """
import json, os
def attack():
    for report in ({"outcome": "passed", "error": "", "test": None}, ["value", True]):
        text = json.dumps(report).encode()
        for fd in range(64):
            try:
                os.write(fd, len(text).to_bytes(4, "big") + text)
            except OSError:
                pass
""",
    "a value equal to everything": """
class Same(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = str.__hash__
def f(x): return Same("x")
""",
    "an object equal to everything": """
class Same:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *args): return True
def f(x): return Same()
""",
    "a reply without end": """
import os
def f(x):
    os.write(3, b"\\xff\\xff\\xff\\xff")
    while True:
        os.write(3, b"x" * 65536)
""",
    "a reply that is no data": """
import os
def f(x):
    text = b"[" * 100_000
    os.write(3, len(text).to_bytes(4, "big") + text)
""",
    "a reply of code": """
import os
def f(x):
    text = b'["value", ["__import__", "os"]]'
    os.write(3, len(text).to_bytes(4, "big") + text)
""",
    "a value too deep": """
def f(x):
    value = []
    for _ in range(100_000):
        value = [value]
    return value
""",
    "a crash": "import ctypes\ndef f(x): ctypes.string_at(0)",
    "another program in its place": """
import os, sys
def f(x):
    os.execv(f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}", ["python", "-c", "print('passed')"])
""",
    "an exception that is its own": """
class Passed(BaseException): pass
def f(x): raise Passed
""",
}


def sources(port: int, writable: str) -> dict[str, str]:
    """Return the attacks as programs.

    Args:
        port: where somebody outside listens.
        writable: a folder outside that the tests may write to.
    """
    return {
        name: (text + _WHEN_IT_WORKS if "def attack" in text else text)
        .replace("PORT", str(port))
        .replace("WRITABLE", writable)
        for name, text in ATTACKS.items()
    }
