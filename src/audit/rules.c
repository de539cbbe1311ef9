/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - what our configuration says of the log. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit_private.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/str.h"

#define ROOM_NAP_NS 100000000

static const struct word full_words[] = {
	{ "drop", AUDIT_FULL_DROP },
	{ "block", AUDIT_FULL_BLOCK },
	{ "halt", AUDIT_FULL_HALT },
	{ NULL, 0 },
};

/* ---- read ---- */

static void read_anchors(const struct jat *at, struct audit_rules *out)
{
	const char *to;

	if (!j_array(at))
		return;
	out->anchors_n = 0;
	for (struct jat it = { 0 }; j_next(at, &it);) {
		if (!j_string(&it, &to))
			continue;
		if (to[0] != '/' && !str_eq(to, "journald") && !str_eq(to, "syslog"))
			j_say(&it,
			      "expected journald, syslog or an absolute path, found \"%s\"",
			      to);
		else if (out->anchors_n == AUDIT_ANCHORS_MAX)
			j_say(&it, "expected at most %d of them", AUDIT_ANCHORS_MAX);
		else
			out->anchors[out->anchors_n++] = to;
	}
}

void audit_rules_read(const struct jat *at, struct audit_rules *out)
{
	const struct jat full = j_key(at, "full"), anchors = j_key(at, "anchors");
	const struct word *w;
	const char *name;

	if (!j_object(at))
		return;
	if (j_string(&full, &name)) {
		w = word_find(full_words, name);
		if (w != NULL)
			out->full = (enum audit_full)w->value;
		else
			j_say(&full, "expected drop, block or halt, found \"%s\"", name);
	}
	read_anchors(&anchors, out);
}

void audit_rules_write(struct arena *a, const struct audit_rules *r, struct json *o)
{
	struct json *anchors = json_array(a);

	for (size_t i = 0; i < r->anchors_n; i++)
		json_add(anchors, json_string(a, r->anchors[i]));
	json_set(o, "anchors", anchors);
	json_set(o, "full", json_string(a, word_name(full_words, r->full)));
}

/* ---- obeyed ---- */

/* Room for one line more, which is reserved where the file system can do that. */
static bool has_room(const struct audit *au)
{
	struct statvfs fs;
	struct stat st;

	if (fstat(au->fd, &st) < 0 ||
	    fallocate(au->fd, FALLOC_FL_KEEP_SIZE, st.st_size, AUDIT_LINE) == 0)
		return true;
	if (errno == ENOSPC || errno == EDQUOT)
		return false;
	if (fstatvfs(au->fd, &fs) < 0)
		return true;
	return fs.f_frsize * (geteuid() == 0 ? fs.f_bfree : fs.f_bavail) >= AUDIT_LINE;
}

int audit_ready(const struct audit *au, struct err *e)
{
	uint64_t until_ms = now_boot_ms();

	if (au->fd < 0 || au->rules == NULL || au->rules->full == AUDIT_FULL_DROP)
		return 0;
	if (au->rules->full == AUDIT_FULL_BLOCK)
		until_ms += AUDIT_BLOCK_MS;
	while (!has_room(au)) {
		if (now_boot_ms() >= until_ms) {
			(void)fail(e, ERR_STATE,
				   "%s: expected room for an event: the disk is full",
				   au->path);
			return hint(e, "audit.full in caisson.json says that nothing begins "
				       "then");
		}
		(void)nanosleep(&(struct timespec){ 0, ROOM_NAP_NS }, NULL);
	}
	return 0;
}
