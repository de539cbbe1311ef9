# SPDX-License-Identifier: Apache-2.0
"""What a program in Python ordinarily does. A line of TAP for each."""
import asyncio
import concurrent.futures
import ctypes
import hashlib
import http.client
import http.server
import json
import mmap
import multiprocessing
import os
import pathlib
import random
import re
import selectors
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

FOLDER = pathlib.Path(tempfile.mkdtemp())


def square(n):
    return n * n


def data():
    text = json.dumps({"a": [1, 2.5, None], "b": "\u20ac"})
    assert json.loads(text)["b"] == "\u20ac"
    assert re.sub(r"(\d)", r"<\1>", "a1") == "a<1>"
    assert len(hashlib.sha256(os.urandom(32)).hexdigest()) == 64
    assert random.SystemRandom().random() < 1


def threads():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(square, range(100))) == 328350
    done = threading.Event()
    threading.Timer(0.01, done.set).start()
    assert done.wait(30)


def processes():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(square, range(10)) == [n * n for n in range(10)]
    queue = multiprocessing.get_context("spawn").Queue()
    queue.put(1)
    assert queue.get(timeout=30) == 1


def commands():
    assert subprocess.run(["cat"], input=b"x", capture_output=True, check=True).stdout == b"x"
    assert subprocess.check_output("echo a | wc -l", shell=True).split() == [b"1"]
    child = subprocess.Popen(["sleep", "100"], start_new_session=True)
    child.terminate()
    assert child.wait() == -signal.SIGTERM
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3


def files():
    at = FOLDER / "a"
    at.write_text("text")
    shutil.copy2(at, FOLDER / "b")
    (FOLDER / "c").symlink_to("b")
    os.utime(at, (1e9, 1e9))
    at.chmod(0o600)
    assert (FOLDER / "c").read_text() == "text" and sorted(os.listdir(FOLDER)) == ["a", "b", "c"]
    with zipfile.ZipFile(FOLDER / "z", "w", zipfile.ZIP_DEFLATED) as z:
        z.write(at, "a")
    with open(FOLDER / "z", "r+b") as f, mmap.mmap(f.fileno(), 0) as m:
        assert m[:2] == b"PK"
    with tempfile.TemporaryFile() as f:
        f.truncate(4096)
        os.posix_fallocate(f.fileno(), 0, 8192)
        os.sendfile(os.open(os.devnull, os.O_WRONLY), f.fileno(), 0, 16)


def database():
    with sqlite3.connect(FOLDER / "db") as db:
        db.execute("create table t(a)")
        db.executemany("insert into t values (?)", [(n,) for n in range(100)])
        db.commit()
        assert db.execute("select sum(a) from t").fetchone() == (4950,)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args):
        pass


def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = http.client.HTTPConnection("127.0.0.1", server.server_port)
    client.request("GET", "/")
    assert client.getresponse().read() == b"hello"
    client.close()
    server.shutdown()


def sockets():
    a, b = socket.socketpair()
    a.sendall(b"x")
    assert b.recv(1) == b"x"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.bind(("127.0.0.1", 0))
        u.sendto(b"y", u.getsockname())
        assert u.recv(9) == b"y"
    socket.getaddrinfo("localhost", 80)
    assert socket.if_nameindex() is not None
    with selectors.DefaultSelector() as s:
        s.register(a, selectors.EVENT_READ)
        assert s.select(0) == []


async def together():
    async def serve(reader, writer):
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()
    server.close()
    child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    assert (await child.communicate(b"x"))[0] == b"x"
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0)


def loop():
    asyncio.run(together())


def callbacks():
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    values = (ctypes.c_int * 4)(3, 1, 2, 0)
    ctypes.CDLL(None).qsort(values, 4, 4, compare(lambda a, b: a[0] - b[0]))
    assert list(values) == [0, 1, 2, 3]


def signals():
    got = []
    signal.signal(signal.SIGALRM, lambda *a: got.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while not got:
        time.sleep(0.005)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    assert signal.sigtimedwait([signal.SIGUSR1], 30).si_signo == signal.SIGUSR1


def main():
    parts = [data, threads, processes, commands, files, database, web, sockets, loop, callbacks, signals]
    bad = 0
    print(f"1..{len(parts)}", flush=True)
    for n, part in enumerate(parts, 1):
        why = ""
        try:
            part()
        except Exception as e:  # pylint: disable=broad-except
            why = f": {type(e).__name__}: {e}"
            bad += 1
        print("not ok" if why else "ok", n, "-", part.__name__ + why, flush=True)
    shutil.rmtree(FOLDER)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
