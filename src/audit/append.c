/* SPDX-License-Identifier: Apache-2.0 */
/* append.c - one more line at the end of the log, under its lock. */
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

#include "audit/anchor.h"
#include "audit/audit_private.h"
#include "audit/sink_private.h"
#include "base/auto.h"
#include "base/fd.h"
#include "base/proc.h"

static const struct audit_subject nobody;

/* ---- under the lock ---- */

static void take_times(struct audit_facts *f)
{
	struct timespec boot;

	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	f->boot_ns = (uint64_t)boot.tv_sec * 1000000000 + (uint64_t)boot.tv_nsec;
	f->wall_ns = now_wall_ns();
}

/* The last line's fingerprint, which the next one needs, and only if it is ours again. */
static void settle(struct audit *au)
{
	if (au->last != NULL)
		digest_hex(au->last, au->last_len, au->tail.fingerprint);
	au->last = NULL;
}

static int end(struct audit *au, int got, const char *what, struct err *e)
{
	(void)flock(au->fd, LOCK_UN);
	settle(au);
	return got < 0 ? fail_sys(e, -got, "audit log: %s", what) : 0;
}

/* Before anything is read or written: the log that has the name, locked, and the hour. A key
 * that cannot be used stops what wants to be recorded: seals that are simply left out would
 * show nobody that there should be some. */
static int begin(struct audit *au, struct err *e)
{
	int r;

	audit_gather(au);
	au->unsent = NULL;
	if (audit_lock(au, e) < 0)
		return -1;
	take_times(&au->facts);
	/* seals and their keys come with lines, and there is none that is not ours */
	r = au->tail.size > 0 && au->tail.size == au->size
		    ? 0
		    : seal_refresh(&au->seal, au->path, au->facts.boot_ns / 1000000);
	if (r == 0)
		return 0;
	(void)flock(au->fd, LOCK_UN);
	if (r == -EPERM)
		return fail(e, ERR_STATE,
			    "%s.seal: expected a file of ours that nobody else can read",
			    au->path);
	if (r != -EBADMSG)
		return fail_sys(e, -r, "%s.seal: read the sealing key", au->path);
	(void)fail(e, ERR_STATE, "%s.seal: expected a sealing key: found something else",
		   au->path);
	return hint(e, "moved away, it can be made anew by caisson audit init");
}

/* ---- lines ---- */

/* The lines of one append, each after the other. */
struct append {
	struct audit *au;
	struct arena *a;
	struct audit_tail tail;
	char *text;
	size_t len;
	const char *last; /* the line that .tail is behind, until it has its fingerprint; else
			     NULL */
	size_t last_len;
	uint64_t lost;
	bool sealed_late;
};

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

static void follow(struct audit_facts *f, const struct audit_tail *t)
{
	f->sequence = t->sequence + 1;
	f->chain = t->chain;
	f->previous = t->fingerprint[0] != '\0' ? t->fingerprint : NULL;
}

const char *audit_next_line(struct audit *au, struct arena *a, const struct audit_tail *t,
			    enum audit_event what, const struct audit_subject *who,
			    const struct audit_result *result)
{
	follow(&au->facts, t);
	return audit_line(a, &au->facts, what, who, result);
}

static void add_draft(struct append *ap, const struct audit_draft *d)
{
	char *text = arena_alloc(ap->a, ap->len + d->len + DRAFT_MORE);

	if (ap->len > 0)
		memcpy(text, ap->text, ap->len);
	if (ap->last != NULL)
		digest_hex(ap->last, ap->last_len, ap->tail.fingerprint);
	follow(&ap->au->facts, &ap->tail);
	ap->last = text + ap->len;
	ap->last_len = audit_draft_fill(d, &ap->au->facts, text + ap->len);
	ap->tail.sequence++;
	ap->text = text;
	ap->len += ap->last_len + 1;
	text[ap->len - 1] = '\n';
}

