/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a record: the kernel's audit and JSON here, strace's in learn_strace.c. */
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "seccomp/learn.h"

#define FIELD_TEXT  256
#define JSON_LEVELS 4 /* an event of ours has the call within another object */

struct policy_record *policy_record_new(struct arena *a, const struct policy_record_want *w)
{
	struct policy_record *r = arena_new(a, struct policy_record);

	r->a = a;
	r->want = *w;
	r->file = "-";
	r->cut_pid = -1;
	r->procs = arena_array(a, PROCS, sizeof(*r->procs));
	r->text = arena_alloc(a, POLICY_LINE_MAX + 1);
	return r;
}

const struct policy_record_facts *policy_record_facts(const struct policy_record *r)
{
	return &r->facts;
}

void learn_pass(struct policy_record *r, const struct policy_seen *s)
{
	if (__builtin_add_overflow(r->facts.calls, s->count, &r->facts.calls))
		r->facts.calls = UINT64_MAX;
	r->want.seen(r->want.ctx, s);
}

/* ---- the kernel's audit ---- */

/* The value of "key=": up to a blank, or within quotes. */
static bool field(const char *line, const char *key, char out[FIELD_TEXT])
{
	struct sbuf b = { out, 0, FIELD_TEXT, false };
	const size_t len = strlen(key);
	const char *at = line;
	size_t n;

	out[0] = '\0';
	while ((at = strstr(at, key)) != NULL &&
	       !(at[len] == '=' && (at == line || at[-1] == ' ')))
		at += len;
	if (at == NULL)
		return false;
	at += len + 1;
	n = *at == '"' ? strcspn(at + 1, "\"") : strcspn(at, " \t");
	sbuf_add(&b, "%.*s", (int)(n < FIELD_TEXT ? n : FIELD_TEXT), *at == '"' ? at + 1 : at);
	return !b.over;
}

static bool hex_field(const char *line, const char *key, uint64_t *out)
{
	char text[FIELD_TEXT], with[FIELD_TEXT + 2] = "";
	struct sbuf b = SBUF(with);

	if (!field(line, key, text))
		return false;
	sbuf_add(&b, "%s%s", str_after(text, "0x") != NULL ? "" : "0x", text);
	return learn_value(with, strlen(with), ARCH_X86_64, false, out);
}

static bool decimal_field(const char *line, const char *key, uint64_t max, uint64_t *out)
{
	char text[FIELD_TEXT];

	return field(line, key, text) && str_uint64(text, max, out);
}

/* "audit(1700000000.123:456)": the event, the same in all of its lines. */
static bool event_id(const char *line, struct sbuf *out)
{
	const char *at = strstr(line, "audit(");
	size_t n;

	if (at == NULL)
		return false;
	at += strlen("audit(");
	n = strcspn(at, ")");
	sbuf_add(out, "%.*s", (int)(n < FIELD_TEXT ? n : FIELD_TEXT), at);
	return !out->over;
}

/* Lines of SYSCALL events have a0 to a3, as hexadecimal numbers. */
static void audit_args(const char *line, struct policy_seen *s)
{
	static const char *const keys[] = { "a0", "a1", "a2", "a3" };
	struct syscall_arg arg;
	uint64_t value;

	for (unsigned i = 0; i < COUNT(keys); i++) {
		if (!hex_field(line, keys[i], &value) ||
		    !syscall_argument(s->call.arch, s->call.nr, i, &arg))
			continue;
		s->known |= 1u << i;
		s->call.args[i] = arg.is_pointer && value != 0 ? 1 : value;
	}
}

/* Of an event that seccomp tells, and then the call itself, the latter knows the arguments. */
static void flush_held(struct policy_record *r)
{
	if (r->holds)
		learn_pass(r, &r->held);
	r->holds = false;
}

static bool is_before(const struct policy_record *r, const char *line,
		      const struct policy_seen *s)
{
	char comm[FIELD_TEXT];

	if (r->want.all)
		return false;
	if (field(line, "comm", comm) && str_after(comm, "runc:[") != NULL)
		return true;
	return s->program != NULL && learn_is_runtime(s->program);
}

