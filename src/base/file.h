/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - small files: read whole, written in one call, replaced atomically. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* Reads a file of at most `max' bytes into malloc'd, NUL-ended memory, the caller's to free.
 * "what" names it in errors. */
int file_read_at(int dir, const char *name, size_t max, const char *what, char **text,
		 size_t *len, struct err *e) CHECK;
/* The same, and a pipe too, which a shell makes of <(command). */
int file_read_given(const char *name, size_t max, const char *what, char **text, size_t *len,
		    struct err *e) CHECK;
int file_read_fd(int fd, size_t max, const char *what, char **text, size_t *len,
		 struct err *e) CHECK;

/* Reads until the buffer is full or the file ends. Returns how much it was or -errno. */
ssize_t file_fill(int fd, char *buf, size_t size);

/* Reads into a buffer, NUL-ended, trailing newline cut; for /proc and cgroup files. Returns
 * the length or -errno; longer content is cut. */
ssize_t file_peek_at(int dir, const char *name, char *buf, size_t size);

/* One value, one write, to an existing file. 0 or -errno. */
int file_put_at(int dir, const char *name, const char *value);

/* Writes a temporary beside the name (O_EXCL, 0600 unless mode says more) and renames it over
 * the name. With `sync' the data is on disk before the name is. */
int file_replace_at(int dir, const char *name, const void *data, size_t len, mode_t mode,
		    bool sync, struct err *e) CHECK;

/* For what a caller named: the same without sync, but what is there and is no file is written
 * to and stays (a pipe, a terminal, /dev/null), and so is what a link of root's or of our own
 * leads to (/dev/stdout). Another user's link, and one to nothing, is replaced. */
int file_output_at(int dir, const char *name, const void *data, size_t len, mode_t mode,
		   struct err *e) CHECK;

/* Is it a program that nobody but its owner can write, and is that root, or `also'? */
bool file_is_program(const char *path, uid_t also);

/* The whole buffer, however many calls it takes. 0 or -errno. */
int write_all(int fd, const void *data, size_t len);
