/* SPDX-License-Identifier: Apache-2.0 */
#include "run/resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "run/life.h"
#include "run/run_private.h"

#define FILE_MAX_BYTES (1u << 20)

#define WHERE "linux.intelRdt: "

int resctrl_open(const char *path, struct err *e)
{
	autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return fail_sys(e, errno, WHERE "open %s", path);
	if (fs.f_type != RDTGROUP_SUPER_MAGIC)
		return fail(e, ERR_HOST,
			    WHERE "expected a resctrl file system on %s: found another", path);
	return take_fd(&fd);
}

static const char *path_in(const char *group, const char *file, char buf[], size_t size)
{
	(void)snprintf(buf, size, "%s/%s", group, file);
	return buf;
}

/* ---- is it what was asked for? ---- */

/* "  L3:0= 0ff;1=f0 " and "L3:0=ff;1=f0" are one: the kernel pads with blanks and zeros. */
static bool same_value(const char *a, size_t a_n, const char *b, size_t b_n)
{
	while (a_n > 1 && (*a == ' ' || *a == '0'))
		a++, a_n--;
	while (b_n > 1 && (*b == ' ' || *b == '0'))
		b++, b_n--;
	while (a_n > 0 && a[a_n - 1] == ' ')
		a_n--;
	while (b_n > 0 && b[b_n - 1] == ' ')
		b_n--;
	return a_n == b_n && strncasecmp(a, b, a_n) == 0;
}

/* The value of a domain ("0") in "0=ff;1=f0", or NULL. */
static const char *value_of(const char *domains, const char *id, size_t id_n, size_t *n)
{
	while (*domains != '\0' && *domains != '\n') {
		const size_t all = strcspn(domains, ";\n"), name = strcspn(domains, "=;\n");

		if (domains[name] == '=' && same_value(domains, name, id, id_n)) {
			*n = all - name - 1;
			return domains + name + 1;
		}
		domains += all + (domains[all] == ';');
	}
	return NULL;
}