static enum learn_line audit_line(struct policy_record *r, const char *line, bool seccomp)
{
	struct policy_seen s = { .count = 1 };
	uint64_t arch = 0, nr = 0, n = 0;
	char id[64] = "", exe[FIELD_TEXT];
	struct sbuf id_text = SBUF(id);

	if (!hex_field(line, "arch", &arch) || arch > UINT32_MAX ||
	    !decimal_field(line, "syscall", UINT32_MAX, &nr) || !event_id(line, &id_text))
		return LINE_BAD;
	s.call = (struct seccomp_data){ .nr = (int)(uint32_t)nr, .arch = (uint32_t)arch };
	s.pid = decimal_field(line, "pid", INT32_MAX, &n) ? (int)n : 0;
	if (field(line, "exe", exe))
		s.program = exe;
	if (seccomp && hex_field(line, "code", &n) && n <= UINT32_MAX) {
		s.answered = true;
		s.action = (uint32_t)n;
	}
	if (is_before(r, line, &s)) {
		r->facts.before++;
		return LINE_CALL;
	}
	audit_args(line, &s);
	if (!seccomp && r->holds && str_eq(id, r->held_id)) {
		s.answered = r->held.answered;
		s.action = r->held.action;
		r->holds = false;
	}
	flush_held(r);
	if (!seccomp) {
		learn_pass(r, &s);
		return LINE_CALL;
	}
	r->held = s;
	if (s.program != NULL) {
		memcpy(r->held_program, exe, sizeof(exe));
		r->held.program = r->held_program;
	}
	memcpy(r->held_id, id, sizeof(id));
	r->holds = true;
	return LINE_CALL;
}

/* "type=SECCOMP msg=audit(" of audit.log, "audit: type=1326 audit(" of the kernel's log. The
 * first bracket of the line is audit's: strings of a traced program come after another. */
static bool is_audit(const char *line)
{
	const char *open = strchr(line, '(');

	return open != NULL && open - line >= 5 && memcmp(open - 5, "audit", 5) == 0 &&
	       strstr(line, "type=") != NULL && strstr(line, "type=") < open;
}

static bool has_type(const char *line, const char *word, const char *number)
{
	char type[FIELD_TEXT];

	return field(line, "type", type) && (str_eq(type, word) || str_eq(type, number));
}

static enum learn_line kernel_line(struct policy_record *r, const char *line)
{
	const bool seccomp = has_type(line, "SECCOMP", "1326");

	if (seccomp || has_type(line, "SYSCALL", "1300"))
		return audit_line(r, line, seccomp);
	return LINE_OTHER;
}

/* ---- JSON ---- */

/* The object that has "arch" and "nr", here or below. */
static const struct json *find_call(const struct json *o, unsigned levels)
{
	const struct json *nr = json_get(o, "nr"), *arch = json_get(o, "arch"), *found;

	if (nr != NULL && nr->kind == JSON_NUMBER && arch != NULL && arch->kind == JSON_STRING)
		return o;
	for (const struct json *m = o->first; m != NULL && levels > 0; m = m->next)
		if (m->kind == JSON_OBJECT && (found = find_call(m, levels - 1)) != NULL)
			return found;
	return NULL;
}

