#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""terminal.py - a terminal for the tests.

run ROWSxCOLUMNS [resize ROWSxCOLUMNS] -- COMMAND...: runs it on a terminal of that size, copies
    what it writes, resizes when it first wrote a line; gives its status.
receive SOCKET: takes one message as an engine does, exactly one descriptor in it, and copies what
    the container writes there; the first line says what came.
"""
import array
import fcntl
import os
import pty
import socket
import struct
import sys
import termios


def resize(fd, size):
    rows, columns = size.split("x")
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))


def copy(fd, at_first_line=lambda: None):
    seen = b""
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            return
        if not data:
            return
        if b"\n" not in seen and b"\n" in data:
            at_first_line()
        seen += data
        os.write(1, data.replace(b"\r\n", b"\n"))


def run(words):
    split = words.index("--")
    pid, fd = pty.fork()
    if pid == 0:
        # the size is there before the command looks
        sys.stdin.readline()
        os.execvp(words[split + 1], words[split + 1 :])
    resize(fd, words[0])
    attributes = termios.tcgetattr(fd)
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(fd, termios.TCSANOW, attributes)
    os.write(fd, b"\n")
    later = words[2] if split > 1 else None
    copy(fd, lambda: later and resize(fd, later))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def receive(path):
    # a long path, as engines have them: by way of the directory
    listener = socket.socket(socket.AF_UNIX)
    directory = os.open(os.path.dirname(path), os.O_PATH)
    listener.bind(f"/proc/self/fd/{directory}/{os.path.basename(path)}")
    listener.listen(1)
    connection, _ = listener.accept()
    data, ancillary, flags, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4 * 16))
    fds = array.array("i")
    for _, _, item in ancillary:
        fds.frombytes(item)
    print(f"{len(fds)} descriptor, text {'yes' if data else 'no'}, terminal {os.isatty(fds[0])}")
    sys.stdout.flush()
    copy(fds[0])


if sys.argv[1] == "run":
    run(sys.argv[2:])
else:
    receive(sys.argv[2])
