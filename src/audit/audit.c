/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "audit/sink_private.h"
#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/str.h"

#define LOG_ROOT     "/var/log/caisson/audit.jsonl"
#define LOG_USER     "/caisson/audit.jsonl" /* below $XDG_STATE_HOME */
#define LOCK_WAIT_MS 5000
#define LOCK_NAP_NS  100000

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

static int check_log(const char *path, int fd, struct err *e)
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
	return check_log(path, fd, e) < 0 ? -1 : remember(au, path, e);
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
	int fd = open_log(path);

	if (fd < 0)
		return fail_sys(e, -fd, "%s: open the audit log", path);
	au->fd = fd;
	return check_log(path, fd, e) < 0 ? -1 : remember(au, path, e);
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

void audit_close(struct audit *au)
{
	if (au == NULL)
		return;
	audit_sinks_close(au);
	auto_close_(&au->fd);
	free(au->path);
	free(au);
}

/* Writers hold it for some microseconds; one that is stopped while it does must not stop all
 * containers of the host. */
static int lock_log(int fd, uint64_t until_ms, struct err *e)
{
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail_sys(e, errno, "audit log: lock");
		if (now_boot_ms() >= until_ms)
			return fail(e, ERR_STATE,
				    "audit log: expected its lock within %d s: another "
				    "process holds it",
				    LOCK_WAIT_MS / 1000);
		(void)nanosleep(&(struct timespec){ 0, LOCK_NAP_NS }, NULL);
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

/* RFC 9562, version 4. */
static int make_uuid(char out[CHAIN_UID_MAX])
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return -errno;
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++)
		out += sprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			       b[i]);
	return 0;
}