static bool json_arch(const struct json *o, uint32_t *out)
{
	const char *text = json_get(o, "arch")->text;
	uint64_t n = 0;

	*out = policy_arch_number(text);
	if (*out != 0)
		return true;
	if (str_after(text, "0x") == NULL ||
	    !learn_value(text, strlen(text), ARCH_X86_64, false, &n) || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

/* Of pointers the record does not say whether they were 0. */
static bool json_args(const struct json *args, struct policy_seen *s)
{
	unsigned i = 0;

	for (const struct json *v = args->first; v != NULL; v = v->next, i++) {
		struct syscall_arg arg = { .bits = 64 };
		uint64_t value = 0;

		if (i >= SYSCALL_ARGS || v->kind != JSON_STRING ||
		    !learn_value(v->text, strlen(v->text), ARCH_X86_64, false, &value))
			return false;
		if (!syscall_argument(s->call.arch, s->call.nr, i, &arg) || arg.is_pointer)
			continue;
		s->known |= 1u << i;
		s->call.args[i] = value;
	}
	return true;
}

static bool json_number(const struct json *o, const char *key, uint64_t max, uint64_t *out)
{
	const struct json *v = json_get(o, key);

	return v != NULL && v->kind == JSON_NUMBER && str_uint64(v->text, max, out);
}

static bool is_execve(const struct policy_seen *s)
{
	const char *name = syscall_name(s->call.arch, s->call.nr);

	return name != NULL && (str_eq(name, "execve") || str_eq(name, "execveat"));
}

static enum learn_line json_line(struct policy_record *r, const char *line, size_t len)
{
	autoarena struct arena a = { 0 };
	struct policy_seen s = { .count = 1 };
	struct err why = { 0 };
	const struct json *args, *call;
	struct json *o = NULL;
	uint64_t n = 0;

	if (json_parse(&a, "a line", line, len, &o, &why) < 0)
		return LINE_BAD;
	call = find_call(o, JSON_LEVELS);
	if (call == NULL)
		return LINE_OTHER;
	if (!json_arch(call, &s.call.arch) || !json_number(call, "nr", UINT32_MAX, &n))
		return LINE_BAD;
	s.call.nr = (int)(uint32_t)n;
	args = json_get(call, "args");
	if (args != NULL && (args->kind != JSON_ARRAY || !json_args(args, &s)))
		return LINE_BAD;
	if (json_number(call, "known", UINT32_MAX, &n))
		s.known &= (unsigned)n;
	if (json_get(call, "count") != NULL &&
	    !json_number(call, "count", UINT64_MAX, &s.count))
		return LINE_BAD;
	s.pid = json_number(call, "pid", INT32_MAX, &n) ? (int)n : 0;
	if (!r->file_begun && !r->want.all && is_execve(&s) && s.count == 1)
		r->facts.before++; /* that of `policy run' */
	else
		learn_pass(r, &s);
	r->file_begun = true;
	return LINE_CALL;
}

/* ---- lines ---- */

/* "x.12" of strace -ff -o x */
static int pid_of_name(const char *file)
{
	const char *dot = strrchr(file, '.');
	uint64_t n = 0;

	return dot != NULL && str_uint64(dot + 1, INT32_MAX, &n) ? (int)n : 0;
}

void policy_record_begin(struct policy_record *r, const char *file)
{
	r->file = file;
	r->line_no = 0;
	r->cut_pid = -1;
	r->file_begun = false;
	r->file_pid = pid_of_name(file);
	r->procs[0] = (struct proc){ .used = false };
}

static enum learn_line any_line(struct policy_record *r, size_t len)
{
	char *text = r->text;
	const size_t blank = strspn(text, " \t");
	enum learn_line what;

	if (strlen(text) != len)
		return LINE_BAD;
	if (blank == len)
		return LINE_OTHER;
	if (is_audit(text))
		return kernel_line(r, text);
	flush_held(r);
	what = text[blank] == '{' ? json_line(r, text + blank, len - blank)
				  : learn_strace_line(r, text);
	return what;
}

void policy_record_line(struct policy_record *r, const char *line, size_t len)
{
	enum learn_line what;

	r->facts.lines++;
	r->line_no++;
	if (len > POLICY_LINE_MAX) {
		r->facts.cut++;
		len = POLICY_LINE_MAX;
	}
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len > 0)
		memcpy(r->text, line, len);
	r->text[len] = '\0';
	what = any_line(r, len);
	if (what == LINE_OTHER)
		r->facts.other++;
	if (what == LINE_BAD && r->facts.garbage++ == 0)
		r->facts.garbage_at =
			arena_printf(r->a, "%s:%llu", r->file, (unsigned long long)r->line_no);
}

void policy_record_end(struct policy_record *r)
{
	flush_held(r);
	r->facts.waiting = r->waits && r->facts.calls == 0;
}
