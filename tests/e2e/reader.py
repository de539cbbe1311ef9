#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""reader.py DIR - sockets for sinks: DIR/read, whose datagrams go to DIR/got, and DIR/unread, a
stream that nobody accepts. DIR/ready is there when they are."""
import pathlib
import socket
import sys

here = pathlib.Path(sys.argv[1])
read = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
read.bind(str(here / "read"))
unread = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
unread.bind(str(here / "unread"))
unread.listen(0)
with open(here / "got", "wb", buffering=0) as out:
    (here / "ready").touch()
    while True:
        out.write(read.recv(1 << 17))
