/* SPDX-License-Identifier: Apache-2.0 */
/* A line of strace(1), with whatever stands before the call: process, time, address. */
#include <linux/audit.h>
#include <string.h>

#include "base/str.h"
#include "seccomp/learn.h"

#define NAME_MAX_   64
#define ARGS        8 /* that strace prints for one call, at most */
#define PATH_TEXT   256
#define PREFIXES    6
#define INSTRUCTION "0123456789abcdef "

struct piece {
	const char *p;
	size_t len;
};

struct line {
	struct policy_record *r;
	struct proc *proc;
	enum arch arch;
	char name[NAME_MAX_];
	int id, nr;
	struct piece args[ARGS];
	size_t args_n;
	const char *rest; /* behind the arguments */
};

/* ---- what stands before ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_number(const char *p, int *out)
{
	uint64_t n = 0;

	for (; is_digit(*p) && n < INT32_MAX; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*out = n < INT32_MAX ? (int)n : 0;
	return p;
}

/* "[pid 12] " "[pid 12<comm>] ", or what -n and -i put into brackets: "[ 257] " "[00007f..] "
 */
static const char *bracket(const char *p, int *pid)
{
	const char *end = strstr(p, "] ");
	const char *inside = str_after(p, "[pid");

	if (end == NULL)
		return NULL;
	if (inside != NULL)
		(void)skip_number(inside + strspn(inside, " "), pid);
	else if (strspn(p + 1, INSTRUCTION "?") < (size_t)(end - p - 1))
		return NULL;
	return end + 2;
}

/* "12 ", "12<comm> " of -o; "12:30:01 " "12:30:01.123456 " "1700000000.123456 " of -t and -r */
static const char *leading_number(const char *p, int *pid)
{
	int n = 0;
	const char *end = skip_number(p, &n);

	if (*end == ':' || *end == '.') {
		end += strspn(end, "0123456789:.");
		return *end == ' ' ? end : NULL;
	}
	if (*end == '<')
		end += strcspn(end, ">") + (strchr(end, '>') != NULL);
	if (*end != ' ')
		return NULL;
	*pid = n;
	return end;
}

static const char *skip_prefix(const char *p, int *pid)
{
	for (unsigned i = 0; i < PREFIXES; i++) {
		const char *next = NULL;

		p += strspn(p, " \t");
		if (*p == '[')
			next = bracket(p, pid);
		else if (is_digit(*p))
			next = leading_number(p, pid);
		else if (str_after(p, "(+ ") != NULL && strchr(p, ')') != NULL)
			next = strchr(p, ')') + 1;
		if (next == NULL)
			break;
		p = next;
	}
	return p;
}

/* ---- lines that are no calls ---- */

/* "[ Process PID=12 runs in 32 bit mode. ]" */
static bool changes_mode(struct policy_record *r, const char *p)
{
	const char *process = strstr(p, "Process PID=");
	const char *mode;
	int pid = 0;
	bool narrow;
	uint32_t *arch;

	if (process == NULL || (mode = strstr(process, " runs in ")) == NULL)
		return false;
	(void)skip_number(process + strlen("Process PID="), &pid);
	narrow = strstr(mode, "32 bit") != NULL;
	for (unsigned i = 0; i < 2; i++) { /* whoever the lines without a number are of */
		arch = &learn_proc(r, i == 0 ? pid : 0)->audit_arch;
		if (*arch == AUDIT_ARCH_X86_64 && narrow)
			*arch = AUDIT_ARCH_I386;
		else if (*arch == AUDIT_ARCH_AARCH64 && narrow)
			*arch = AUDIT_ARCH_ARM;
		else if (!narrow)
			*arch = r->want.audit_arch;
	}
	return true;
}

static bool is_note(const char *p)
{
	static const char *const begins[] = {
		"--- ",     "+++ ",      "strace: ", "> /", "> [",
		"Process ", "<detached", "????",     " > ", NULL
	};

	for (size_t i = 0; begins[i] != NULL; i++)
		if (str_after(p, begins[i]) != NULL)
			return true;
	return false;
}

