/* SPDX-License-Identifier: Apache-2.0 */
/* fd.h - descriptors: sent, received, kept, closed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* One message of len bytes with one descriptor beside it. 0 or -errno. */
int fd_send(int sock, const void *data, size_t len, int fd);
/* The same with up to 8 of them, beside the first byte: a stream takes the rest when it can. */
int fd_send_list(int sock, const void *data, size_t len, const int *fds, size_t n);
/* Receives the same; *fd is -1 when none came, O_CLOEXEC otherwise. Any further descriptor is
 * closed and the message refused. Bytes read or -errno. */
long fd_recv(int sock, void *data, size_t len, int *fd);

/* Whether it is open and will be after execve: nothing of ours is. */
bool fd_survives(int fd);
/* Marks everything from `first' up close-on-exec. 0 or -errno. */
int fd_cloexec_from(unsigned first);
/* Closes everything from `first' up but the list, in any order, -1 in it is none. 0 or -errno.
 */
int fd_close_others(unsigned first, const int *keep, size_t n);
/* Makes sure that 0, 1, 2 are open, on /dev/null where they were not. 0 or -errno. */
int fd_guard_stdio(void);

/* Connects, or binds and listens, to an AF_UNIX socket of that type in an open directory,
 * however long the directory's path is (through /proc/self/fd). The socket or -errno. */
int unix_connect_at(int dir, const char *name, int type);
/* The same by a path of any length. */
int unix_connect_to(const char *path, int type);
int unix_listen_at(int dir, const char *name, int type, int backlog);
