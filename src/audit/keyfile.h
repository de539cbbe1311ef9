/* SPDX-License-Identifier: Apache-2.0 */
/* keyfile.h - a small file beside a log with a key that is written over, never replaced: a new
 * file would leave the old key on the disk, in blocks that are nobody's.
 *
 * What is in it begins with a struct keyfile_head and ends with a SHA-256 of all before, for a
 * power failure may leave half of it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

struct keyfile_head {
	uint64_t magic;
};

/* LOG with the suffix behind it, open. -ENOENT; -EPERM: others can read it, or it is not ours.
 */
int keyfile_open(const char *log, const char *suffix) CHECK;
/* One that was not there: -EEXIST. */
int keyfile_make(const char *log, const char *suffix) CHECK;
/* -EBADMSG: something else, or half of it. */
int keyfile_read(int fd, void *state, size_t size, uint64_t magic) CHECK;
/* Over what is there, and on disk. */
int keyfile_write(int fd, void *state, size_t size, uint64_t magic) CHECK;
