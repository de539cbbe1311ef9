#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""swap.py A B - an attacker who changes two names for each other, over and over, until it is
killed: between a check and a use of either there is another file. renameat2(2)."""
import ctypes
import os
import sys

AT_FDCWD = -100
RENAME_EXCHANGE = 2

libc = ctypes.CDLL(None, use_errno=True)
a, b = (os.fsencode(word) for word in sys.argv[1:])
while libc.renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0:
    pass
sys.exit(os.strerror(ctypes.get_errno()))
