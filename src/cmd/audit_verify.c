/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "audit/audit.h"
#include "audit/chain.h"
#include "cmd/audit_tool.h"

struct verify_options {
	struct audit_want want;
	bool json;
};

static const struct opt options[] = {
	AUDIT_LOG(struct verify_options),
	OPT(struct verify_options, json, "json", 0, OPT_FLAG, NULL,
	    "print one object of canonical JSON"),
	OPT_END,
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

static void print_json(struct arena *a, const struct audit_files *files,
		       const struct audit_check *k)
{
	struct json *o = json_object(a), *faults = json_object(a), *list = json_array(a);

	json_set(o, "chain_uid", json_string(a, k->tail.chain));
	json_set(o, "fingerprint", json_string(a, k->tail.fingerprint));
	json_set(o, "first", json_uint(a, k->first));
	json_set(o, "last", json_uint(a, k->last));
	json_set(o, "lines", json_uint(a, k->lines));
	json_set(o, "log", json_string(a, files->path));
	json_set(o, "torn", json_bool(a, k->torn));
	for (int i = 0; i < AUDIT_FAULTS; i++)
		json_set(faults, audit_faults[i].name, json_uint(a, k->faults[i]));
	json_set(o, "faults", faults);
	for (size_t i = 0; i < k->n; i++)
		json_add(list, finding_json(a, &k->findings[i]));
	json_set(o, "findings", list);
	(void)puts(json_print(a, o, JSON_CANONICAL, NULL));
}

static void print_text(struct arena *a, const struct audit_files *files,
		       const struct audit_check *k)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < k->n; i++) {
		const struct audit_finding *f = &k->findings[i];

		(void)printf("%s:%" PRIu64 ": %s: event %" PRIu64 ": %s\n",
			     audit_printable(a, f->file != NULL ? f->file : files->path, 0),
			     f->line, audit_faults[f->fault].name, f->sequence, f->text);
	}
	for (int i = 0; i < AUDIT_FAULTS; i++)
		sum += k->faults[i];
	(void)printf("%s: %" PRIu64 " events, %" PRIu64 " to %" PRIu64 ", %" PRIu64 " faults\n",
		     audit_printable(a, files->path, 0), k->lines, k->first, k->last, sum);
	if (k->torn)
		(void)puts("the last line is half a line: a writer is at work, or was killed");
	if (sum > 0)
		return;
	(void)printf("the last event's fingerprint: %s\n", k->tail.fingerprint);
	(void)puts("The events belong together. That none is missing at the end, and that the "
		   "log was not\nwritten anew as a whole, only a fingerprint that was kept "
		   "elsewhere can show.");
}

static int verify_main(const struct call *c, struct err *e)
{
	const struct verify_options *o = c->options;
	struct audit_files files;
	struct audit_check k;
	const char *path;

	if (audit_path(c->arena, o->want.log, &path, e) < 0 ||
	    audit_files_find(c->arena, path, &files, e) < 0 ||
	    audit_verify(c->arena, &files, &k, e) < 0)
		return -1;
	if (o->json)
		print_json(c->arena, &files, &k);
	else
		print_text(c->arena, &files, &k);
	*c->exit_code = exit_code(&k);
	return 0;
}

const struct command audit_verify_ = {
	.name = "audit verify",
	.args = "",
	.help = "say whether the log is whole and unchanged",
	.options = options,
	.options_size = sizeof(struct verify_options),
	.run = verify_main,
};
