/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "audit/who.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"

#define LOG_ROOT     "/var/log/caisson/audit.jsonl"
#define LOG_USER     "/caisson/audit.jsonl" /* below $XDG_STATE_HOME */
#define LOCK_WAIT_MS 5000
#define LOCK_NAP_NS  100000
#define TAIL_FIRST   4096

struct audit {
	int fd; /* -1: no log wanted */
	bool gathered;
	struct audit_facts facts;
	struct utsname host;
	struct audit_who who;
	char boot_id[40];
};

/* Opens for appending, making the directories that are missing. The descriptor or -errno. */
static int open_log(const char *path)
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

static int check_log(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "%s: stat", path);
	if (S_ISREG(st.st_mode) && (st.st_mode & 022) == 0)
		return 0;
	return fail(e, ERR_STATE,
		    "%s: expected a file that only its owner writes, found mode 0%o", path,
		    st.st_mode);
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
		fd = open_log(path);
	/* Root of a user namespace only: the host's log is closed to it, and the user's is his
	 * who made the namespace. */
	if (fd == -EACCES || fd == -EPERM || fd == -EROFS) {
		audit_who_user(&au->who);
		if (user_log(&au->who, path, e) < 0)
			return -1;
		fd = open_log(path);
	}
	if (fd < 0)
		return fail_sys(e, -fd, "%s: open the audit log", path);
	au->fd = fd;
	return check_log(path, fd, e);
}

static int open_given(struct audit *au, const char *path, struct err *e)
{
	int fd = open_log(path);

	if (fd < 0)
		return fail_sys(e, -fd, "%s: open the audit log", path);
	au->fd = fd;
	return check_log(path, fd, e);
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
	au->fd = -1;
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

int audit_adopt(int fd, struct audit **out, struct err *e)
{
	struct audit *au = calloc(1, sizeof(*au));

	if (au == NULL)
		return fail_sys(e, ENOMEM, "audit log");
	au->fd = fd;
	audit_who_self(&au->who);
	*out = au;
	return 0;
}

int audit_fd(const struct audit *au)
{
	return au->fd;
}

void audit_close(struct audit *au)
{
	if (au == NULL)
		return;
	auto_close_(&au->fd);
	free(au);
}

/* Writers hold it for some microseconds; one that is stopped while it does must not stop all
 * containers of the host. */
static int lock_log(int fd, struct err *e)
{
	uint64_t until = now_boot_ms() + LOCK_WAIT_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_sys(e, errno, "audit log: lock");
		if (now_boot_ms() >= until)
			return fail(e, ERR_STATE,
				    "audit log: expected its lock within %d s: another "
				    "process holds it",
				    LOCK_WAIT_MS / 1000);
		(void)nanosleep(&(struct timespec){ 0, LOCK_NAP_NS }, NULL);
	}
	return 0;
}

/* Where the log ends. */
struct end {
	off_t size;
	bool torn; /* the last line has no end: its writer was killed */
	uint64_t sequence;
};

/* The number in a line of ours. In a string the quotes would be escaped, so this is the key. */
static uint64_t line_sequence(const char *line)
{
	static const char key[] = "\"sequence\":";
	const char *at = strstr(line, key);
	uint64_t n = 0;
	char digits[24];
	size_t len;

	if (at == NULL)
		return 0;
	at += sizeof(key) - 1;
	len = strspn(at, "0123456789");
	if (len >= sizeof(digits))
		return 0;
	memcpy(digits, at, len);
	digits[len] = '\0';
	return str_uint64(digits, UINT64_MAX - 1, &n) ? n : 0;
}

/* The sequence of the last whole line of a text, false when the text has no whole line. */
static bool last_sequence(char *text, size_t n, bool from_start, uint64_t *sequence)
{
	char *end = memrchr(text, '\n', n), *start;

	if (end == NULL) {
		*sequence = 0;
		return from_start;
	}
	*end = '\0';
	start = memrchr(text, '\n', (size_t)(end - text));
	if (start == NULL && !from_start)
		return false;
	*sequence = line_sequence(start != NULL ? start + 1 : text);
	return true;
}

/* Reads backwards until a whole line is there; two lines and a torn one at most. */
static int find_end(int fd, struct arena *a, struct end *end)
{
	char first[TAIL_FIRST + 1];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*end = (struct end){ .size = st.st_size };
	if (st.st_size == 0)
		return 0;
	for (size_t want = TAIL_FIRST; want <= (size_t)4 * AUDIT_LINE; want *= 4) {
		size_t n = (uintmax_t)st.st_size < want ? (size_t)st.st_size : want;
		char *text = want == TAIL_FIRST ? first : arena_alloc(a, n + 1);
		ssize_t got = pread(fd, text, n, st.st_size - (off_t)n);

		if (got != (ssize_t)n)
			return got < 0 ? -errno : -EIO;
		end->torn = text[n - 1] != '\n';
		if (last_sequence(text, n, n == (size_t)st.st_size, &end->sequence))
			return 0;
	}
	return 0;
}

/* One write; one that the disk cuts short is taken back, for we hold the lock. */
static int append(int fd, const char *line, size_t len, off_t size)
{
	ssize_t n;

	do
		n = write(fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	if (n < 0)
		return -errno;
	return ftruncate(fd, size) < 0 ? -errno : -ENOSPC;
}

static int write_locked(struct audit *au, struct arena *a, enum audit_event what,
			const struct audit_subject *who, const struct audit_result *result)
{
	struct timespec boot;
	struct end end = { 0 };
	const char *text;
	int r = find_end(au->fd, a, &end);

	if (r < 0)
		return r;
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	au->facts.boot_ns = (uint64_t)boot.tv_sec * 1000000000 + (uint64_t)boot.tv_nsec;
	au->facts.wall_ns = now_wall_ns();
	au->facts.sequence = end.sequence + 1;
	text = audit_line(a, &au->facts, what, who, result);
	text = arena_printf(a, "%s%s\n", end.torn ? "\n" : "", text);
	return append(au->fd, text, strlen(text), end.size);
}

int audit_write(struct audit *au, struct arena *a, enum audit_event what,
		const struct audit_subject *who, const struct audit_result *result,
		struct err *e)
{
	int r;

	if (au->fd < 0)
		return 0;
	audit_gather(au);
	if (lock_log(au->fd, e) < 0)
		return -1;
	r = write_locked(au, a, what, who, result);
	(void)flock(au->fd, LOCK_UN);
	return r < 0 ? fail_sys(e, -r, "audit log: append") : 0;
}