/* What follows "L3:" in the text of a group, or NULL. */
static const char *domains_of(const char *text, const char *resource, size_t n)
{
	while (*text != '\0') {
		text += strspn(text, " ");
		if (strncmp(text, resource, n) == 0 && text[n] == ':')
			return text + n + 1;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

/* Each domain of the line has in the group's text the value that it has here. */
static bool line_holds(const char *line, const char *text)
{
	const char *p = line + strspn(line, " ");
	const char *theirs = domains_of(text, p, strcspn(p, ":\n"));

	p += strcspn(p, ":\n");
	if (theirs == NULL || *p++ != ':')
		return false;
	while (*p != '\0' && *p != '\n') {
		const size_t all = strcspn(p, ";\n"), name = strcspn(p, "=;\n");
		size_t n = 0;
		const char *value = value_of(theirs, p, name, &n);

		if (name == all || value == NULL ||
		    !same_value(value, n, p + name + 1, all - name - 1))
			return false;
		p += all + (p[all] == ';');
	}
	return true;
}

/* "If closID directory ... exists, runtimes MUST compare ... and generate an error if doesn't
 * match." */
static int compare(int root, const struct plan_rdt *p, struct err *e)
{
	char path[NAME_MAX + 16];
	autofree char *text = NULL;
	size_t len;

	if (p->schemata == NULL)
		return 0;
	(void)path_in(p->group, "schemata", path, sizeof(path));
	if (file_read_at(root, path, FILE_MAX_BYTES, path, &text, &len, e) < 0)
		return -1;
	for (const char *line = p->schemata; *line != '\0'; line = strchr(line, '\n') + 1)
		if (!line_holds(line, text))
			return fail(e, ERR_HOST,
				    WHERE "expected %.*s in the class %s, which is there: "
					  "found another schema",
				    (int)strcspn(line, "\n"), line, p->group);
	return 0;
}

int resctrl_check(int root, const struct plan_rdt *p, bool *make, struct err *e)
{
	struct stat st;
	bool there = fstatat(root, p->group, &st, AT_SYMLINK_NOFOLLOW) == 0;

	*make = !there;
	if (there && p->which == RDT_NEW)
		return fail(e, ERR_HOST, WHERE "expected no class of the name %s: found one",
			    p->group);
	if (!there && p->which == RDT_THERE) {
		(void)fail(e, ERR_HOST, WHERE "expected the class %s: found none", p->group);
		return hint(e, "a closID without a schema names a class that is there already");
	}
	return there ? compare(root, p, e) : 0;
}

/* ---- making and joining ---- */

/* The kernel keeps its reason in a file. */
static int fail_why(int root, int err, const char *what, const char *group, struct err *e)
{
	char why[160];

	(void)fail_sys(e, err, WHERE "%s %s", what, group);
	if (file_peek_at(root, "info/last_cmd_status", why, sizeof(why)) <= 0 ||
	    str_eq(why, "ok"))
		return -1;
	return hint(e, "the kernel says: %s", why);
}

static int write_to(int root, const char *group, const char *file, const char *text,
		    struct err *e)
{
	char path[2 * NAME_MAX + 32];
	int err = file_put_at(root, path_in(group, file, path, sizeof(path)), text);

	return err < 0 ? fail_why(root, -err, "write", path, e) : 0;
}

static int make_directory(int root, const char *path, bool *made, struct err *e)
{
	*made = mkdirat(root, path, 0755) == 0;
	if (*made)
		return 0;
	(void)fail_why(root, errno, "make the group", path, e);
	return e->sys == ENOSPC
		       ? hint(e,
			      "the processor has only so many classes, see info/*/num_closids")
		       : -1;
}

int resctrl_make(int root, const struct plan_rdt *p, bool *made, struct err *e)
{
	if (make_directory(root, p->group, made, e) < 0)
		return -1;
	return p->schemata != NULL ? write_to(root, p->group, "schemata", p->schemata, e) : 0;
}

int resctrl_make_monitor(int root, const struct plan_rdt *p, bool *made, struct err *e)
{
	return make_directory(root, p->monitor, made, e);
}

int resctrl_join(int root, const struct plan_rdt *p, pid_t pid, struct err *e)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", pid);
	if (write_to(root, p->group, "tasks", text, e) < 0)
		return -1;
	return p->monitor != NULL ? write_to(root, p->monitor, "tasks", text, e) : 0;
}

/* Of a class that others have joined meanwhile, as they may by its name, nobody is thrown
 * out; a zombie is still listed. */
static bool is_used(int root, const char *group, pid_t last)
{
	char path[2 * NAME_MAX + 32];
	autofree char *text = NULL;
	struct err ignored = { 0 };
	size_t len;

	if (file_read_at(root, path_in(group, "tasks", path, sizeof(path)), FILE_MAX_BYTES,
			 path, &text, &len, &ignored) < 0)
		return false;
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0' && strtol(line, NULL, 10) != last)
			return true;
	return false;
}

int resctrl_remove(int root, const char *group, pid_t last, struct err *e)
{
	if (is_used(root, group, last) || unlinkat(root, group, AT_REMOVEDIR) == 0 ||
	    errno == ENOENT)
		return 0;
	return fail_sys(e, errno, WHERE "remove the group %s", group);
}

int resctrl_put(int root, const char *group, const char *schemata, struct err *e)
{
	return write_to(root, group, "schemata", schemata, e);
}

int resctrl_get(int root, const char *group, char **schemata, struct err *e)
{
	char path[NAME_MAX + 16];
	size_t len;

	return file_read_at(root, path_in(group, "schemata", path, sizeof(path)),
			    FILE_MAX_BYTES, path, schemata, &len, e);
}

/* ---- steps ---- */

/* In the state before it is made, so that a runtime that is killed in between leaves no group
 * that nobody knows. */
static int make_class(struct run *r, int root, struct err *e)
{
	r->st.rdt_made = true;
	if (state_save(&r->dir, &r->st, e) < 0)
		return -1;
	return resctrl_make(root, &r->pl->rdt, &r->st.rdt_made, e);
}

static int make_monitor(struct run *r, int root, struct err *e)
{
	bool made = false;

	r->st.rdt_monitor = r->pl->rdt.monitor;
	if (state_save(&r->dir, &r->st, e) < 0)
		return -1;
	if (resctrl_make_monitor(root, &r->pl->rdt, &made, e) == 0)
		return 0;
	r->st.rdt_monitor = NULL; /* not ours to take away */
	return -1;
}

int do_resctrl(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int root = resctrl_open(pl->rdt.root, e);
	bool make = false;

	if (root < 0 || resctrl_check(root, &pl->rdt, &make, e) < 0)
		return -1;
	r->st.resctrl = pl->rdt.root;
	r->st.rdt_group = pl->rdt.group;
	if (make && make_class(r, root, e) < 0)
		return -1;
	return pl->rdt.monitor != NULL ? make_monitor(r, root, e) : 0;
}

int do_resctrl_join(struct run *r, const struct plan *pl, struct err *e)
{
	autofd int root = resctrl_open(pl->rdt.root, e);

	return root < 0 ? -1 : resctrl_join(root, &pl->rdt, r->pid, e);
}

/* Where the file system is unmounted its groups have gone with it. */
int life_end_resctrl(const struct state *st, struct err *e)
{
	struct err gone = { 0 };
	autofd int root = -1;

	if (st->resctrl == NULL || (!st->rdt_made && st->rdt_monitor == NULL))
		return 0;
	root = resctrl_open(st->resctrl, &gone);
	if (root < 0)
		return 0;
	if (st->rdt_monitor != NULL && resctrl_remove(root, st->rdt_monitor, st->pid, e) < 0)
		return -1;
	return st->rdt_made ? resctrl_remove(root, st->rdt_group, st->pid, e) : 0;
}