/* Was the log rotated, so that this file is a segment by now? */
static bool has_name(const struct audit *au)
{
	struct stat mine, named;

	return fstat(au->fd, &mine) == 0 && fstatat(AT_FDCWD, au->path, &named, 0) == 0 &&
	       mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

/* The file that has the name, locked. */
static int lock_named(struct audit *au, struct err *e)
{
	const uint64_t until_ms = now_boot_ms() + LOCK_WAIT_MS;

	for (;;) {
		int fd;

		if (lock_log(au->fd, until_ms, e) < 0)
			return -1;
		if (has_name(au))
			return 0;
		fd = open_log(au->path);
		if (fd < 0)
			return fail_sys(e, -fd, "%s: open the audit log", au->path);
		auto_close_(&au->fd);
		au->fd = fd;
		au->tail = (struct audit_tail){ 0 };
		if (check_log(au->path, fd, e) < 0)
			return -1;
	}
}

/* The lines of one append, each after the other. */
struct append {
	struct audit *au;
	struct arena *a;
	struct audit_tail tail;
	char *text;
	size_t len;
};

const char *audit_next_line(struct audit *au, struct arena *a, const struct audit_tail *t,
			    enum audit_event what, const struct audit_subject *who,
			    const struct audit_result *result)
{
	struct audit_facts *f = &au->facts;

	f->sequence = t->sequence + 1;
	f->chain = t->chain;
	f->previous = t->fingerprint[0] != '\0' ? t->fingerprint : NULL;
	return audit_line(a, f, what, who, result);
}

static void add_line(struct append *ap, enum audit_event what, const struct audit_subject *who,
		     const struct audit_result *result)
{
	const char *line = audit_next_line(ap->au, ap->a, &ap->tail, what, who, result);
	const size_t len = strlen(line);

	ap->tail.sequence++;
	digest_hex(line, len, ap->tail.fingerprint);
	ap->text = arena_printf(ap->a, "%s%s\n", ap->text != NULL ? ap->text : "", line);
	ap->len += len + 1;
}

static int add_start(struct append *ap)
{
	static const struct audit_subject nobody;
	const struct audit_result started = { .exit_code = -1 };
	int r = make_uuid(ap->tail.chain);

	if (r == 0)
		add_line(ap, AUDIT_LOG_STARTED, &nobody, &started);
	return r;
}

/* A writer was killed in the middle of its line, which therefore never was one: it is cut off,
 * and what was cut is told. */
static int add_recovery(struct append *ap)
{
	static const struct audit_subject nobody;
	const size_t len = (size_t)(ap->tail.size - ap->tail.whole);
	struct json *cut = json_object(ap->a);
	struct audit_result recovered = { .exit_code = -1, .log = cut };
	char *half = arena_alloc(ap->a, len), print[DIGEST_HEX];

	if (pread(ap->au->fd, half, len, ap->tail.whole) != (ssize_t)len)
		return -EIO;
	digest_hex(half, len, print);
	if (ftruncate(ap->au->fd, ap->tail.whole) < 0)
		return -errno;
	ap->tail.size = ap->tail.whole;
	json_set(cut, "removed_bytes", json_uint(ap->a, len));
	json_set(cut, "removed_sha256", json_string(ap->a, print));
	add_line(ap, AUDIT_LOG_RECOVERED, &nobody, &recovered);
	return 0;
}

static void take_times(struct audit_facts *f)
{
	struct timespec boot;

	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	f->boot_ns = (uint64_t)boot.tv_sec * 1000000000 + (uint64_t)boot.tv_nsec;
	f->wall_ns = now_wall_ns();
}

/* The end of the log that is locked: of the next one, if this one is long enough. Where it ends
 * with a line of our own it need not be read. */
static int find_tail(struct audit *au, struct arena *a, struct audit_tail *t)
{
	struct stat st;
	int r = 0;

	if (au->tail.size > 0 && fstat(au->fd, &st) == 0 && st.st_size == au->tail.size)
		*t = au->tail;
	else
		r = audit_tail_find(au->fd, a, t);
	if (r < 0 || t->size < au->rotate_at || t->whole < t->size || t->chain[0] == '\0')
		return r;
	/* a disk without room for another file must not stop the one that there is */
	if (audit_rotate_locked(au, a, t) < 0)
		return 0;
	return audit_tail_find(au->fd, a, t);
}

/* *lines is what the log has now. */
static int write_locked(struct audit *au, struct arena *a, enum audit_event what,
			const struct audit_subject *who, const struct audit_result *result,
			const char **lines)
{
	struct append ap = { .au = au, .a = a };
	int r;

	r = find_tail(au, a, &ap.tail);
	if (r == 0 && ap.tail.chain[0] == '\0')
		r = add_start(&ap);
	if (r == 0 && ap.tail.whole < ap.tail.size)
		r = add_recovery(&ap);
	if (r < 0)
		return r;
	add_line(&ap, what, who, result);
	r = append(au->fd, ap.text, ap.len, ap.tail.size);
	au->tail = (struct audit_tail){ 0 };
	if (r < 0)
		return r;
	ap.tail.size = ap.tail.whole = ap.tail.size + (off_t)ap.len;
	au->tail = ap.tail;
	*lines = ap.text;
	return 0;
}

/* Before anything is read or written: the log that has the name, locked, and the hour. */
static int begin(struct audit *au, struct err *e)
{
	audit_gather(au);
	if (lock_named(au, e) < 0)
		return -1;
	take_times(&au->facts);
	return 0;
}

static int end(struct audit *au, int got, const char *what, struct err *e)
{
	(void)flock(au->fd, LOCK_UN);
	return got < 0 ? fail_sys(e, -got, "audit log: %s", what) : 0;
}

int audit_rotate(struct audit *au, struct arena *a, struct err *e)
{
	struct audit_tail t;
	int r;

	if (au->fd < 0)
		return 0;
	if (begin(au, e) < 0)
		return -1;
	r = audit_tail_find(au->fd, a, &t);
	if (r == 0 && t.chain[0] != '\0' && t.whole == t.size)
		r = audit_rotate_locked(au, a, &t);
	return end(au, r, "rotate", e);
}

int audit_write(struct audit *au, struct arena *a, enum audit_event what,
		const struct audit_subject *who, const struct audit_result *result,
		struct err *e)
{
	const char *lines;
	int r;

	if (au->fd < 0)
		return 0;
	if (begin(au, e) < 0)
		return -1;
	r = write_locked(au, a, what, who, result, &lines);
	if (end(au, r, "append", e) < 0)
		return -1;
	if (au->config != NULL && au->config->sinks_n > 0)
		audit_sinks_send(au, a, lines);
	return 0;
}

int audit_note(struct audit *au, struct arena *a, enum audit_event what, const struct json *log,
	       struct err *e)
{
	static const struct audit_subject nobody;

	return audit_write(au, a, what, &nobody,
			   &(struct audit_result){ .exit_code = -1, .log = log }, e);
}

int audit_end(struct audit *au, struct arena *a, uint64_t *sequence, struct err *e)
{
	struct audit_tail t = { 0 };
	int r;

	*sequence = 0;
	if (au->fd < 0)
		return 0;
	if (begin(au, e) < 0)
		return -1;
	r = audit_tail_find(au->fd, a, &t);
	*sequence = t.sequence;
	return end(au, r, "read its end", e);
}