/* The end of a call that was counted when it began; a fork tells its child. */
static enum learn_line finished(struct policy_record *r, struct proc *p, const char *text,
				int id)
{
	const char *result = strstr(text, " = ");
	struct learn_exec x = { .id = id };
	int child = 0;

	p->forking = false;
	while (result != NULL && strstr(result + 1, " = ") != NULL)
		result = strstr(result + 1, " = ");
	if (result == NULL || !is_digit(result[3]))
		return LINE_OTHER;
	(void)skip_number(result + strlen(" = "), &child);
	x.result = child;
	if (r->file_begun && x.id >= 0 && p->counting)
		(void)learn_proc_counts(r, p, &x);
	return LINE_OTHER;
}

/* "<... clone resumed>, child_tidptr=0x7f..) = 27417" */
static enum learn_line resumed(struct policy_record *r, struct proc *p, const char *text)
{
	if (str_after(text, "<... ") == NULL || strstr(text, " resumed>") == NULL)
		return LINE_BAD;
	text += strlen("<... ");
	return finished(r, p, text, sc_find(text, strcspn(text, " ")));
}

/* "...|SIGCHLDstrace: Process 12 attached", and ", child_tidptr=0x7f..) = 12" in the next. */
static bool cut_message(char *text)
{
	char *message = strstr(text, "strace: Process ");

	if (message == NULL || message == text || !str_ends(message, "ed"))
		return false;
	*message = '\0';
	return true;
}

/* ---- a call ---- */

