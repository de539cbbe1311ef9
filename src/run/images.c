/* SPDX-License-Identifier: Apache-2.0 */
#include "run/images.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

#define DESCRIPTORS     "descriptors.json"
#define DESCRIPTORS_MAX 65536
#define STDIO           3

/* ---- directories ---- */

static int open_dir(const char *path, bool make, const char *option, struct err *e)
{
	int fd;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail_sys(e, errno, "%s %s: make", option, path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_sys(e, errno, "%s %s: open", option, path) : fd;
}

static int check_owner(int dir, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return fail_sys(e, errno, "--image-path %s", path);
	if ((st.st_uid == 0 || st.st_uid == geteuid()) && (st.st_mode & 0022) == 0)
		return 0;
	(void)fail(e, ERR_USAGE,
		   "--image-path %s: expected a directory that only root can write: found "
		   "owner "
		   "%u, mode %03o",
		   path, st.st_uid, st.st_mode & 0777);
	return hint(e,
		    "who writes images decides what is restored: copy them to a directory of "
		    "root's, if they are to be trusted");
}

int images_open(const struct run_images *w, bool make, struct criu_call *c, struct err *e)
{
	c->status_fd = w->status_fd;
	c->images = (struct criu_dir){ w->dir, open_dir(w->dir, make, "--image-path", e) };
	if (c->images.fd < 0 || (!make && check_owner(c->images.fd, w->dir, e) < 0))
		return -1;
	if (w->work == NULL)
		return 0;
	c->work = (struct criu_dir){ w->work, open_dir(w->work, true, "--work-path", e) };
	return c->work.fd < 0 ? -1 : 0;
}

void images_close(struct criu_call *c)
{
	auto_close_(&c->images.fd);
	auto_close_(&c->work.fd);
}

/* ---- options ---- */

#define FLAG(member, field)                                \
	{                                                  \
		offsetof(struct run_images, member), field \
	}

static const struct {
	size_t offset;
	enum criu_opt field;
} flags[] = {
	FLAG(leave_running, CRIU_LEAVE_RUNNING),
	FLAG(tcp_established, CRIU_TCP_ESTABLISHED),
	FLAG(tcp_close, CRIU_TCP_CLOSE),
	FLAG(tcp_skip_in_flight, CRIU_TCP_SKIP_IN_FLIGHT),
	FLAG(ext_unix_sk, CRIU_EXT_UNIX_SK),
	FLAG(shell_job, CRIU_SHELL_JOB),
	FLAG(file_locks, CRIU_FILE_LOCKS),
	FLAG(auto_dedup, CRIU_AUTO_DEDUP),
	FLAG(lazy_pages, CRIU_LAZY_PAGES),
	FLAG(link_remap, CRIU_LINK_REMAP),
};

void images_pair(struct pb *opts, unsigned n, const char *key, const char *value)
{
	struct pb pair = { .arena = opts->arena };

	pb_string(&pair, 1, key);
	pb_string(&pair, 2, value);
	pb_message(opts, n, &pair);
}

/* "ADDRESS:PORT"; an IPv6 address may stand in brackets. */
static int add_page_server(struct pb *opts, const char *text, struct err *e)
{
	const char *colon = strrchr(text, ':');
	struct pb server = { .arena = opts->arena };
	uint64_t port;

	if (colon == NULL || colon == text || !str_uint64(colon + 1, 65535, &port) || port == 0)
		return fail(e, ERR_USAGE, "--page-server: expected ADDRESS:PORT: found \"%s\"",
			    text);
	pb_string(&server, 1, arena_strndup(opts->arena, text, (size_t)(colon - text)));
	pb_int(&server, 2, (int64_t)port);
	pb_message(opts, CRIU_PAGE_SERVER, &server);
	return 0;
}

int images_options(struct pb *opts, const struct run_images *w, struct err *e)
{
	pb_uint(opts, CRIU_CGROUPS_MODE, w->cgroups_mode);
	/* a mount that gets others from its master outside stays what it is */
	pb_bool(opts, CRIU_EXT_MASTERS, true);
	pb_bool(opts, CRIU_EVASIVE_DEVICES, true);
	for (size_t n = 0; n < COUNT(flags); n++)
		if (*(const bool *)((const char *)w + flags[n].offset))
			pb_bool(opts, flags[n].field, true);
	if (w->empty_net)
		pb_uint(opts, CRIU_EMPTY_NS, CLONE_NEWNET);
	return w->page_server != NULL ? add_page_server(opts, w->page_server, e) : 0;
}

#define CONFIG "org.criu.config"

static const char *annotation(const struct plan *pl, const char *key)
{
	for (size_t i = 0; i < pl->annotations.n; i++)
		if (str_eq(pl->annotations.v[i].key, key))
			return pl->annotations.v[i].value;
	return "";
}

/* Can somebody else put another file in the place of a name in one of the directories? In one
 * with the sticky bit not of a file of ours. */
static int check_above(const char *path, struct err *e)
{
	char above[PATH_MAX], *end;
	struct stat st;

	if (snprintf(above, sizeof(above), "%s", path) >= (int)sizeof(above))
		return fail_sys(e, ENAMETOOLONG, "annotations." CONFIG ": %.64s", path);
	while ((end = strrchr(above, '/')) != NULL) {
		end[end == above] = '\0'; /* "/" itself is the last */
		if (lstat(above, &st) < 0)
			return fail_sys(e, errno, "annotations." CONFIG ": %s", above);
		if (!S_ISDIR(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
		    ((st.st_mode & 0022) != 0 && (st.st_mode & S_ISVTX) == 0))
			return fail(e, ERR_SPEC,
				    "annotations." CONFIG
				    ": expected directories that only root can write: found "
				    "%s, owner %u, mode %03o",
				    above, st.st_uid, st.st_mode & 07777);
		if (end == above)
			break;
	}
	return 0;
}

/* It can name programs for criu to run, as root (criu.8 --action-script). */
int images_config(struct pb *opts, const struct plan *pl, struct err *e)
{
	const char *path = annotation(pl, CONFIG);
	struct stat st;

	if (path[0] == '\0')
		return 0;
	if (lstat(path, &st) < 0)
		return fail_sys(e, errno, "annotations." CONFIG ": %s", path);
	if (path[0] != '/' || !S_ISREG(st.st_mode) || (st.st_mode & 0022) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		return fail(e, ERR_SPEC,
			    "annotations." CONFIG
			    ": expected the absolute path of a file that only root can write: "
			    "found %s, owner %u, mode %03o",
			    path, st.st_uid, st.st_mode & 0777);
	if (check_above(path, e) < 0)
		return -1;
	pb_string(opts, CRIU_CONFIG_FILE, path);
	return 0;
}

/* ---- stdin, stdout, stderr ---- */

static bool number_after(const char *text, const char *key, uint64_t *out)
{
	const char *at = strstr(text, key);
	char digits[24];
	size_t n;

	if (at == NULL)
		return false;
	at += strlen(key);
	at += strspn(at, " \t");
	n = strspn(at, "0123456789");
	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, at, n);
	digits[n] = '\0';
	return str_uint64(digits, UINT32_MAX, out);
}

/* mountinfo's first column */
static bool has_mount(const char *mountinfo, uint64_t id)
{
	char want[24];
	size_t n = (size_t)snprintf(want, sizeof(want), "%ju ", (uintmax_t)id);

	for (const char *line = mountinfo; line != NULL && *line != '\0';) {
		if (strncmp(line, want, n) == 0)
			return true;
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return false;
}

/* What criu calls a file of a mount that the container does not have: "file[MOUNT:INODE]". NULL
 * if the container has it, or if it is on no mount of anybody's (a pipe). */
static const char *outside(struct arena *a, pid_t pid, int fd, const char *mountinfo)
{
	char path[64], text[1024];
	uint64_t mount;
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	if (file_peek_at(AT_FDCWD, path, text, sizeof(text)) < 0 ||
	    !number_after(text, "mnt_id:", &mount) || has_mount(mountinfo, mount))
		return NULL;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	if (stat(path, &st) < 0 || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return NULL;
	return arena_printf(a, "file[%jx:%jx]", (uintmax_t)mount, (uintmax_t)st.st_ino);
}

static const char *link_of(struct arena *a, pid_t pid, int fd)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	n = readlink(path, target, sizeof(target));
	return n < 0 ? "" : arena_strndup(a, target, (size_t)n);
}

static int read_mountinfo(pid_t pid, char **text, struct err *e)
{
	char path[64];
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	return file_read_at(AT_FDCWD, path, JSON_MAX, path, text, &len, e);
}

int images_save_stdio(int dir, pid_t pid, struct pb *opts, struct err *e)
{
	struct json *list = json_array(opts->arena);
	autofree char *mountinfo = NULL;
	const char *text;
	size_t len;

	if (read_mountinfo(pid, &mountinfo, e) < 0)
		return -1;
	for (int fd = 0; fd < STDIO; fd++) {
		const char *name = outside(opts->arena, pid, fd, mountinfo);

		if (name != NULL)
			pb_string(opts, CRIU_EXTERNAL, name);
		else
			name = link_of(opts->arena, pid, fd);
		json_add(list, json_string(opts->arena, name));
	}
	text = json_print(opts->arena, list, JSON_LINE, &len);
	return file_replace_at(dir, DESCRIPTORS, text, len, 0600, false, e);
}

/* Of the names that we, runc and crun write: those are ours to replace. */
static bool is_replaced(const char *name)
{
	return str_after(name, "pipe:[") != NULL || str_after(name, "file[") != NULL;
}

static void inherit(struct pb *opts, const char *name, int fd)
{
	struct pb pair = { .arena = opts->arena };

	pb_string(&pair, 1, name);
	pb_int(&pair, 2, fd);
	pb_message(opts, CRIU_INHERIT_FD, &pair);
}

int images_load_stdio(int dir, struct pb *opts, struct err *e)
{
	struct complaints bad = { .arena = opts->arena };
	const char *const *names = NULL;
	autofree char *text = NULL;
	struct json *doc;
	struct jat root;
	size_t len, n = 0;

	if (faccessat(dir, DESCRIPTORS, F_OK, 0) < 0 && errno == ENOENT)
		return 0; /* criu's own images: a job of a shell */
	if (file_read_at(dir, DESCRIPTORS, DESCRIPTORS_MAX, DESCRIPTORS, &text, &len, e) < 0 ||
	    json_parse(opts->arena, DESCRIPTORS, text, len, &doc, e) < 0)
		return -1;
	root = j_root(doc, &bad);
	(void)j_strings(&root, opts->arena, &names, &n);
	if (complaints_fail(&bad, ERR_USAGE, e) < 0)
		return -1;
	for (size_t fd = 0; fd < n && fd < STDIO; fd++) {
		bool again = false;

		for (size_t k = 0; k < fd; k++)
			again = again || str_eq(names[k], names[fd]);
		if (!again && is_replaced(names[fd]))
			inherit(opts, names[fd], CRIU_FD(fd));
	}
	return 0;
}
