/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/sys.h"
#include "cmd/policy_record.h"
#include "cmd/policy_tool.h"
#include "cmd/policy_watch.h"

#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin" /* as confstr(3) of most systems */

struct run_options {
	struct tool_want want;
	const char *record;
	bool all, json;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct run_options, record, "record", 'r', OPT_STRING, "FILE",
	    "let everything through, and write down there what the policy does not allow"),
	OPT(struct run_options, all, "all", 'a', OPT_FLAG, NULL,
	    "with --record and without a POLICY: write down each call"),
	OPT(struct run_options, json, "json", 0, OPT_FLAG, NULL,
	    "calls that the policy audits as lines of JSON"),
	TOOL_WANT(struct run_options),
	OPT_END,
};
/* clang-format on */

/* One execution of the command. */
struct running {
	struct arena *arena;
	const struct run_options *options;
	struct tool_input in; /* --all: has no policy */
	const char *path;
	const char *const *argv;
	struct record *record; /* or NULL */
	int write_error;       /* of the record, told at the end */
};

/* ---- the command's file ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* As execvp(3), but before the filter is on. */
static int find_program(struct arena *a, const char *name, const char **out, struct err *e)
{
	const char *path = getenv("PATH");
	char *rest = arena_strdup(a, path != NULL ? path : PATH_DEFAULT);
	const char *dir;

	*out = name;
	if (strchr(name, '/') != NULL)
		return 0;
	while ((dir = strsep(&rest, ":")) != NULL) {
		*out = arena_printf(a, "%s/%s", dir[0] != '\0' ? dir : ".", name);
		if (is_program(*out))
			return 0;
	}
	return fail(e, ERR_USAGE, "%s: a program in PATH: found none", name);
}

/* ---- recording ---- */

/* Whatever is not let through is handed to us instead. */
static struct filter recording(struct arena *a, const struct filter *f)
{
	struct sock_filter *insns = arena_array(a, f->n, sizeof(*insns));
	struct filter out = { .insns = insns, .n = f->n, .flags = f->flags };

	for (size_t i = 0; i < f->n; i++) {
		insns[i] = f->insns[i];
		if (insns[i].code == (BPF_RET | BPF_K) && insns[i].k != SECCOMP_RET_ALLOW)
			insns[i].k = SECCOMP_RET_USER_NOTIF;
	}
	return out;
}

static struct filter recording_all(struct arena *a)
{
	struct sock_filter *insn = arena_new(a, struct sock_filter);

	*insn = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	return (struct filter){ .insns = insn, .n = 1 };
}

static const char *answer_text(struct arena *a, const struct running *r,
			       const struct seccomp_data *call)
{
	struct policy_decision d = { 0 };

	if (r->in.policy == NULL && r->in.image.filter.n == 0)
		return "";
	d.action = filter_run(&r->in.image.filter, call, NULL, NULL);
	if (r->in.policy != NULL)
		policy_decide(r->in.policy, call, &d);
	return tool_action(a, &d);
}

static int record_call(void *ctx, const struct seccomp_data *call, int pid)
{
	struct running *r = ctx;
	autoarena struct arena a = { 0 };
	const int rc = record_add(r->record, call, pid, answer_text(&a, r, call));

	if (rc < 0 && r->write_error == 0)
		r->write_error = -rc;
	return 0;
}

/* ---- auditing ---- */

static void print_audit(const struct running *r, const struct seccomp_data *call, int pid,
			const struct policy_verdict *verdict)
{
	autoarena struct arena a = { 0 };
	struct json *o;

	if (!r->options->json) {
		(void)fprintf(stderr, "caisson: audit: process %d: %s: %s%s%s\n", pid,
			      policy_call_text(&a, call), answer_text(&a, r, call),
			      verdict->reason != NULL ? ": " : "",
			      verdict->reason != NULL ? verdict->reason : "");
		return;
	}
	o = tool_call_json(&a, call);
	json_set(o, "pid", json_int(&a, pid));
	json_set(o, "answer", json_string(&a, answer_text(&a, r, call)));
	if (verdict->reason != NULL)
		json_set(o, "reason", json_string(&a, verdict->reason));
	(void)fprintf(stderr, "%s\n", json_print(&a, o, JSON_CANONICAL, NULL));
}

/* A plain notify has nobody to notify here: as the kernel answers then. */
static int audit_call(void *ctx, const struct seccomp_data *call, int pid)
{
	const struct running *r = ctx;
	const struct policy_image *image = &r->in.image;
	const struct policy_verdict *verdict;
	uint32_t row;

	if (image->verdicts.n == 0)
		return ENOSYS;
	row = filter_run(&image->verdicts, call, NULL, NULL) & SECCOMP_RET_DATA;
	if (row >= image->rows_n)
		return ENOSYS;
	verdict = &image->rows[row];
	print_audit(r, call, pid, verdict);
	return verdict->allow ? 0 : verdict->err;
}

