# SPDX-License-Identifier: Apache-2.0
"""A seccomp agent: agent.py SOCKET LOG [NAME=ERRNO]... [gone=N]

Takes container process states on SOCKET, writes each as a line to LOG, and answers what their
filters hand on: with the errno of a call that is named, else with "go on". Each answered call is
a line too. gone=N: goes away after N states, without an answer to anything."""

import array
import errno
import fcntl
import json
import os
import platform
import select
import socket
import struct
import sys

RECV, SEND = 0xC0502100, 0xC0182101  # linux/seccomp.h, SECCOMP_IOCTL_NOTIF_*
CONTINUE = 1
NUMBERS = {
    "x86_64": {"read": 0, "write": 1, "close": 3, "sendto": 44, "sendmsg": 46, "execve": 59,
               "mkdir": 83, "futex": 202},
    "aarch64": {"mkdir": 34, "close": 57, "read": 63, "write": 64, "futex": 98, "sendto": 206,
                "sendmsg": 211, "execve": 221},
}[platform.machine()]
NAMES = {number: name for name, number in NUMBERS.items()}

path, log_path = sys.argv[1:3]
words = dict(word.split("=") for word in sys.argv[3:])
gone = int(words.pop("gone", 0))
errnos = {NUMBERS[name]: int(number) for name, number in words.items()}
log = open(log_path, "a", buffering=1)


def say(o):
    log.write(json.dumps(o) + "\n")


def pid_of(pidfd):
    with open(f"/proc/self/fdinfo/{pidfd}") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pid:"))


def take_state(sock):
    """One state a connection: the descriptors beside its first bytes, then the end of file."""
    data, control, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(8 * 4))
    fds = array.array("i")
    for level, kind, body in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(body)
    first = len(data)
    while chunk := sock.recv(65536):
        data += chunk
    sock.close()
    if not data:
        return say({"empty": True})
    named = dict(zip(json.loads(data)["fds"], fds))
    say({"first": first, "received": len(fds), "pidfd": pid_of(named["pidFd"]),
         "whole": json.loads(data)})
    return named["seccompFd"]


def answer(listener):
    buf = bytearray(80)
    try:
        fcntl.ioctl(listener, RECV, buf)
    except OSError as e:
        return e.errno in (errno.ENOENT, errno.EINTR)  # the caller was killed meanwhile
    ident, pid, _, nr = struct.unpack_from("=QIIi", buf)
    say({"call": NAMES.get(nr, nr), "pid": pid})
    error = errnos.get(nr, 0)
    reply = struct.pack("=QqiI", ident, 0, -error, 0 if error else CONTINUE)
    try:
        fcntl.ioctl(listener, SEND, reply)
    except OSError as e:
        return e.errno == errno.ENOENT
    return True


server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(path)
server.listen(8)
poll = select.poll()
poll.register(server, select.POLLIN)
waiting, listeners, taken = {}, set(), 0
while True:
    for fd, events in poll.poll():
        if fd == server.fileno():
            sock, _ = server.accept()
            waiting[sock.fileno()] = sock
            poll.register(sock, select.POLLIN)
        elif fd in waiting:
            poll.unregister(fd)
            listener = take_state(waiting.pop(fd))
            taken += listener is not None
            if gone and taken == gone:
                os._exit(0)
            if listener is not None:
                listeners.add(listener)
                poll.register(listener, select.POLLIN)
        elif events & select.POLLIN and answer(fd):
            pass
        else:  # nobody is left whom the filter binds
            poll.unregister(fd)
            listeners.discard(fd)
            os.close(fd)
