/* SPDX-License-Identifier: Apache-2.0 */
/* cg_private.h - what the files of cgroups/ share, and what their tests see. */
#pragma once
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "cgroups/cg.h"

#define CG_ROOT "/sys/fs/cgroup"

struct cg_past;

struct cg {
	int dir;
	struct cg_past *past; /* cg_update: what cg_put replaces is kept there; else NULL */
	char path[];          /* the name that errors use */
};

/* The cgroup2 root, O_PATH; an error that says what is there in its place. */
int cg_root(struct err *e) CHECK;
/* What a mountinfo text says about cgroups, in one line. */
void cg_explain(const char *mountinfo, char *buf, size_t size);

/* A path in its shortest form, or an error for one with "." or ".." in it. */
int cg_tidy(const char *path, char out[], size_t size, struct err *e) CHECK;
/* Opens a tidy path below the root: never a symlink, never another mount. fd or -errno. */
int cg_open_below(int root, const char *path, int flags) CHECK;

/* CG_* bits from the words of cgroup.controllers, and back. */
unsigned cg_bits(const char *words);
void cg_words(unsigned bits, const char *prefix, struct sbuf *b);
/* The controller of a control file: "memory.max" -> CG_MEMORY; 0 for the core's own. */
unsigned cg_file_controller(const char *file);
/* Enables what is missing of `need' for the children of an open group, and, where that can be,
 * all else that it has. */
int cg_enable(int dir, const char *path, unsigned need, struct err *e) CHECK;
/* Are all of `need', and all that it has, enabled for its children? */
bool cg_enabled(int dir, unsigned need);

/* Keeps what a control file says, before `value' is written to it. 0 or -ENOMEM. */
int cg_remember(const struct cg *cg, const char *file, const char *value) CHECK;
/* Enables the controllers in every ancestor of a group that is there. */
int cg_pass_on(const struct cg *cg, unsigned need, struct err *e) CHECK;

/* One value, one write. The error names file, value and, where one is known, a remedy. */
int cg_put(const struct cg *cg, const char *file, const char *value, struct err *e) CHECK;
/* The error for a write that gave -errno. */
int cg_refused(const struct cg *cg, const char *file, const char *value, int errnum,
	       struct err *e);

/* Adds the remedy for a control file's errno, where one is known; -1. */
int cg_remedy(const char *file, int errnum, struct err *e);
/* cg_kill where there is no cgroup.kill. */
int cg_kill_each(const struct cg *cg, struct err *e) CHECK;

/* The number behind a key in a "key value" text; -1 when it is not there. */
int64_t cg_key(const char *text, const char *key);

/* Groups come and go while we look: what open(2) and read(2) say of one that went. */
static inline bool cg_is_gone(int errnum)
{
	return errnum == ENOENT || errnum == ENODEV;
}

/* A walk through an open group and all below it, until one of these fails. Either may be NULL.
 * 0 or -errno. */
struct cg_visit {
	int (*enter)(int dir, void *arg);           /* each group, before its children */
	int (*leave)(int parent, const char *name); /* each but the top, after its children */
	void *arg;
};
int cg_walk(int top, const struct cg_visit *v) CHECK;

/* ---- programs, cg_bpf.c: a descriptor, 0 or -errno ---- */

struct cg_program {
	struct bpf_insn *insn; /* malloc'd by cg_device_program */
	size_t n;
	bool allows_all;
};

uint64_t cg_bpf_address(const void *p);
int cg_bpf_load(const struct cg_program *p, enum bpf_prog_type type, enum bpf_attach_type where,
		const char *name) CHECK;
/* Beside others; old: -1, or the program whose place is taken in the same instant. */
int cg_bpf_attach(int dir, int prog, enum bpf_attach_type where, int old) CHECK;
int cg_bpf_detach(int dir, int prog, enum bpf_attach_type where) CHECK;

/* ---- device filter ---- */

/* The rules as an eBPF program. Each of read, write and mknod that is asked for is decided by
 * the last rule that speaks of it; all must be granted. */
int cg_device_program(const struct cg_device *d, size_t n, struct cg_program *out,
		      struct err *e) CHECK;
