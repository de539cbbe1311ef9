/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>

#include "audit/keep.h"
#include "audit/noted.h"
#include "base/proc.h"
#include "base/str.h"
#include "cmd/audit_tool.h"

#define KEEP_DAYS   90
#define KEEP_EVENTS 1000000
#define DAY_MS      UINT64_C(86400000)

struct rotate_options {
	struct audit_want want;
	const char *keep_days, *keep_events;
	bool only_keep, json;
};

/* clang-format off */
static const struct opt options[] = {
	AUDIT_WRITE(struct rotate_options),
	OPT(struct rotate_options, keep_days, "keep-days", 0, OPT_STRING, "N",
	    "delete segments that ended more than N days ago (default: 90; 0: none)"),
	OPT(struct rotate_options, keep_events, "keep-events", 0, OPT_STRING, "N",
	    "delete the oldest while N newer events stay (default: 1000000; 0: none)"),
	OPT(struct rotate_options, only_keep, "no-rotate", 0, OPT_FLAG, NULL,
	    "begin no new file: sign, pack and delete only"),
	OPT(struct rotate_options, json, "json", 0, OPT_FLAG, NULL,
	    "print one object of canonical JSON"),
	OPT_END,
};
/* clang-format on */

static int read_number(const char *option, const char *text, uint64_t usual, uint64_t *out,
		       struct err *e)
{
	*out = usual;
	if (text == NULL || str_uint64(text, UINT32_MAX, out))
		return 0;
	return fail(e, ERR_USAGE, "--%s: expected a number: found \"%s\"", option, text);
}

struct done {
	uint64_t segments, noted, packed, pruned;
};

static void print_done(const struct call *c, const char *path, const struct done *d)
{
	const struct rotate_options *o = c->options;
	struct json *j = json_object(c->arena);

	if (!o->json) {
		(void)printf("%s: %" PRIu64 " segments, %" PRIu64 " noted, %" PRIu64
			     " packed, %" PRIu64 " deleted\n",
			     audit_printable(c->arena, path, 0), d->segments, d->noted,
			     d->packed, d->pruned);
		return;
	}
	json_set(j, "deleted", json_uint(c->arena, d->pruned));
	json_set(j, "log", json_string(c->arena, path));
	json_set(j, "noted", json_uint(c->arena, d->noted));
	json_set(j, "packed", json_uint(c->arena, d->packed));
	json_set(j, "segments", json_uint(c->arena, d->segments));
	(void)puts(json_print(c->arena, j, JSON_CANONICAL, NULL));
}

static int open_key(struct sign_file *key, const char *path, struct err *e)
{
	const int r = sign_open(key, path);

	if (r == -EPERM)
		return fail(e, ERR_STATE,
			    "%s.sign: expected a file of ours that nobody else can read", path);
	return r < 0 ? fail_sys(e, -r, "%s.sign: read the signing key", path) : 0;
}

static int rotate(const struct call *c, const char *path, const struct audit_keep *keep,
		  struct err *e)
{
	const struct rotate_options *o = c->options;
	struct audit *au = NULL;
	struct audit_files files;
	uint64_t packed = 0, pruned = 0, noted = 0;
	struct sign_file key = { .fd = -1 };
	int got = audit_files_find(c->arena, path, &files, e); /* makes no log where none is */

	if (got == 0)
		got = audit_tool_write(c->arena, &o->want, path, &au, e);
	if (got == 0 && !o->only_keep)
		got = audit_rotate(au, c->arena, e);
	if (got == 0)
		got = audit_files_find(c->arena, path, &files, e);
	if (got == 0)
		got = open_key(&key, path, e);
	if (got == 0)
		got = notes_make(au, c->arena, &files, &key, &noted, e);
	sign_close(&key);
	if (got == 0)
		got = audit_prune(au, c->arena, &files, keep, &pruned, e);
	if (got == 0)
		got = audit_files_find(c->arena, path, &files, e);
	if (got == 0)
		got = audit_pack(&files, &packed, e);
	audit_close(au);
	if (got == 0)
		print_done(c, path, &(struct done){ files.n, noted, packed, pruned });
	return got;
}

static int rotate_main(const struct call *c, struct err *e)
{
	const struct rotate_options *o = c->options;
	const uint64_t now_ms = now_wall_ns() / 1000000;
	struct audit_keep keep;
	const char *path;
	uint64_t days;

	if (read_number("keep-days", o->keep_days, KEEP_DAYS, &days, e) < 0 ||
	    read_number("keep-events", o->keep_events, KEEP_EVENTS, &keep.events, e) < 0 ||
	    audit_path(c->arena, o->want.log, &path, e) < 0)
		return -1;
	keep.before_ms = days > 0 && days * DAY_MS < now_ms ? now_ms - days * DAY_MS : 0;
	return rotate(c, path, &keep, e);
}

const struct command audit_rotate_ = {
	.name = "audit rotate",
	.args = "",
	.help = "begin a new file, pack the segments, delete those that are old",
	.options = options,
	.options_size = sizeof(struct rotate_options),
	.run = rotate_main,
};