/* A line of the log itself. */
static void add_note(struct append *ap, enum audit_event what, const struct json *log)
{
	const struct audit_result result = { .exit_code = -1, .log = log };
	struct audit_draft d;

	audit_draft(ap->a, &ap->au->facts, true, what, &nobody, &result, &d);
	add_draft(ap, &d);
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

static int add_start(struct append *ap)
{
	int r = make_uuid(ap->tail.chain);

	if (r == 0)
		add_note(ap, AUDIT_LOG_STARTED, NULL);
	return r;
}

/* A writer was killed in the middle of its line, which therefore never was one: it is cut off,
 * and what was cut is told. */
static int add_recovery(struct append *ap)
{
	const size_t len = (size_t)(ap->tail.size - ap->tail.whole);
	struct json *cut = json_object(ap->a);
	char *half = arena_alloc(ap->a, len), print[DIGEST_HEX];

	if (pread(ap->au->fd, half, len, ap->tail.whole) != (ssize_t)len)
		return -EIO;
	digest_hex(half, len, print);
	if (ftruncate(ap->au->fd, ap->tail.whole) < 0)
		return -errno;
	ap->tail.size = ap->tail.whole;
	json_set(cut, "removed_bytes", json_uint(ap->a, len));
	json_set(cut, "removed_sha256", json_string(ap->a, print));
	add_note(ap, AUDIT_LOG_RECOVERED, cut);
	return 0;
}

/* ---- seals ---- */

static void add_seal(struct append *ap)
{
	const struct seal *s = &ap->au->seal.state.last;
	struct json *log = json_object(ap->a);

	json_set(log, "epoch", json_uint(ap->a, s->epoch));
	json_set(log, "fingerprint", json_string(ap->a, s->fingerprint));
	json_set(log, "key_id", json_string(ap->a, s->id));
	json_set(log, "mac", json_string(ap->a, s->mac));
	json_set(log, "sequence", json_uint(ap->a, s->sequence));
	add_note(ap, AUDIT_LOG_SEALED, log);
}

/* A seal whose line is not there: its writer was killed in between, or the log was cut off
 * behind that. Whichever it was, verify sees by what the seal vouches for. */
static void add_late_seal(struct append *ap)
{
	const struct seal_file *f = &ap->au->seal;

	if (f->fd < 0 || f->state.epoch == 0 || ap->tail.sequence >= f->state.line)
		return;
	add_seal(ap);
	ap->sealed_late = true;
}

/* The line is where it is, which may be before where it was meant to be. */
static int settle_late_seal(struct append *ap)
{
	struct seal_state *s = &ap->au->seal.state;

	if (!ap->sealed_late || s->line == ap->tail.sequence)
		return 0;
	s->line = ap->tail.sequence;
	return seal_save(&ap->au->seal);
}

/* ---- a full disk ---- */

/* LOG.lost is as long as events were lost: a hole, which needs no room on a disk that has none.
 * The descriptor, -1: there is none. */
static int open_lost(const struct audit *au, int flags)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s.lost", au->path) >= (int)sizeof(path))
		return -1;
	return open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags,
		    0600);
}

static bool is_full(int r)
{
	return r == -ENOSPC || r == -EDQUOT;
}

static void count_lost(struct audit *au)
{
	autofd int fd = open_lost(au, O_CREAT);
	struct stat st;

	au->looked_for_lost = false;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void)!ftruncate(fd, st.st_size + 1);
}

static void add_lost(struct append *ap)
{
	autofd int fd = -1;
	struct json *log;
	struct stat st;

	/* others' losses are told by the next process: a look each time would cost too much */
	if (ap->au->looked_for_lost)
		return;
	ap->au->looked_for_lost = true;
	fd = open_lost(ap->au, 0);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return;
	log = json_object(ap->a);
	ap->lost = (uint64_t)st.st_size;
	json_set(log, "count", json_uint(ap->a, ap->lost));
	json_set(log, "last_ms",
		 json_uint(ap->a, (uint64_t)st.st_ctim.tv_sec * 1000 +
					  (uint64_t)st.st_ctim.tv_nsec / 1000000));
	add_note(ap, AUDIT_LOG_LOST, log);
}

static void forget_lost(const struct append *ap)
{
	autofd int fd = -1;

	if (ap->lost == 0)
		return;
	fd = open_lost(ap->au, 0);
	if (fd >= 0)
		(void)!ftruncate(fd, 0);
}

/* ---- writing ---- */

