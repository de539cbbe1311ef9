/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"

#define SUFFIX   ".policy"
#define DIRS_MAX 32
#define NAME_LEN 64

struct policy_found {
	struct policy_found *next;
	struct policy_source source;
};

bool policy_find_is_name(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";
	const size_t len = strlen(s);

	return len > 0 && len <= NAME_LEN && s[0] != '-' && strspn(s, letters) == len;
}

/* ---- where ---- */

struct dirs {
	const char **v;
	size_t n;
};

static void add_dir(struct dirs *d, const char *dir)
{
	if (d->n < DIRS_MAX && dir[0] == '/')
		d->v[d->n++] = dir;
}

static void add_path(struct arena *a, struct dirs *d, const char *path)
{
	char *rest = arena_strdup(a, path);
	char *dir;

	while ((dir = strsep(&rest, ":")) != NULL)
		add_dir(d, dir);
}

/* Of a program with more privileges than its caller, secure_getenv(3) gives nothing. */
static void add_users(struct arena *a, struct dirs *d)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");

	if (config != NULL && config[0] == '/')
		add_dir(d, arena_printf(a, "%s/caisson/policies", config));
	else if (home != NULL && home[0] == '/')
		add_dir(d, arena_printf(a, "%s/.config/caisson/policies", home));
}

const char *const *policy_find_dirs(const struct policy_finder *f)
{
	struct dirs d = { arena_array(f->arena, DIRS_MAX + 1, sizeof(*d.v)), 0 };
	const char *path = secure_getenv("CAISSON_POLICY_PATH");
	const bool root = geteuid() == 0;

	if (path != NULL && !(f->strict && root))
		add_path(f->arena, &d, path);
	if (!root)
		add_users(f->arena, &d);
	add_dir(&d, CAISSON_SYSCONFDIR "/policies");
	add_dir(&d, CAISSON_DATADIR "/policies");
	return d.v;
}

/* ---- one file ---- */

static int check_owner(const char *path, const struct stat *st, struct err *e)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return fail(e, ERR_POLICY, "%s: a file of root or uid %u: found uid %u's", path,
			    geteuid(), st->st_uid);
	if ((st->st_mode & 0022) != 0)
		return fail(e, ERR_POLICY,
			    "%s: a file that only its owner can write: found mode %04o", path,
			    st->st_mode & 07777);
	return 0;
}

static int check_file(const struct policy_finder *f, const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "%s: look at", path);
	if (!S_ISREG(st.st_mode))
		return fail(e, ERR_POLICY, "%s: a regular file: found another kind", path);
	if (st.st_size > POLICY_TEXT_MAX)
		return fail(e, ERR_POLICY, "%s: at most %u bytes: found %jd", path,
			    POLICY_TEXT_MAX, (intmax_t)st.st_size);
	return f->strict ? check_owner(path, &st, e) : 0;
}

static void keep(struct policy_finder *f, const struct policy_source *source)
{
	struct policy_found *found = arena_new(f->arena, struct policy_found);

	found->source = *source;
	found->next = f->read;
	f->read = found;
}

static int read_source(struct policy_finder *f, const char *path, int fd,
		       struct policy_source *out, struct err *e)
{
	autofree char *text = NULL;
	size_t len;

	if (file_read_fd(fd, POLICY_TEXT_MAX, path, &text, &len, e) < 0)
		return -1;
	out->name = arena_strdup(f->arena, path);
	out->text = arena_strndup(f->arena, text, len);
	out->len = len;
	keep(f, out);
	return 0;
}

/* 1: there is none. O_NONBLOCK: a FIFO in the place of the file must not hold us up. */
static int try_path(struct policy_finder *f, const char *path, struct policy_source *out,
		    struct err *e)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	autofd int fd = -1;

	if (f->strict && !str_ends(path, SUFFIX))
		return fail(e, ERR_POLICY, "%s: a name that ends in " SUFFIX ": found none",
			    path);
	fd = open(path, flags | (f->strict ? O_NOFOLLOW : 0));
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0 && errno == ELOOP)
		return fail(e, ERR_POLICY, "%s: a regular file: found a symlink", path);
	if (fd < 0)
		return fail_sys(e, errno, "%s: open", path);
	if (check_file(f, path, fd, e) < 0)
		return -1;
	return read_source(f, path, fd, out, e);
}

static int read_stdin(struct policy_finder *f, struct policy_source *out, struct err *e)
{
	return read_source(f, "stdin", STDIN_FILENO, out, e);
}

static int nowhere(struct policy_finder *f, const char *name, struct err *e)
{
	const char *const *dirs = policy_find_dirs(f);
	const char *all = "";

	for (size_t i = 0; dirs[i] != NULL; i++)
		all = arena_printf(f->arena, "%s%s%s", all, i > 0 ? ", " : "", dirs[i]);
	(void)fail(e, ERR_POLICY, "%s: a policy of that name: found none", name);
	return hint(e, "looked in %s; a path has a dot or a slash in it", all);
}

static int find_name(struct policy_finder *f, const char *name, struct policy_source *out,
		     struct err *e)
{
	const char *const *dirs = policy_find_dirs(f);
	const char *suffix = str_ends(name, SUFFIX) ? "" : SUFFIX;

	for (size_t i = 0; dirs[i] != NULL; i++) {
		const char *path = arena_printf(f->arena, "%s/%s%s", dirs[i], name, suffix);
		const int rc = try_path(f, path, out, e);

		if (rc <= 0)
			return rc;
	}
	return nowhere(f, name, e);
}

int policy_find(struct policy_finder *f, const char *name, struct policy_source *out,
		struct err *e)
{
	int rc;

	if (str_eq(name, "-") && !f->strict)
		return read_stdin(f, out, e);
	if (policy_find_is_name(name))
		return find_name(f, name, out, e);
	rc = try_path(f, name, out, e);
	return rc > 0 ? fail(e, ERR_POLICY, "%s: a policy: found no such file", name) : rc;
}

/* ---- includes ---- */

static const char *beside(struct arena *a, const char *from, const char *name)
{
	const char *slash = strrchr(from, '/');
	const char *suffix = str_ends(name, SUFFIX) ? "" : SUFFIX;

	if (slash == NULL || name[0] == '/')
		return arena_printf(a, "%s%s", name, suffix);
	return arena_printf(a, "%.*s/%s%s", (int)(slash - from), from, name, suffix);
}

static int include(void *ctx, struct arena *a, const char *from, const char *name,
		   struct policy_source *out, struct err *e)
{
	struct policy_finder *f = ctx;
	const int rc = try_path(f, beside(a, from, name), out, e);

	if (rc <= 0)
		return rc;
	if (strchr(name, '/') == NULL)
		return find_name(f, name, out, e);
	return fail(e, ERR_POLICY, "%s: a policy: found no such file", name);
}

struct policy_env policy_find_env(struct policy_finder *f)
{
	return (struct policy_env){ .include = include, .ctx = f };
}

/* ---- lines ---- */

static const char *line_of(struct arena *a, const struct policy_source *s, unsigned line)
{
	const char *at = s->text, *end = s->text + s->len;

	for (unsigned i = 1; i < line && at != NULL; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	if (at == NULL || at == end)
		return NULL;
	return arena_strndup(a, at, strcspn(at, "\n"));
}

const char *policy_find_line(const struct policy_finder *f, const char *file, unsigned line)
{
	for (const struct policy_found *found = f->read; found != NULL; found = found->next)
		if (line > 0 && str_eq(found->source.name, file))
			return line_of(f->arena, &found->source, line);
	return NULL;
}
