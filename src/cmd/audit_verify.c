/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/anchor.h"
#include "audit/chain.h"
#include "audit/noted.h"
#include "audit/sealed.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "cmd/audit_tool.h"

#define LOOKS 5 /* at files that are others each time */

struct verify_options {
	struct audit_want want;
	const char *key, *key_file, *public, *anchor;
	bool json, record;
};

static const struct opt options[] = {
	AUDIT_WRITE(struct verify_options),
	OPT(struct verify_options, key, "key", 'k', OPT_STRING, "KEY",
	    "the verification key, as init printed it; others can see it in ps"),
	OPT(struct verify_options, key_file, "key-file", 0, OPT_STRING, "FILE",
	    "the verification key is in this file; - is standard input"),
	OPT(struct verify_options, public, "public", 'p', OPT_STRING, "KEY",
	    "the first public key, as init printed it"),
	OPT(struct verify_options, anchor, "anchor", 'a', OPT_STRING, "FILE",
	    "anchors that were kept elsewhere"),
	OPT(struct verify_options, record, "record", 0, OPT_FLAG, NULL,
	    "append log.verify_failed to a log that is not what was written"),
	OPT(struct verify_options, json, "json", 0, OPT_FLAG, NULL,
	    "print one object of canonical JSON"),
	OPT_END,
};

/* All that was found out. */
struct verified {
	const struct audit_files *files;
	struct audit_check k;
	struct sealed sealed;
	struct seal_file host;
	struct anchors anchors;
	struct noted noted;
	uint8_t key[DIGEST_SIZE];
	const char *promise;
};

/* The kinds in the order of the table: the first that is there names the exit code. */
static int exit_code(const struct audit_check *k)
{
	for (int i = 0; i < AUDIT_FAULTS; i++)
		if (k->faults[i] > 0)
			return audit_faults[i].code;
	return AUDIT_YES;
}

static struct json *finding_json(struct arena *a, const struct audit_finding *f)
{
	struct json *o = json_object(a);

	json_set(o, "fault", json_string(a, audit_faults[f->fault].name));
	if (f->file != NULL)
		json_set(o, "file", json_string(a, f->file));
	json_set(o, "line", json_uint(a, f->line));
	json_set(o, "sequence", json_uint(a, f->sequence));
	json_set(o, "text", json_string(a, f->text));
	return o;
}

static struct json *seals_json(struct arena *a, const struct verified *v)
{
	struct json *o = json_object(a);

	json_set(o, "seals", json_uint(a, v->sealed.seals));
	json_set(o, "other_keys", json_uint(a, v->sealed.others));
	json_set(o, "proved", json_bool(a, v->sealed.proved));
	json_set(o, "sequence", json_uint(a, v->sealed.last.sequence));
	json_set(o, "time", json_uint(a, v->sealed.last_ms));
	return o;
}

static struct json *notes_json(struct arena *a, const struct verified *v)
{
	struct json *o = json_object(a);

	json_set(o, "noted", json_uint(a, v->noted.notes));
	json_set(o, "proved", json_uint(a, v->noted.proved));
	json_set(o, "signed", json_uint(a, v->noted.signed_));
	return o;
}

static void print_json(struct arena *a, const struct verified *v)
{
	struct json *o = json_object(a), *faults = json_object(a), *list = json_array(a);
	const struct audit_check *k = &v->k;

	json_set(o, "anchored", json_uint(a, k->anchored));
	json_set(o, "chain_uid", json_string(a, k->tail.chain));
	json_set(o, "fingerprint", json_string(a, k->tail.fingerprint));
	json_set(o, "first", json_uint(a, k->first));
	json_set(o, "last", json_uint(a, k->last));
	json_set(o, "lines", json_uint(a, k->lines));
	json_set(o, "log", json_string(a, v->files->path));
	json_set(o, "promise", json_string(a, v->promise));
	json_set(o, "seals", seals_json(a, v));
	json_set(o, "segments", notes_json(a, v));
	json_set(o, "torn", json_bool(a, k->torn));
	for (int i = 0; i < AUDIT_FAULTS; i++)
		json_set(faults, audit_faults[i].name, json_uint(a, k->faults[i]));
	json_set(o, "faults", faults);
	for (size_t i = 0; i < k->n; i++)
		json_add(list, finding_json(a, &k->findings[i]));
	json_set(o, "findings", list);
	(void)puts(json_print(a, o, JSON_CANONICAL, NULL));
}

/* ---- what that is worth ---- */

