/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

#define FILE_NAME  "caisson.json"
#define CONFIG_MAX (1u << 20)
#define PARTS_MAX  256

/* ---- one text ---- */

static void see_unknown(void *ctx, const char *path)
{
	complain(ctx, "%s: unknown key", path);
}

int config_read(struct arena *a, const char *name, const char *text, size_t len,
		struct config *out, struct err *e)
{
	struct complaints bad = { .arena = a };
	struct config now = *out;
	struct json *doc;

	if (json_parse(a, name, text, len, &doc, e) < 0)
		return -1;

	const struct jat root = j_root(doc, &bad);
	const struct jat watch = j_key(&root, "watch"), audit = j_key(&root, "audit");

	if (!j_object(&root))
		(void)j_required(&root, "object");
	watch_rules_read(&watch, &now.watch);
	audit_rules_read(&audit, &now.audit);
	audit_config_read(&audit, a, &now.sinks);
	json_unread(doc, see_unknown, &bad);
	if (bad.n > 0)
		return fail(e, ERR_USAGE, "%s: %s", name, bad.first->text);
	*out = now;
	return 0;
}

/* ---- files ---- */

static int check_owner(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "%s: look at", path);
	if (!S_ISREG(st.st_mode))
		return fail(e, ERR_USAGE, "%s: expected a regular file", path);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 0022) != 0)
		return fail(e, ERR_USAGE,
			    "%s: expected a file of root or uid %u that nobody else writes: "
			    "found "
			    "mode %04o of uid %u",
			    path, geteuid(), st.st_mode & 07777, st.st_uid);
	return 0;
}

/* One that is not there is no error, unless it was asked for. */
static int load_file(struct arena *a, const char *path, bool must, struct config *out,
		     struct err *e)
{
	/* O_NONBLOCK: a FIFO in the place of the file must not hold us up */
	autofd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	autofree char *text = NULL;
	size_t len;

	if (fd < 0 && !must && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return fail_sys(e, errno, "%s: open", path);
	if (check_owner(path, fd, e) < 0 ||
	    file_read_fd(fd, CONFIG_MAX, path, &text, &len, e) < 0)
		return -1;
	return config_read(a, path, text, len, out, e);
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int load_parts(struct arena *a, const char *dir, struct config *out, struct err *e)
{
	autodir DIR *d = opendir(dir);
	const char **names = NULL;
	const struct dirent *ent;
	size_t n = 0;

	if (d == NULL)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : fail_sys(e, errno, "%s: read", dir);
	names = arena_array(a, PARTS_MAX, sizeof(*names));
	while ((ent = readdir(d)) != NULL) {
		if (ent->d_name[0] == '.' || !str_ends(ent->d_name, ".json"))
			continue;
		if (n == PARTS_MAX)
			return fail(e, ERR_USAGE, "%s: expected at most %d files: found more",
				    dir, PARTS_MAX);
		names[n++] = arena_strdup(a, ent->d_name);
	}
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++)
		if (load_file(a, arena_printf(a, "%s/%s", dir, names[i]), true, out, e) < 0)
			return -1;
	return 0;
}

static int load_dir(struct arena *a, const char *dir, struct config *out, struct err *e)
{
	if (load_file(a, arena_printf(a, "%s/" FILE_NAME, dir), false, out, e) < 0)
		return -1;
	return load_parts(a, arena_printf(a, "%s/conf.d", dir), out, e);
}

/* Of a program with more privileges than its caller, secure_getenv(3) gives nothing. */
static int load_users(struct arena *a, struct config *out, struct err *e)
{
	const char *config = secure_getenv("XDG_CONFIG_HOME");
	const char *home = secure_getenv("HOME");

	if (config != NULL && config[0] == '/')
		return load_dir(a, arena_printf(a, "%s/caisson", config), out, e);
	if (home != NULL && home[0] == '/')
		return load_dir(a, arena_printf(a, "%s/.config/caisson", home), out, e);
	return 0;
}

int config_load(struct arena *a, const char *given, struct config *out, struct err *e)
{
	static const char *const dirs[] = { CAISSON_DATADIR, CAISSON_SYSCONFDIR };

	*out = (struct config){ .watch = watch_rules_none() };
	if (str_eq(given, "none"))
		return 0;
	if (given != NULL)
		return load_file(a, given, true, out, e);
	for (size_t i = 0; i < COUNT(dirs); i++)
		if (load_dir(a, dirs[i], out, e) < 0)
			return -1;
	return geteuid() != 0 ? load_users(a, out, e) : 0;
}
