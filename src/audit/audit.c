/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "audit/sink_private.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"

#define LOG_ROOT "/var/log/caisson/audit.jsonl"
#define LOG_USER "/caisson/audit.jsonl" /* below $XDG_STATE_HOME */

/* Opens for appending, making the directories that are missing. The descriptor or -errno. */
int audit_log_open(const char *path)
{
	const int flags =
		O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	char dir[PATH_MAX];
	size_t len = strlen(path);
	int fd = open(path, flags, 0600);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	if (len >= sizeof(dir))
		return -ENAMETOOLONG;
	memcpy(dir, path, len + 1);
	for (char *p = strchr(dir + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(dir, 0700) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

/* Where to find the log that is the next one, when this one becomes a segment. */
static int remember(struct audit *au, const char *path, struct err *e)
{
	char dir[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(dir, sizeof(dir)) == NULL)
		return fail_sys(e, errno, "audit log: the current directory");
	if (asprintf(&au->path, "%s%s%s", dir, dir[0] != '\0' ? "/" : "", path) >= 0)
		return 0;
	au->path = NULL;
	return fail_sys(e, ENOMEM, "audit log");
}

int audit_log_check(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "%s: stat", path);
	/* another's could be rewritten, and its lock held, by whom it belongs to */
	if (S_ISREG(st.st_mode) && (st.st_mode & 022) == 0 &&
	    (st.st_uid == geteuid() || st.st_uid == 0))
		return 0;
	return fail(e, ERR_STATE,
		    "%s: expected a file of ours that nobody else writes, found mode 0%o of "
		    "uid %u",
		    path, st.st_mode, st.st_uid);
}

/* The log of a user. */
static int user_log(const struct audit_who *who, char path[PATH_MAX], struct err *e)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (home == NULL || home[0] != '/')
		home = who->home; /* engines clear the environment */
	if (state != NULL && state[0] == '/')
		n = snprintf(path, PATH_MAX, "%s%s", state, LOG_USER);
	else if (home[0] == '/')
		n = snprintf(path, PATH_MAX, "%s/.local/state%s", home, LOG_USER);
	else
		return fail(e, ERR_STATE,
			    "audit log: expected XDG_STATE_HOME or HOME, found neither");
	return n < PATH_MAX ? 0 : fail_sys(e, ENAMETOOLONG, "audit log: its path");
}

static int open_default(struct audit *au, struct err *e)
{
	char path[PATH_MAX] = LOG_ROOT;
	int fd = -EACCES;

	if (geteuid() == 0)
		fd = audit_log_open(path);
	/* Root of a user namespace only: the host's log is closed to it, and the user's is his
	 * who made the namespace. */
	if (fd == -EACCES || fd == -EPERM || fd == -EROFS) {
		audit_who_user(&au->who);
		if (user_log(&au->who, path, e) < 0)
			return -1;
		fd = audit_log_open(path);
	}
	if (fd < 0)
		return fail_sys(e, -fd, "%s: open the audit log", path);
	au->fd = fd;
	return audit_log_check(path, fd, e) < 0 ? -1 : remember(au, path, e);
}

int audit_path(struct arena *a, const char *given, const char **out, struct err *e)
{
	struct audit_who who;
	char path[PATH_MAX];

	*out = given != NULL ? given : LOG_ROOT;
	if (given != NULL || geteuid() == 0)
		return 0;
	audit_who_self(&who);
	if (user_log(&who, path, e) < 0)
		return -1;
	*out = arena_strdup(a, path);
	return 0;
}

static int open_given(struct audit *au, const char *path, struct err *e)
{
	int fd = audit_log_open(path);

	if (fd < 0)
		return fail_sys(e, -fd, "%s: open the audit log", path);
	au->fd = fd;
	return audit_log_check(path, fd, e) < 0 ? -1 : remember(au, path, e);
}

void audit_gather(struct audit *au)
{
	struct audit_facts *f = &au->facts;
	uint64_t login = UINT32_MAX;
	char text[16];

	if (au->gathered || au->fd < 0)
		return;
	au->gathered = true;
	if (uname(&au->host) == 0)
		f->hostname = au->host.nodename;
	if (file_peek_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", au->boot_id,
			 sizeof(au->boot_id)) > 0)
		f->boot_id = au->boot_id;
	if (file_peek_at(AT_FDCWD, "/proc/self/loginuid", text, sizeof(text)) <= 0 ||
	    !str_uint64(text, UINT32_MAX, &login))
		login = UINT32_MAX;
	f->login_uid = (uid_t)login;
	f->uid = au->who.uid;
	f->user = au->who.name[0] != '\0' ? au->who.name : NULL;
	f->caller = getppid();
}

int audit_open(const char *path, struct audit **out, struct err *e)
{
	struct audit *au = calloc(1, sizeof(*au));
	int r;

	if (au == NULL)
		return fail_sys(e, ENOMEM, "audit log");
	au->fd = au->seal.fd = -1;
	au->rotate_at = AUDIT_ROTATE_BYTES;
	if (str_eq(path, "none")) {
		*out = au;
		return 0;
	}
	audit_who_self(&au->who);
	r = path != NULL ? open_given(au, path, e) : open_default(au, e);
	if (r < 0) {
		audit_close(au);
		return -1;
	}
	*out = au;
	return 0;
}

int audit_adopt(int fd, const char *path, struct audit **out, struct err *e)
{
	struct audit *au = calloc(1, sizeof(*au));

	if (au == NULL)
		return fail_sys(e, ENOMEM, "audit log");
	au->fd = fd;
	au->seal.fd = -1;
	au->rotate_at = AUDIT_ROTATE_BYTES;
	audit_who_self(&au->who);
	if (fd >= 0 && remember(au, path, e) < 0) {
		au->fd = -1; /* not ours yet */
		audit_close(au);
		return -1;
	}
	*out = au;
	return 0;
}

int audit_fd(const struct audit *au)
{
	return au->fd;
}

const char *audit_name(const struct audit *au)
{
	return au->path;
}

void audit_obey(struct audit *au, const struct audit_rules *rules)
{
	au->rules = rules;
}

const struct audit_rules *audit_obeyed(const struct audit *au)
{
	return au->rules;
}

void audit_close(struct audit *au)
{
	if (au == NULL)
		return;
	audit_sinks_close(au);
	auto_close_(&au->fd);
	seal_close(&au->seal);
	free(au->path);
	free(au);
}