/* The end of the log that is locked: of the next one, if this one is long enough. Where it ends
 * with a line of our own it need not be read. */
static int find_tail(struct audit *au, struct arena *a, struct audit_tail *t)
{
	int r = 0;

	if (au->tail.size > 0 && au->tail.size == au->size)
		*t = au->tail;
	else
		r = audit_tail_at(au->fd, au->size, a, t);
	if (r < 0 || t->size < au->rotate_at || t->whole < t->size || t->chain[0] == '\0')
		return r;
	/* a disk without room for another file must not stop the one that there is */
	if (audit_seal_locked(au, a, t) < 0 || audit_rotate_locked(au, a, t) < 0)
		return 0;
	return audit_tail_find(au->fd, a, t);
}

void audit_keep_unsent(struct audit *au, struct arena *a, const char *text, size_t len)
{
	if (au->config != NULL && au->config->sinks_n > 0)
		au->unsent = arena_printf(a, "%s%.*s", au->unsent != NULL ? au->unsent : "",
					  (int)len, text);
}

static int flush(struct append *ap)
{
	struct audit *au = ap->au;
	int r = append(au->fd, ap->text, ap->len, ap->tail.size);

	au->tail = (struct audit_tail){ 0 };
	if (r < 0)
		return r;
	ap->tail.size = ap->tail.whole = ap->tail.size + (off_t)ap->len;
	au->tail = ap->tail;
	au->last = ap->last;
	au->last_len = ap->last_len;
	audit_keep_unsent(au, ap->a, ap->text, ap->len);
	ap->len = 0;
	forget_lost(ap);
	return settle_late_seal(ap);
}

/* What has to stand before the next line, whichever it is. */
static int add_what_was(struct append *ap)
{
	int r = 0;

	if (ap->tail.chain[0] == '\0')
		r = add_start(ap);
	if (r == 0 && ap->tail.whole < ap->tail.size)
		r = add_recovery(ap);
	if (r == 0)
		add_late_seal(ap);
	if (r == 0)
		add_lost(ap);
	return r;
}

static uint64_t now_ms_of(const struct audit *au)
{
	return au->facts.wall_ns / 1000000;
}

int audit_seal_locked(struct audit *au, struct arena *a, struct audit_tail *t)
{
	struct append ap = { .au = au, .a = a, .tail = *t };
	int r = 0;

	if (au->seal.fd < 0 || (t->sequence <= au->seal.state.line && au->seal.state.line > 0))
		return 0;
	/* what it vouches for has to be there after a power failure as well */
	if (fdatasync(au->fd) < 0)
		return -errno;
	r = seal_next(&au->seal, t, now_ms_of(au));
	if (r == 0) {
		add_seal(&ap);
		r = flush(&ap);
	}
	if (r == 0) {
		settle(au);
		*t = au->tail;
		au->anchor_due = true;
	} else {
		au->tail = (struct audit_tail){ 0 }; /* so that LOG.seal is read again */
	}
	return r;
}

static int write_locked(struct audit *au, struct arena *a, const struct audit_draft *d)
{
	struct append ap = { .au = au, .a = a };
	int r = find_tail(au, a, &ap.tail);

	if (r == 0)
		r = add_what_was(&ap);
	if (r < 0)
		return r;
	if (d != NULL)
		add_draft(&ap, d);
	au->tail = ap.tail;
	r = ap.len > 0 ? flush(&ap) : 0;
	if (r == 0 && d == NULL)
		settle(au);
	if (r < 0 || !seal_is_due(&au->seal, &au->tail, now_ms_of(au)))
		return r;
	settle(au);
	/* the event is there; a line without room is made by the next writer */
	r = audit_seal_locked(au, a, &au->tail);
	return is_full(r) ? 0 : r;
}

/* ---- told elsewhere ---- */

/* Outside of the lock: who receives them may be slow. A seal that was not told is told with the
 * next one. */