/* ---- running ---- */

static bool hands_over(const struct filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->insns[i].code == (BPF_RET | BPF_K) &&
		    (f->insns[i].k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	return false;
}

static int execute_here(const struct call *c, const struct running *r, struct err *e)
{
	const struct filter *f = &r->in.image.filter;
	struct sock_fprog program = { f->n, (struct sock_filter *)(uintptr_t)f->insns };
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail_sys(e, errno, "policy run: no_new_privs");
	rc = sys_seccomp(SECCOMP_SET_MODE_FILTER, f->flags, &program);
	if (rc != 0) /* TSYNC answers with a thread: we have one */
		return fail_sys(e, rc < 0 ? -rc : ESRCH, "policy run: load the filter");
	(void)execv(r->path, (char *const *)(uintptr_t)r->argv);
	*c->exit_code = errno == ENOENT ? TOOL_NOT_FOUND : TOOL_NOT_EXECUTABLE;
	return fail_sys(e, errno, "%s: execute", r->path);
}

static int execute_watched(const struct call *c, struct running *r, struct err *e)
{
	const struct watch_job job = { .path = r->path,
				       .argv = r->argv,
				       .filter = &r->in.image.filter,
				       .answer = audit_call,
				       .ctx = r };

	return watch_run(&job, c->exit_code, e);
}

static int execute_recorded(const struct call *c, struct running *r, struct err *e)
{
	const struct run_options *o = c->options;
	const struct filter f = r->in.image.filter.n > 0
					? recording(c->arena, &r->in.image.filter)
					: recording_all(c->arena);
	const struct watch_job job = {
		.path = r->path, .argv = r->argv, .filter = &f, .answer = record_call, .ctx = r
	};
	autofd int fd =
		open(o->record, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);

	if (fd < 0)
		return fail_sys(e, errno, "%s: open", o->record);
	r->record = record_new(c->arena, fd);
	if (watch_run(&job, c->exit_code, e) < 0)
		return -1;
	if (r->write_error == 0)
		r->write_error = -record_end(r->record);
	return r->write_error == 0 ? 0 : fail_sys(e, r->write_error, "%s: write", o->record);
}

/* A policy for programs that load it themselves cannot be tried this way. */
static int check_execve(const struct tool_input *in, struct err *e)
{
	const uint32_t arch = policy_arch_own();
	struct policy_decision d;
	struct seccomp_data call = { .nr = syscall_number(arch, "execve"), .arch = arch };

	d.action = filter_run(&in->image.filter, &call, NULL, NULL);
	switch (d.action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
		return 0;
	default:
		(void)fail(e, ERR_POLICY,
			   "%s: a policy that lets execve through: found another", in->name);
		return hint(e, "stage exec; adds the one call that starts a program");
	}
}

static int check_usage(const struct run_options *o, size_t words, struct err *e)
{
	if (o->all && o->record == NULL)
		return fail(e, ERR_USAGE, "policy run: --record beside --all: found none");
	if (words > 0)
		return 0;
	(void)fail(e, ERR_USAGE, "policy run: a command to run: found none");
	return hint(e, "caisson policy run --help");
}

/* POLICY [--] COMMAND, or with --all no policy: "--" has ended the options then. */
static int run_main(const struct call *c, struct err *e)
{
	const struct run_options *o = c->options;
	struct running *r = arena_new(c->arena, struct running);
	size_t skip = o->all ? 0 : 1;

	if (c->args_n > skip && str_eq(c->args[skip], "--"))
		skip++;
	if (check_usage(o, c->args_n > skip ? c->args_n - skip : 0, e) < 0)
		return -1;
	r->arena = c->arena;
	r->options = o;
	r->argv = c->args + skip;
	if (!o->all && tool_load(c->arena, &o->want, c->args[0], false, &r->in, e) < 0)
		return -1;
	if (find_program(c->arena, r->argv[0], &r->path, e) < 0) {
		*c->exit_code = TOOL_NOT_FOUND;
		return -1;
	}
	if (r->in.policy != NULL)
		r->in.image.filter.flags = policy_flags(r->in.policy);
	if (o->record != NULL)
		return execute_recorded(c, r, e);
	if (check_execve(&r->in, e) < 0)
		return -1;
	return hands_over(&r->in.image.filter) ? execute_watched(c, r, e)
					       : execute_here(c, r, e);
}

const struct command tool_run = {
	.name = "policy run",
	.args = "[POLICY] [--] COMMAND [ARGUMENT...]",
	.help = "run a command under a policy, or see what it calls",
	.options = options,
	.options_size = sizeof(struct run_options),
	.args_min = 1,
	.args_max = SIZE_MAX,
	.stop_at_first = true,
	.run = run_main,
};
