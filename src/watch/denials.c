/* SPDX-License-Identifier: Apache-2.0 */
/* denials.c - what was denied how often: exact by name, and bounded whatever the container
 * calls. It lives in a file beside the state, so that the next watcher goes on with it, and
 * whoever finds the container dead without one still has the numbers. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/str.h"
#include "watch/calls.h"

#define FILE_NAME "denials"
#define FORM      1

/* Lines of the log a container may cause, at most: a burst, then so many a second. */
#define EVENTS_BURST 400
#define EVENTS_S     20

/* ---- the file ---- */

static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       st.st_size == (off_t)sizeof(struct denials);
}

/* Allocated, not only sized: a full disk is found now, and not by SIGBUS. */
static int make_file(int dir)
{
	autofd int fd = openat(dir, FILE_NAME,
			       O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;
	err = posix_fallocate(fd, 0, sizeof(struct denials));
	return err != 0 ? -err : take_fd(&fd);
}

struct denials *denials_map(int dir, bool make, struct err *e)
{
	autofd int fd =
		make ? make_file(dir) : openat(dir, FILE_NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct denials *d;

	if (fd < 0) {
		(void)fail_sys(e, make ? -fd : errno, FILE_NAME);
		return NULL;
	}
	if (!is_ours(fd)) {
		(void)fail(e, ERR_STATE, FILE_NAME ": expected a file of ours: found another");
		return NULL;
	}
	d = mmap(NULL, sizeof(*d), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (d == MAP_FAILED) {
		(void)fail_sys(e, errno, FILE_NAME ": map");
		return NULL;
	}
	if (make)
		d->version = FORM;
	if (d->version == FORM && d->calls_n <= DENIALS_CALLS)
		return d;
	denials_unmap(d);
	(void)fail(e, ERR_STATE, FILE_NAME ": expected version %d: found another", FORM);
	return NULL;
}

void denials_unmap(struct denials *d)
{
	if (d != NULL)
		(void)munmap(d, sizeof(*d));
}

/* ---- counting ---- */

/* What comes often moves to the front. */
void denials_count(struct denials *d, const struct seccomp_data *call)
{
	const uint32_t nr = (uint32_t)call->nr;

	for (uint32_t i = 0; i < d->calls_n; i++) {
		struct denials_count *c = &d->calls[i];

		if (c->nr != nr || c->arch != call->arch)
			continue;
		c->n++;
		if (i > 0 && c[-1].n < c->n) {
			struct denials_count before = c[-1];

			c[-1] = *c;
			*c = before;
		}
		return;
	}
	if (d->calls_n == DENIALS_CALLS) {
		d->other++;
		return;
	}
	d->calls[d->calls_n] = (struct denials_count){ call->arch, nr, 1 };
	d->calls_n++;
}

static const char *name_of(struct arena *a, const struct denials_count *c)
{
	const char *name = syscall_name(c->arch, (int)c->nr);

	return name != NULL ? name : arena_printf(a, "syscall_%u", c->nr);
}

/* i386's mount(2) and x86-64's are one to who reads it. */
static void add(struct arena *a, struct json *o, const struct denials *d, uint32_t i)
{
	const char *name = name_of(a, &d->calls[i]);
	uint64_t n = 0;

	if (json_get(o, name) != NULL)
		return;
	for (uint32_t k = i; k < d->calls_n; k++)
		if (str_eq(name_of(a, &d->calls[k]), name))
			n += d->calls[k].n;
	json_set(o, name, json_uint(a, n));
}

struct json *denials_json(struct arena *a, const struct denials *d)
{
	struct json *o = json_object(a);

	for (uint32_t i = 0; i < d->calls_n; i++)
		add(a, o, d, i);
	if (d->other > 0)
		json_set(o, "other", json_uint(a, d->other));
	return o->n > 0 ? o : NULL;
}

/* ---- what is told as one ---- */

/* FNV-1a, for distribution only: two that collide are told as one. */
static uint64_t mix(uint64_t h, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		h = (h ^ (v >> 8 * i & 0xff)) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t key_of(const struct seccomp_data *call, uint32_t row, bool with_args)
{
	uint64_t h = mix(UINT64_C(0xcbf29ce484222325), (uint64_t)call->arch << 32 | row);
	struct syscall_arg arg;

	h = mix(h, (uint32_t)call->nr);
	for (unsigned i = 0; with_args && i < SYSCALL_ARGS; i++) {
		if (!syscall_argument(call->arch, call->nr, i, &arg))
			break;
		if (!arg.is_pointer && !arg.is_fd)
			h = mix(h, arg.bits < 64
					   ? call->args[i] & ((UINT64_C(1) << arg.bits) - 1)
					   : call->args[i]);
	}
	return h;
}

static bool is_of(const struct denials_class *c, const struct seccomp_data *call, uint32_t row)
{
	return c->used && c->row == row && c->last.nr == call->nr && c->last.arch == call->arch;
}

static struct denials_class *find(struct denials *d, uint64_t key, bool various)
{
	for (size_t i = 0; i < DENIALS_CLASSES; i++)
		if (d->classes[i].used && d->classes[i].key == key &&
		    d->classes[i].various == various)
			return &d->classes[i];
	return NULL;
}

/* The last place is for what finds none. */
static struct denials_class *take(struct denials *d, uint64_t key, bool various)
{
	struct denials_class *c = d->classes;

	while (c->used && c < &d->classes[DENIALS_CLASSES - 1])
		c++;
	if (!c->used)
		*c = (struct denials_class){ .key = key, .used = true, .various = various };
	else
		c->various = true;
	return c;
}

struct denials_class *denials_class(struct denials *d, const struct seccomp_data *call,
				    uint32_t row)
{
	const uint64_t exact = key_of(call, row, true), rough = key_of(call, row, false);
	struct denials_class *c = find(d, exact, false);
	size_t variants = 0;

	if (c == NULL)
		c = find(d, rough, true);
	if (c == NULL) {
		for (size_t i = 0; i < DENIALS_CLASSES; i++)
			variants += is_of(&d->classes[i], call, row);
		c = variants < DENIALS_VARIANTS - 1 ? take(d, exact, false)
						    : take(d, rough, true);
	}
	c->row = row;
	c->last = *call;
	return c;
}

/* ---- how much may be told ---- */

bool denials_may_tell(struct denials *d, uint64_t now_ms, uint64_t *at_ms)
{
	return watch_bucket_take(&d->budget, EVENTS_BURST, EVENTS_S, now_ms, at_ms);
}