static bool is_of_root(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == 0;
}

/* Said of a log without faults. */
static const char *promise(struct arena *a, const struct verified *v)
{
	const struct audit_check *k = &v->k;
	char when[40];

	if (k->lines == 0)
		return "There are no events. Whether there were some, only seals, or a "
		       "fingerprint that was kept elsewhere, can show.";
	time_rfc3339(v->sealed.last_ms * 1000000, when);
	when[19] = '\0';
	if (v->sealed.proved)
		return arena_printf(a,
				    "Up to event %" PRIu64 ", sealed %s, nobody changed "
				    "anything after it was sealed, not even root. Of the "
				    "%" PRIu64 " events after that, and of any that were cut "
				    "off, the seals say nothing.",
				    v->sealed.last.sequence, when,
				    k->last - v->sealed.last.sequence);
	if (k->anchored > 0)
		return arena_printf(a,
				    "Up to event %" PRIu64
				    " the log is the one that was anchored. Of the %" PRIu64
				    " events after that the anchors say nothing.",
				    k->anchored, k->last - k->anchored);
	if (v->sealed.seals > 0)
		return "The events belong together. Without the verification key the seals "
		       "prove nothing: see --key-file.";
	if (!is_of_root(v->files->path))
		return "The events belong together. This is a user's own log: nothing is "
		       "promised against that user.";
	return "The events belong together. That none is missing at the end, and that root "
	       "did not write the log anew as a whole, only seals, or a fingerprint that "
	       "was kept elsewhere, can show.";
}

static void print_proofs(const struct verified *v)
{
	if (v->sealed.seals > 0)
		(void)printf("seals: %" PRIu64 ", the last of event %" PRIu64 ", %s\n",
			     v->sealed.seals, v->sealed.last.sequence,
			     v->sealed.proved ? "made with this key" : "not proved");
	if (v->k.first > 1 && v->k.faults[AUDIT_REMOVED] == 0)
		(void)printf("events 1 to %" PRIu64 " were deleted, as log.pruned says\n",
			     v->k.first - 1);
	if (v->noted.notes > 0)
		(void)printf("segments noted: %" PRIu64 ", signed: %" PRIu64
			     ", proved: %" PRIu64 "\n",
			     v->noted.notes, v->noted.signed_, v->noted.proved);
	if (v->k.anchored > 0)
		(void)printf("anchored up to event %" PRIu64 "\n", v->k.anchored);
}

static void print_text(struct arena *a, const struct verified *v)
{
	const struct audit_check *k = &v->k;
	uint64_t sum = 0;

	for (size_t i = 0; i < k->n; i++) {
		const struct audit_finding *f = &k->findings[i];

		(void)printf("%s:%" PRIu64 ": %s: event %" PRIu64 ": %s\n",
			     audit_printable(a, f->file != NULL ? f->file : v->files->path, 0),
			     f->line, audit_faults[f->fault].name, f->sequence, f->text);
	}
	for (int i = 0; i < AUDIT_FAULTS; i++)
		sum += k->faults[i];
	(void)printf("%s: %" PRIu64 " events, %" PRIu64 " to %" PRIu64 ", %" PRIu64 " faults\n",
		     audit_printable(a, v->files->path, 0), k->lines, k->first, k->last, sum);
	print_proofs(v);
	if (k->torn)
		(void)puts("the last line is half a line: a writer is at work, or was killed");
	if (sum == 0 && k->lines > 0)
		(void)printf("the last event's fingerprint: %s\n", k->tail.fingerprint);
	(void)puts(v->promise);
}

/* ---- */

static int read_key(const struct verify_options *o, struct arena *a, struct verified *v,
		    struct err *e)
{
	const char *key = o->key;
	char *text = NULL;
	size_t len;
	int got;

	if (o->key_file != NULL) {
		got = str_eq(o->key_file, "-") ? file_read_fd(STDIN_FILENO, 4096,
							      "standard input", &text, &len, e)
					       : file_read_at(AT_FDCWD, o->key_file, 4096,
							      o->key_file, &text, &len, e);
		if (got < 0)
			return -1;
		text[strcspn(text, "\n")] = '\0';
		key = arena_strdup(a, str_trim(text));
		free(text);
	}
	if (audit_tool_key(o->key != NULL ? "key" : "key-file", key, e) < 0 ||
	    audit_tool_key("public", o->public, e) < 0)
		return -1;
	if (key != NULL && hex_read(key, sizeof(v->key), v->key))
		v->sealed.first_key = v->key;
	return 0;
}