static bool read_name(struct line *l, const char **text)
{
	const size_t n = strspn(*text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	uint64_t nr = 0;
	const char *unknown;

	if (n == 0 || n >= sizeof(l->name) || (*text)[n] != '(')
		return false;
	memcpy(l->name, *text, n);
	l->name[n] = '\0';
	*text += n + 1;
	l->id = sc_find(l->name, n);
	l->nr = l->id >= 0 ? sc_number(l->id, l->arch) : -1;
	unknown = str_after(l->name, "syscall_0x");
	if (l->nr < 0 && unknown != NULL &&
	    learn_value(l->name + strlen("syscall_"), n - strlen("syscall_"), l->arch, false,
			&nr) &&
	    nr <= INT32_MAX) {
		l->nr = (int)nr;
		l->id = sc_by_number(l->arch, (uint32_t)nr);
	}
	return true;
}

static void read_args(struct line *l, const char *text)
{
	while (*text != '\0') {
		const char *end = learn_arg_end(text);

		if (l->args_n < ARGS && end > text)
			l->args[l->args_n++] = (struct piece){ text, (size_t)(end - text) };
		text = end;
		if (*text != ',')
			break;
		text++;
	}
	l->rest = text;
}

/* "flags=CLONE_VM|...": clone's arguments have names, and an order of their own. */
static unsigned place_of(const struct line *l, struct piece *arg, unsigned i)
{
	const char *p = arg->p + strspn(arg->p, " ");
	const size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");

	if (n == 0 || p[n] != '=')
		return i;
	for (i = 0; i < SYSCALL_ARGS; i++) {
		const struct sc_arg a = sc_arg(l->id, l->arch, i);

		if (a.type != SC_NONE && strlen(a.name) == n && memcmp(a.name, p, n) == 0) {
			arg->len -= (size_t)(p + n + 1 - arg->p);
			arg->p = p + n + 1;
			return i;
		}
	}
	return SYSCALL_ARGS;
}

/* 64-bit values that a 32-bit architecture passes in two registers are one in strace's lines:
 * there only the short list is looked at, which stands before any of them. */
static void read_values(struct line *l, struct policy_seen *s)
{
	const unsigned wanted =
		arch_is_64(l->arch) ? (1u << SYSCALL_ARGS) - 1 : learn_short(l->id, l->arch);

	for (unsigned at = 0; at < l->args_n; at++) {
		const unsigned i = place_of(l, &l->args[at], at);
		struct sc_arg a;
		uint64_t value = 0;

		if (i >= SYSCALL_ARGS || (wanted >> i & 1) == 0)
			continue;
		a = sc_arg(l->id, l->arch, i);
		if (a.type == SC_NONE || !learn_value(l->args[at].p, l->args[at].len, l->arch,
						      a.type == SC_PTR, &value))
			continue;
		s->known |= 1u << i;
		s->call.args[i] = arch_is_64(l->arch) ? value : (uint32_t)value;
	}
}

/* "{flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, ...}": as clone(2) would have it. */
static void read_clone3(const struct line *l, struct policy_seen *s)
{
	static const char *const members[] = { "flags=", "exit_signal=" };
	const struct piece *arg = &l->args[0];
	const char *end;
	uint64_t both = 0, n = 0;

	if (l->args_n == 0 || arg->p[0] != '{')
		return;
	end = arg->p + arg->len;
	for (size_t i = 0; i < COUNT(members); i++) {
		const char *at = strstr(arg->p, members[i]);
		const char *value = at != NULL ? at + strlen(members[i]) : NULL;

		if (value == NULL || value >= end)
			continue;
		if (!learn_value(value, (size_t)(learn_arg_end(value) - value), l->arch, false,
				 &n))
			return;
		both |= n & UINT32_MAX;
		s->has_clone_flags = true;
	}
	s->clone_flags = both;
}

static bool is(const struct line *l, const char *name)
{
	return l->id >= 0 && str_eq(sc_name(l->id), name);
}

/* The path of an execve, without quotes; NULL: it is not told. */
static const char *program_of(const struct line *l, struct sbuf *path)
{
	const size_t at = is(l, "execveat") ? 1 : 0;
	const char *p, *quote;

	if (l->args_n <= at)
		return NULL;
	p = l->args[at].p + strspn(l->args[at].p, " ");
	quote = *p == '"' ? strchr(p + 1, '"') : NULL;
	if (quote == NULL)
		return NULL;
	sbuf_add(path, "%.*s", (int)(quote - p - 1), p + 1);
	return path->p;
}

static void read_result(const struct line *l, struct learn_exec *x)
{
	const char *equals = strstr(l->rest, "= ");
	int n = 0;

	x->unfinished = *l->rest == '<' || *l->rest == '\0';
	if (equals == NULL)
		return;
	x->failed = equals[2] == '-';
	(void)skip_number(equals + 2, &n);
	x->result = n;
}

/* ") = 0", "<unfinished ...>", nothing where the line was cut; ")" of who types a call. */
static bool is_end(const char *rest)
{
	return *rest == '<' || *rest == '\0' || strstr(rest, "= ") != NULL ||
	       (*rest == ')' && rest[1 + strspn(rest + 1, " ")] == '\0');
}

static enum learn_line read_call(struct line *l, const char *text)
{
	struct policy_seen s = { .count = 1, .pid = l->proc->pid };
	struct learn_exec x = { .id = -1 };
	char path[PATH_TEXT] = "";
	struct sbuf path_text = SBUF(path);

	if (!read_name(l, &text))
		return LINE_BAD;
	read_args(l, text);
	if (!is_end(l->rest))
		return LINE_BAD;
	x.id = l->id;
	read_result(l, &x);
	if (is(l, "execve") || is(l, "execveat"))
		x.program = program_of(l, &path_text);
	if (!learn_proc_counts(l->r, l->proc, &x)) {
		l->r->facts.before++;
		return LINE_CALL;
	}
	if (l->nr < 0) {
		if (l->r->facts.nameless++ == 0)
			l->r->facts.nameless_name = arena_strdup(l->r->a, l->name);
		return LINE_CALL;
	}
	s.call = (struct seccomp_data){ .nr = l->nr, .arch = l->proc->audit_arch };
	if (l->id >= 0)
		read_values(l, &s);
	if (is(l, "clone3"))
		read_clone3(l, &s);
	learn_pass(l->r, &s);
	return LINE_CALL;
}

enum learn_line learn_strace_line(struct policy_record *r, char *text)
{
	struct line l = { .r = r, .id = -1, .nr = -1 };
	int pid = r->file_pid;
	const char *p;
	bool is_cut;

	if (changes_mode(r, text))
		return LINE_OTHER;
	if (r->cut_pid >= 0 && *text != '\0' && strchr(",)|< ", *text) != NULL) {
		pid = r->cut_pid;
		r->cut_pid = -1;
		return finished(r, learn_proc(r, pid), text, sc_find("clone", 5));
	}
	is_cut = cut_message(text);
	p = skip_prefix(text, &pid);
	if (*p == '\0')
		return LINE_OTHER;
	if (is_note(p))
		return LINE_OTHER;
	l.proc = learn_proc(r, pid);
	l.arch = arch_of_audit(l.proc->audit_arch);
	if (l.arch == ARCH_N)
		return LINE_BAD;
	if (str_after(p, "<unfinished ...>") != NULL)
		return LINE_OTHER; /* behind a message */
	if (*p == '<')
		return resumed(r, l.proc, p);
	r->cut_pid = is_cut ? pid : -1;
	return read_call(&l, p);
}
