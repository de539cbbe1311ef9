/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/cg_private.h"

#define MOUNTINFO_MAX ((size_t)4 << 20)

const char *const cg_controller_names[8] = {
	"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc",
};

unsigned cg_bits(const char *words)
{
	unsigned bits = 0;

	while (*words != '\0') {
		size_t n = strcspn(words, " \n");

		for (unsigned i = 0; i < COUNT(cg_controller_names); i++)
			if (strlen(cg_controller_names[i]) == n &&
			    memcmp(words, cg_controller_names[i], n) == 0)
				bits |= 1U << i;
		words += n;
		words += strspn(words, " \n");
	}
	return bits;
}

void cg_words(unsigned bits, const char *prefix, struct sbuf *b)
{
	for (unsigned i = 0; i < COUNT(cg_controller_names); i++)
		if (bits & 1U << i)
			sbuf_add(b, "%s%s%s", b->n > 0 ? " " : "", prefix,
				 cg_controller_names[i]);
}

/* The controllers among a v1 mount's options; none for a named hierarchy. */
static void keep_controllers(char *options, struct sbuf *b)
{
	static const char *const others[] = { "rw",   "ro",       "xattr",    "clone_children",
					      "none", "noprefix", "relatime", NULL };
	char *word;

	while ((word = strsep(&options, ",")) != NULL)
		if (!str_in(word, others) && strchr(word, '=') == NULL)
			sbuf_add(b, "%s%s", b->n > 0 ? "," : "", word);
}

/* One line of mountinfo: proc_pid_mountinfo(5). What v1 holds is gathered in b; the mount point
 * of a cgroup2 is returned, or NULL. The line is cut to pieces. */
static char *explain_line(char *line, struct sbuf *b)
{
	char *tail = strstr(line, " - "), *rest = line, *where = NULL, *type, *options;
	char words[96] = "";
	struct sbuf w = SBUF(words);

	if (tail == NULL)
		return NULL;
	*tail = '\0';
	for (int i = 0; i < 5; i++)
		where = strsep(&rest, " ");
	rest = tail + 3;
	type = strsep(&rest, " ");
	(void)strsep(&rest, " ");
	options = rest;
	if (where == NULL || options == NULL || !str_eq(type, "cgroup"))
		return where != NULL && str_eq(type, "cgroup2") ? where : NULL;
	keep_controllers(options, &w);
	if (w.n == 0)
		return NULL;
	sbuf_add(b, "%s%s", b->n > 0 ? ", " : "v1 holds ", words);
	if (!str_eq(str_after(where, CG_ROOT "/"), words))
		sbuf_add(b, " (on %s)", where);
	return NULL;
}

void cg_explain(const char *mountinfo, char *buf, size_t size)
{
	struct sbuf b = { buf, 0, size, false };
	autofree char *text = strdup(mountinfo), *v2 = NULL;
	char *rest = text, *line, *at;

	buf[0] = '\0';
	while (text != NULL && (line = strsep(&rest, "\n")) != NULL) {
		at = explain_line(line, &b);
		if (at != NULL && v2 == NULL)
			v2 = strdup(at);
	}
	if (v2 != NULL)
		sbuf_add(&b, "%sv2 is on %s", b.n > 0 ? "; " : "", v2);
	if (b.n == 0)
		sbuf_add(&b, "no cgroup filesystem is mounted");
}

static void explain_here(char *buf, size_t size)
{
	autofree char *text = NULL;
	struct err ignored = { 0 };
	size_t len;

	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, "mountinfo", &text,
			 &len, &ignored) < 0)
		(void)snprintf(buf, size, "it is another filesystem");
	else
		cg_explain(text, buf, size);
}

void cg_probe(struct cg_host *out)
{
	char text[256];
	struct statfs fs;

	*out = (struct cg_host){ 0 };
	if (statfs(CG_ROOT, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC) {
		explain_here(out->why, sizeof(out->why));
		return;
	}
	out->v2 = true;
	if (file_peek_at(AT_FDCWD, CG_ROOT "/cgroup.controllers", text, sizeof(text)) >= 0)
		out->controllers = cg_bits(text);
}

int cg_root(struct err *e)
{
	autofd int dir = open(CG_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	char why[200];

	if (dir >= 0 && fstatfs(dir, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return take_fd(&dir);
	explain_here(why, sizeof(why));
	(void)fail(e, ERR_HOST, "cgroups: wanted cgroup v2 on " CG_ROOT ": %s", why);
	return hint(e, "boot with systemd.unified_cgroup_hierarchy=1 and without v1 "
		       "controllers");
}

static int path_in(const char *file, char *buf, size_t size, struct err *e)
{
	char text[8192];
	ssize_t n = file_peek_at(AT_FDCWD, file, text, sizeof(text));
	char *line = text;

	if (n < 0)
		return fail_sys(e, (int)-n, "cgroups: read %s", file);
	while (line != NULL && str_after(line, "0::") == NULL) {
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	if (line == NULL)
		return fail(e, ERR_HOST,
			    "cgroups: wanted a v2 group: %s has no line 0::", file);
	line += 3;
	line[strcspn(line, "\n")] = '\0';
	if (strlen(line) >= size)
		return fail(e, ERR_HOST, "cgroups: the group in %s: its path is too long",
			    file);
	memcpy(buf, line, strlen(line) + 1);
	return 0;
}

int cg_self_path(char *buf, size_t size, struct err *e)
{
	return path_in("/proc/self/cgroup", buf, size, e);
}

int cg_path_of(pid_t pid, char *buf, size_t size, struct err *e)
{
	char file[48];

	(void)snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	return path_in(file, buf, size, e);
}