/* What there is by now; that of anchors and keys is found out anew each time. */
static int look(const struct call *c, const struct audit_files *files, struct verified *v,
		struct err *e)
{
	const struct verify_options *o = c->options;
	struct anchors anchors = v->anchors;
	struct noting notes;
	const struct audit_trust trust = { .sealed = &v->sealed,
					   .anchors = o->anchor != NULL ? &anchors : NULL,
					   .notes = &notes };

	v->sealed = (struct sealed){ .first_key = v->sealed.first_key };
	/* another host's copy has none, and a reader may not be allowed to */
	seal_close(&v->host);
	if (seal_open(&v->host, files->path) == 0 && v->host.fd >= 0)
		v->sealed.state = &v->host.state;
	if (notes_begin(c->arena, files, &notes, e) < 0 ||
	    audit_verify(c->arena, files, &trust, &v->k, e) < 0)
		return -1;
	notes_verify(&notes, c->arena, o->public, &v->k, &v->noted);
	return 0;
}

static bool is_same(const struct audit_files *a, const struct audit_files *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (!str_eq(a->segments[i].name, b->segments[i].name))
			return false;
	return a->n == b->n;
}

/* Who rotates, packs or deletes while we read moves lines where we have been, or have not been
 * yet: what is not well is looked at again once the files are others. */
static int verify(const struct call *c, const char *path, struct verified *v, struct err *e)
{
	struct audit_files now;
	int got;

	if (audit_files_find(c->arena, path, &now, e) < 0)
		return -1;
	for (int i = 0; i < LOOKS; i++) {
		struct audit_files *files = arena_new(c->arena, struct audit_files);

		*files = now;
		v->files = files;
		*e = (struct err){ 0 };
		got = look(c, files, v, e);
		if ((got == 0 && exit_code(&v->k) == AUDIT_YES) ||
		    audit_files_find(c->arena, path, &now, e) < 0 || is_same(files, &now))
			break;
	}
	if (got < 0)
		return -1;
	v->promise = exit_code(&v->k) == AUDIT_YES
			     ? promise(c->arena, v)
			     : "The log is not what was written: nothing is promised.";
	return 0;
}

/* ---- for others to see ---- */

static const char *worst(const struct audit_check *k)
{
	int i = 0;

	while (i + 1 < AUDIT_FAULTS && k->faults[i] == 0)
		i++;
	return audit_faults[i].name;
}

/* That it cannot be told there is no reason not to tell it here. */
static void record(const struct call *c, const char *path, const struct verified *v)
{
	const struct verify_options *o = c->options;
	struct json *log = json_object(c->arena);
	struct audit *au = NULL;
	struct err why = { 0 };
	uint64_t sum = 0;

	for (int i = 0; i < AUDIT_FAULTS; i++)
		sum += v->k.faults[i];
	json_set(log, "count", json_uint(c->arena, sum));
	json_set(log, "fault", json_string(c->arena, worst(&v->k)));
	if (v->k.n > 0)
		json_set(log, "sequence", json_uint(c->arena, v->k.findings[0].sequence));
	if (audit_tool_write(c->arena, &o->want, path, &au, &why) < 0 ||
	    audit_note(au, c->arena, AUDIT_LOG_VERIFY_FAILED, log, &why) < 0)
		log_warning("--record: %s", why.text);
	audit_close(au);
}

static int verify_main(const struct call *c, struct err *e)
{
	const struct verify_options *o = c->options;
	struct verified v = { .host = { .fd = -1 } };
	const char *path;
	int got;

	if (audit_path(c->arena, o->want.log, &path, e) < 0 ||
	    read_key(o, c->arena, &v, e) < 0 ||
	    (o->anchor != NULL && anchors_load(c->arena, o->anchor, &v.anchors, e) < 0))
		return -1;
	got = verify(c, path, &v, e);
	if (got == 0 && o->json)
		print_json(c->arena, &v);
	else if (got == 0)
		print_text(c->arena, &v);
	if (got == 0)
		*c->exit_code = exit_code(&v.k);
	if (got == 0 && o->record && exit_code(&v.k) != AUDIT_YES)
		record(c, path, &v);
	seal_close(&v.host);
	return got;
}

const struct command audit_verify_ = {
	.name = "audit verify",
	.args = "",
	.help = "say whether the log is whole and unchanged",
	.options = options,
	.options_size = sizeof(struct verify_options),
	.run = verify_main,
};
