/* SPDX-License-Identifier: Apache-2.0 */
/* cg_walk.c - a group and all that is below it. However deep that is, which whoever may make
 * groups decides, it takes one descriptor and no stack. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "cgroups/cg_private.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* What is still to be done, each with its NUL, the last first: NAME is a child to go into,
 * "/NAME" leads back out of it. */
struct trail {
	char *text;
	size_t n, size;
};

static void trail_free(struct trail *t)
{
	free(t->text);
}

static int push(struct trail *t, const char *back, const char *name)
{
	const size_t head = strlen(back), len = strlen(name) + 1;

	if (t->text == NULL || t->n + head + len > t->size) {
		const size_t size = t->size * 2 + NAME_MAX + 2;
		char *more = realloc(t->text, size);

		if (more == NULL)
			return -ENOMEM;
		t->text = more;
		t->size = size;
	}
	memcpy(t->text + t->n, back, head);
	memcpy(t->text + t->n + head, name, len);
	t->n += head + len;
	return 0;
}

static void pop(struct trail *t, char out[NAME_MAX + 2])
{
	const char *before = memrchr(t->text, '\0', t->n - 1);
	const char *last = before != NULL ? before + 1 : t->text;

	memcpy(out, last, strlen(last) + 1);
	t->n = (size_t)(last - t->text);
}

static int push_children(int dir, struct trail *t)
{
	autodir DIR *d = NULL;
	const struct dirent *entry;
	struct stat st;
	int fd, r = 0;

	/* kernfs: 2 and one for each child. */
	if (fstat(dir, &st) == 0 && st.st_nlink == 2)
		return 0;
	fd = openat(dir, ".", DIR_FLAGS);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	d = fdopendir(fd);
	if (d == NULL) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(d)) != NULL)
		if (entry->d_type == DT_DIR && !str_eq(entry->d_name, ".") &&
		    !str_eq(entry->d_name, ".."))
			r = push(t, "", entry->d_name);
	return r;
}

/* A directory that was removed meanwhile still has its "..". */
static int step(struct trail *t, int *dir, const struct cg_visit *v)
{
	char name[NAME_MAX + 2];
	int next, r;

	pop(t, name);
	next = openat(*dir, name[0] == '/' ? ".." : name, DIR_FLAGS);
	if (next < 0)
		return name[0] != '/' && cg_is_gone(errno) ? 0 : -errno;
	(void)close(*dir);
	*dir = next;
	if (name[0] == '/')
		return v->leave != NULL ? v->leave(*dir, name + 1) : 0;
	r = push(t, "/", name);
	if (r == 0 && v->enter != NULL)
		r = v->enter(*dir, v->arg);
	return r < 0 ? r : push_children(*dir, t);
}

int cg_walk(int top, const struct cg_visit *v)
{
	__attribute__((cleanup(trail_free))) struct trail t = { 0 };
	autofd int dir = openat(top, ".", DIR_FLAGS);
	int r = 0;

	if (dir < 0)
		return cg_is_gone(errno) ? 0 : -errno;
	if (v->enter != NULL)
		r = v->enter(dir, v->arg);
	if (r == 0)
		r = push_children(dir, &t);
	while (r == 0 && t.n > 0)
		r = step(&t, &dir, v);
	return r;
}