static void send_anchors(struct audit *au, struct arena *a)
{
	const struct audit_tail *t = &au->tail;
	struct anchor an = { .sequence = t->sequence, .time_ms = now_ms_of(au) };
	struct err e = { 0 };
	bool all = true;

	if (!au->anchor_due || au->rules == NULL || t->sequence == 0)
		return;
	memcpy(an.chain, t->chain, sizeof(an.chain));
	memcpy(an.fingerprint, t->fingerprint, sizeof(an.fingerprint));
	for (size_t i = 0; i < au->rules->anchors_n; i++)
		all &= anchor_send(au->rules->anchors[i],
				   anchor_text(a, &an, au->path, au->facts.hostname), &e) == 0;
	au->anchor_due = !all;
}

static int end_and_tell(struct audit *au, struct arena *a, int got, const char *what,
			struct err *e)
{
	const int r = end(au, got, what, e);

	send_anchors(au, a);
	if (au->unsent != NULL)
		audit_sinks_send(au, a, au->unsent);
	return r;
}

/* ---- segments and seals, asked for ---- */

static int rotate_locked(struct audit *au, struct arena *a, struct audit_tail *t)
{
	int r = audit_seal_locked(au, a, t);

	if (r == 0)
		r = audit_rotate_locked(au, a, t);
	return r < 0 ? r : audit_tail_find(au->fd, a, &au->tail);
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
		r = rotate_locked(au, a, &t);
	return end_and_tell(au, a, r, "rotate", e);
}

int audit_seal(struct audit *au, struct arena *a, struct audit_sealed *out, struct err *e)
{
	const struct seal_state *s = &au->seal.state;
	uint64_t epoch;
	int r;

	*out = (struct audit_sealed){ 0 };
	if (au->fd < 0)
		return 0;
	if (begin(au, e) < 0)
		return -1;
	epoch = s->epoch;
	r = write_locked(au, a, NULL);
	if (r == 0)
		r = audit_seal_locked(au, a, &au->tail);
	*out = (struct audit_sealed){ .epoch = s->last.epoch,
				      .sequence = s->last.sequence,
				      .has_key = au->seal.fd >= 0,
				      .is_new = s->epoch > epoch };
	return end_and_tell(au, a, r, "seal", e);
}

int audit_seal_begin(struct audit *au, struct arena *a, char key[DIGEST_HEX], struct err *e)
{
	uint8_t first[DIGEST_SIZE];
	int r;

	if (au->fd < 0)
		return fail(e, ERR_USAGE, "audit init: expected a log");
	if (begin(au, e) < 0)
		return -1;
	if (au->seal.fd >= 0) {
		(void)flock(au->fd, LOCK_UN);
		return fail(e, ERR_STATE, "%s.seal: expected no sealing key yet: found one",
			    au->path);
	}
	r = write_locked(au, a, NULL); /* at least a beginning */
	if (r == 0)
		r = seal_make(&au->seal, au->path, first);
	if (r == 0)
		r = audit_seal_locked(au, a, &au->tail);
	if (r == 0)
		hex_write(first, sizeof(first), key);
	explicit_bzero(first, sizeof(first));
	return end_and_tell(au, a, r, "begin to seal", e);
}

/* ---- events ---- */

static int write_draft(struct audit *au, struct arena *a, const struct audit_draft *d,
		       struct err *e)
{
	int r;

	if (begin(au, e) < 0)
		return -1;
	r = write_locked(au, a, d);
	if (is_full(r))
		count_lost(au);
	return end_and_tell(au, a, r, "append", e);
}

int audit_write(struct audit *au, struct arena *a, enum audit_event what,
		const struct audit_subject *who, const struct audit_result *result,
		struct err *e)
{
	struct audit_draft d;

	if (au->fd < 0)
		return 0;
	audit_gather(au);
	audit_draft(a, &au->facts, true, what, who, result, &d);
	return write_draft(au, a, &d, e);
}

int audit_note(struct audit *au, struct arena *a, enum audit_event what, const struct json *log,
	       struct err *e)
{
	return audit_write(au, a, what, &nobody,
			   &(struct audit_result){ .exit_code = -1, .log = log }, e);
}

int audit_end(struct audit *au, struct arena *a, struct audit_tail *out, struct err *e)
{
	*out = (struct audit_tail){ 0 };
	if (au->fd < 0)
		return 0;
	if (begin(au, e) < 0)
		return -1;
	return end(au, audit_tail_find(au->fd, a, out), "read its end", e);
}
