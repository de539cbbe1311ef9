/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c - what a seccomp filter costs: to build, to load, to run. Ours and libseccomp's for
 * the same profiles, in turn, in one run.
 *
 * bench-policy [-n ROUNDS] [--json] PROFILE ...
 *
 * A PROFILE is a config.json, or its linux.seccomp by itself, or (any other name than *.json) a
 * policy in our language, which libseccomp cannot build. Each is built for the native
 * architecture, and if it lists several, for these too.
 *
 *   build  the median of one build a round, in a process that has just done it before
 *   cold   the median of first builds, each in a process that was just executed
 *   load   the median of one seccomp(2) in a fresh child
 *
 * Then the least nanoseconds of a call that the kernel's bitmap allows (getppid), of one whose
 * argument is checked (personality), and of one that is denied; "-" where the profile answers
 * otherwise. "no filter" is what these calls cost anyway, "one instruction" what any filter
 * makes of them, and "uncached" when the kernel has to run it.
 *
 * A second table has the least of build, cold and load. "behind a return" is our filter with an
 * instruction in front that ends it: the kernel checks, converts and compiles all of it, but
 * has nothing to try for its bitmap. What a load costs beyond that is the way through the
 * filter, once for each number; what "one instruction" costs no filter can save. */
#include "seccomp/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "plan/plan_seccomp.h"
#include "spec/spec.h"

#define ROUNDS_MAX 10000
#define ROWS_MAX   128
#define CALLS      20000 /* of each kind, in one child */
#define DENIED_NR  461   /* lsm_list_modules: in no engine's default profile */

enum kind {
	CALL_CACHED,
	CALL_CHECKED,
	CALL_DENIED,
	CALL_KINDS
};

enum how {
	BY_NOBODY,        /* no filter */
	BY_HAND,          /* one instruction: allow */
	BY_HAND_UNCACHED, /* the same, but the kernel has to run it for each call */
	BY_US,
	BY_US_PARSED, /* from the file's text */
	BY_US_BLINDLY,
	BY_US_PARSED_BLINDLY,
	BY_US_NEVER, /* ours, behind a return: as long, and none of it is run */
	BY_LIBSECCOMP,
	BY_LIBSECCOMP_TREE
};

struct profile {
	const char *path, *name;
	char *text;
	size_t len;
	bool is_json;
	struct policy_rules rules; /* .archs as the profile has them */
	const struct policy *policy;
};

/* One line of the table. */
struct row {
	const char *who;
	enum how how;
	const struct profile *profile; /* or NULL */
	bool multi;
	uint16_t insns;
	uint64_t *build, *cold, *load; /* ns, one a round */
	uint64_t least[CALL_KINDS];    /* ns of CALLS; 0: not measured */
};

/* What a child says, in memory that it shares. */
struct said {
	uint64_t load, calls[CALL_KINDS];
	bool done;
};

struct bench {
	struct arena arena;
	struct row rows[ROWS_MAX];
	size_t n, rounds;
	struct said *said;
};

static _Noreturn void PRINTF(1, 2) die(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("bench-policy: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- profiles ---- */

static int read_rules(struct arena *a, const struct profile *p, struct policy_rules *out,
		      struct err *e)
{
	struct complaints bad = { .arena = a };
	struct spec *spec = arena_new(a, struct spec);
	struct json *doc;

	if (json_parse(a, p->path, p->text, p->len, &doc, e) < 0)
		return -1;
	if (json_get(doc, "linux") == NULL) {
		struct json *whole = json_object(a), *inner = json_object(a);

		json_set(inner, "seccomp", doc);
		json_set(whole, "linux", inner);
		doc = whole;
	}
	spec_read(a, doc, spec, &bad); /* complains of what a bare profile lacks */
	return plan_seccomp_rules(a, &spec->linux_.seccomp, out, e);
}

static int parse_policy(struct arena *a, const struct profile *p, const struct policy **out,
			struct err *e)
{
	const struct policy_source src = { p->path, p->text, p->len };
	const struct policy_env env = { 0 };
	struct policy_diags d = { .arena = a };

	return policy_parse(a, &src, NULL, &env, &d, out, e);
}

static void open_profile(struct bench *b, const char *path, struct profile *p)
{
	struct err e = { 0 };
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	*p = (struct profile){ .path = path, .is_json = str_ends(path, ".json") };
	p->name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	if (file_read_fd(fd, JSON_MAX, path, &p->text, &p->len, &e) < 0)
		die("%s", e.text);
	(void)close(fd);
	rc = p->is_json ? read_rules(&b->arena, p, &p->rules, &e)
			: parse_policy(&b->arena, p, &p->policy, &e);
	if (rc < 0)
		die("%s: %s", path, e.text);
}

/* ---- ours ---- */

static const char *const native[] = { NULL };

static int from_rules(struct arena *a, const struct policy_rules *r, const struct policy **out,
		      struct err *e)
{
	struct policy_diags d = { .arena = a };
	bool carried;

	if (policy_from_rules(a, r, &d, &carried, out, e) < 0)
		return -1;
	return carried ? 0 : fail(e, ERR_HOST, "architecture: one with tables: none");
}

static int build_ours(struct arena *a, const struct row *row, struct filter *out, struct err *e)
{
	const bool parsed = row->how == BY_US_PARSED || row->how == BY_US_PARSED_BLINDLY;
	const struct policy_options o = { .no_verify = row->how == BY_US_BLINDLY ||
						       row->how == BY_US_PARSED_BLINDLY };
	const struct profile *p = row->profile;
	const struct policy *policy = p->policy;
	struct policy_rules r = p->rules;
	struct policy_image image;

	if (parsed && p->is_json && read_rules(a, p, &r, e) < 0)
		return -1;
	if (!row->multi)
		r.archs = native;
	if (p->is_json && from_rules(a, &r, &policy, e) < 0)
		return -1;
	if (parsed && !p->is_json && parse_policy(a, p, &policy, e) < 0)
		return -1;
	if (policy_compile(a, policy, &o, &image, e) < 0)
		return -1;
	*out = image.filter;
	return 0;
}

static int build_unreached(struct arena *a, const struct row *row, struct filter *out,
			   struct err *e)
{
	const struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_filter *insns;
	struct filter f;

	if (build_ours(a, row, &f, e) < 0)
		return -1;
	insns = arena_array(a, f.n + 1u, sizeof(*insns));
	insns[0] = allow;
	memcpy(insns + 1, f.insns, f.n * sizeof(*insns));
	*out = (struct filter){ insns, (uint16_t)(f.n + 1), 0 };
	return 0;
}

/* ---- libseccomp's, called as runc and crun do ---- */

static void add_archs(scmp_filter_ctx ctx, const char *const *archs)
{
	for (; *archs != NULL; archs++)
		(void)seccomp_arch_add(ctx, seccomp_arch_resolve_name(*archs));
}

static void add_rule(scmp_filter_ctx ctx, const struct policy_rule *r, int nr)
{
	struct scmp_arg_cmp args[6];
	unsigned n = 0;
	bool twice = false;

	for (size_t i = 0; i < r->args_n && n < 6; i++) {
		const struct policy_arg *arg = &r->args[i];
		const bool masked = arg->op == POLICY_MASKED_EQ;

		for (unsigned k = 0; k < n; k++)
			twice = twice || args[k].arg == arg->index;
		args[n++] = (struct scmp_arg_cmp){ arg->index, (enum scmp_compare)arg->op,
						   masked ? arg->mask : arg->value,
						   masked ? arg->value : 0 };
	}
	if (!twice)
		(void)seccomp_rule_add_array(ctx, r->action, nr, n, args);
	for (unsigned i = 0; twice && i < n; i++)
		(void)seccomp_rule_add_array(ctx, r->action, nr, 1, &args[i]);
}

static int export_filter(struct arena *a, scmp_filter_ctx ctx, struct filter *out,
			 struct err *e)
{
	const int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t size;
	void *text;

	if (fd < 0 || seccomp_export_bpf(ctx, fd) < 0)
		return fail(e, ERR_SYSTEM, "libseccomp: export: failed");
	size = lseek(fd, 0, SEEK_END);
	text = arena_alloc(a, (size_t)size);
	if (pread(fd, text, (size_t)size, 0) != size)
		return fail_sys(e, errno, "libseccomp: read");
	(void)close(fd);
	*out = (struct filter){ text, (uint16_t)((size_t)size / sizeof(struct sock_filter)),
				0 };
	return 0;
}

static int build_theirs(struct arena *a, const struct row *row, struct filter *out,
			struct err *e)
{
	const struct policy_rules *r = &row->profile->rules;
	scmp_filter_ctx ctx = seccomp_init(r->default_action);
	int rc;

	if (ctx == NULL)
		return fail(e, ERR_SYSTEM, "libseccomp: init: failed");
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE,
			       row->how == BY_LIBSECCOMP_TREE ? 2 : 1);
	if (row->multi)
		add_archs(ctx, r->archs);
	for (size_t i = 0; i < r->rules_n; i++) {
		const struct policy_rule *rule = &r->rules[i];

		for (const char *const *n = rule->names;
		     rule->action != r->default_action && *n != NULL; n++) {
			const int nr = seccomp_syscall_resolve_name(*n);

			if (nr != __NR_SCMP_ERROR)
				add_rule(ctx, rule, nr);
		}
	}
	rc = export_filter(a, ctx, out, e);
	seccomp_release(ctx);
	return rc;
}

/* ---- one build ---- */

static int build(struct arena *a, const struct row *row, struct filter *out, struct err *e)
{
	static const struct sock_filter allow[] = { { BPF_RET | BPF_K, 0, 0,
						      SECCOMP_RET_ALLOW } };

	static const struct sock_filter uncached[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args) },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};

	switch (row->how) {
	case BY_NOBODY:
		*out = (struct filter){ 0 };
		return 0;
	case BY_HAND:
		*out = (struct filter){ allow, 1, 0 };
		return 0;
	case BY_HAND_UNCACHED:
		*out = (struct filter){ uncached, COUNT(uncached), 0 };
		return 0;
	case BY_LIBSECCOMP:
	case BY_LIBSECCOMP_TREE:
		return build_theirs(a, row, out, e);
	case BY_US:
	case BY_US_PARSED:
	case BY_US_BLINDLY:
	case BY_US_PARSED_BLINDLY:
		break;
	case BY_US_NEVER:
		return build_unreached(a, row, out, e);
	}
	return build_ours(a, row, out, e);
}

static uint64_t build_timed(struct arena *a, const struct row *row, struct filter *out)
{
	const uint64_t start = now_ns();
	struct err e = { 0 };

	if (build(a, row, out, &e) < 0)
		die("%s: %s: %s", row->profile->path, row->who, e.text);
	return now_ns() - start;
}

/* ---- in a child ---- */

static uint64_t time_calls(long nr, long arg)
{
	const uint64_t start = now_ns();

	for (int i = 0; i < CALLS; i++)
		(void)syscall(nr, arg);
	return now_ns() - start;
}

static bool answers(const struct filter *f, long nr, uint64_t arg, uint32_t want)
{
	const struct seccomp_data call = { .nr = (int)nr,
					   .arch = policy_arch_own(),
					   .args = { arg } };

	return f->n == 0 ||
	       (filter_run(f, &call, NULL, NULL) & SECCOMP_RET_ACTION_FULL) == want;
}

static void measure_calls(const struct filter *f, struct said *said)
{
	if (answers(f, SYS_getppid, 0, SECCOMP_RET_ALLOW))
		said->calls[CALL_CACHED] = time_calls(SYS_getppid, 0);
	if (answers(f, SYS_personality, 0xffffffff, SECCOMP_RET_ALLOW))
		said->calls[CALL_CHECKED] = time_calls(SYS_personality, 0xffffffff);
	if (answers(f, DENIED_NR, 0, SECCOMP_RET_ERRNO) || f->n <= 2)
		said->calls[CALL_DENIED] = time_calls(DENIED_NR, 0);
}

static _Noreturn void child(const struct filter *f, struct said *said)
{
	const struct sock_fprog program = { f->n, (struct sock_filter *)(uintptr_t)f->insns };
	uint64_t start;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	start = now_ns();
	if (f->n > 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) < 0)
		_exit(1);
	said->load = now_ns() - start;
	measure_calls(f, said);
	said->done = true;
	_exit(0);
}

static void run_child(struct bench *b, struct row *row, const struct filter *f, size_t round)
{
	pid_t pid;

	*b->said = (struct said){ 0 };
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		child(f, b->said);
	(void)waitpid(pid, NULL, 0);
	if (!b->said->done)
		die("%s: %s: the child did not come to its end", row->profile->path, row->who);
	row->load[round] = b->said->load;
	for (int k = 0; k < CALL_KINDS; k++)
		if (row->least[k] == 0 || b->said->calls[k] < row->least[k])
			row->least[k] = b->said->calls[k];
}

/* ---- in a process that was just executed ---- */

/* bench-policy --once HOW MULTI PROFILE: prints nanoseconds. */
static int once(struct bench *b, char **argv)
{
	struct profile p;
	struct row row = { .who = "once",
			   .how = (enum how)atoi(argv[0]),
			   .profile = &p,
			   .multi = atoi(argv[1]) != 0 };
	struct filter f;

	open_profile(b, argv[2], &p);
	(void)printf("%llu\n", (unsigned long long)build_timed(&b->arena, &row, &f));
	return 0;
}

static uint64_t build_cold(const struct row *row)
{
	char command[4400], self[4096] = "";
	unsigned long long ns = 0;
	FILE *f;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die("/proc/self/exe: %s", strerror(errno));
	if (strchr(self, '\'') != NULL || strchr(row->profile->path, '\'') != NULL)
		die("%s: a path without quotes", self);
	(void)snprintf(command, sizeof(command), "'%s' --once %d %d '%s'", self, (int)row->how,
		       row->multi, row->profile->path);
	f = popen(command, "re");
	if (f == NULL || fscanf(f, "%llu", &ns) != 1)
		die("%s: nothing came back", command);
	(void)pclose(f);
	return ns;
}

/* ---- all rows in turn ---- */

static void add_row(struct bench *b, const char *who, enum how how, const struct profile *p,
		    bool multi)
{
	struct row *row = &b->rows[b->n++];

	if (b->n == ROWS_MAX)
		die("at most %d lines", ROWS_MAX);
	*row = (struct row){ .who = who, .how = how, .profile = p, .multi = multi };
	row->build = arena_array(&b->arena, b->rounds, sizeof(*row->build));
	row->cold = arena_array(&b->arena, b->rounds, sizeof(*row->cold));
	row->load = arena_array(&b->arena, b->rounds, sizeof(*row->load));
}

static void add_profile(struct bench *b, const char *path)
{
	struct profile *p = arena_new(&b->arena, struct profile);
	bool multi;

	open_profile(b, path, p);
	multi = p->is_json && p->rules.archs[0] != NULL && p->rules.archs[1] != NULL;
	for (int m = 0; m <= multi; m++) {
		add_row(b, "caisson", BY_US, p, m != 0);
		add_row(b, "caisson, parsing", BY_US_PARSED, p, m != 0);
		add_row(b, "caisson, unverified", BY_US_BLINDLY, p, m != 0);
		add_row(b, "parsing, unverified", BY_US_PARSED_BLINDLY, p, m != 0);
		add_row(b, "behind a return", BY_US_NEVER, p, m != 0);
		if (!p->is_json)
			continue;
		add_row(b, "libseccomp", BY_LIBSECCOMP, p, m != 0);
		add_row(b, "libseccomp, optimize=2", BY_LIBSECCOMP_TREE, p, m != 0);
	}
}

static void run_row(struct bench *b, struct row *row, size_t round)
{
	autoarena struct arena a = { 0 }, before = { 0 };
	struct filter f;

	(void)build_timed(&before, row, &f); /* memory is shared with a child no more */
	arena_free(&before);
	row->build[round] = build_timed(&a, row, &f);
	row->insns = f.n;
	if (row->profile != NULL)
		row->cold[round] = build_cold(row);
	run_child(b, row, &f, round);
}

static void run_all(struct bench *b)
{
	b->said = mmap(NULL, sizeof(*b->said), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->said == MAP_FAILED)
		die("memory: %s", strerror(errno));
	for (size_t i = 0; i < b->rounds; i++)
		for (size_t k = 0; k < b->n; k++)
			run_row(b, &b->rows[(i + k) % b->n], i);
}

/* ---- what came out ---- */

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* In microseconds. */
static double median(uint64_t *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return ((double)v[(n - 1) / 2] + (double)v[n / 2]) / 2e3;
}

/* Of a series that is sorted. */
static double least(const uint64_t *v)
{
	return (double)v[0] / 1e3;
}

static const char *name_of(const struct row *row)
{
	return row->profile != NULL ? row->profile->name : "-";
}

static void print_calls(const struct row *row)
{
	for (int k = 0; k < CALL_KINDS; k++) {
		if (row->least[k] == 0)
			(void)printf(" %8s", "-");
		else
			(void)printf(" %8.1f", (double)row->least[k] / CALLS);
	}
	(void)putchar('\n');
}

static void print_table(struct bench *b)
{
	(void)printf("%-22s %-6s %-22s %5s %9s %9s %8s %8s %8s %8s\n", "profile", "archs",
		     "built by", "insns", "build us", "cold us", "load us", "cached", "checked",
		     "denied");
	for (size_t i = 0; i < b->n; i++) {
		struct row *row = &b->rows[i];

		(void)printf("%-22.22s %-6s %-22s %5u %9.1f %9.1f %8.1f", name_of(row),
			     row->multi ? "listed" : "native", row->who, row->insns,
			     median(row->build, b->rounds), median(row->cold, b->rounds),
			     median(row->load, b->rounds));
		print_calls(row);
	}
	(void)printf("build, cold, load: medians of %zu; the calls: least ns\n", b->rounds);
}

/* What a busy machine adds is in none of these. */
static void print_least(const struct bench *b)
{
	double one = 0;

	(void)printf("\n%-22s %-6s %-22s %5s %9s %9s %8s %8s\n", "the least of each", "archs",
		     "built by", "insns", "build us", "cold us", "load us", "beyond 1");
	for (size_t i = 0; i < b->n; i++) {
		const struct row *row = &b->rows[i];

		if (row->how == BY_NOBODY)
			continue;
		if (row->how == BY_HAND)
			one = least(row->load);
		(void)printf("%-22.22s %-6s %-22s %5u %9.1f %9.1f %8.1f %8.1f\n", name_of(row),
			     row->multi ? "listed" : "native", row->who, row->insns,
			     least(row->build), least(row->cold), least(row->load),
			     least(row->load) - one);
	}
	(void)puts("beyond 1: what loading it costs more than one instruction does, which no "
		   "filter can save");
}

static void print_json(struct bench *b)
{
	static const char *const kinds[] = { "cached_ns", "checked_ns", "denied_ns" };

	(void)printf("{\"rounds\":%zu,\"rows\":[", b->rounds);
	for (size_t i = 0; i < b->n; i++) {
		struct row *row = &b->rows[i];

		(void)printf("%s{\"profile\":\"%s\",\"archs\":\"%s\",\"by\":\"%s\","
			     "\"instructions\":%u,\"build_us\":%.3f,\"cold_us\":%.3f,"
			     "\"load_us\":%.3f",
			     i > 0 ? "," : "", name_of(row), row->multi ? "listed" : "native",
			     row->who, row->insns, median(row->build, b->rounds),
			     median(row->cold, b->rounds), median(row->load, b->rounds));
		for (int k = 0; k < CALL_KINDS; k++)
			if (row->least[k] != 0)
				(void)printf(",\"%s\":%.2f", kinds[k],
					     (double)row->least[k] / CALLS);
		(void)putchar('}');
	}
	(void)printf("]}\n");
}

int main(int argc, char **argv)
{
	static struct bench b = { .rounds = 25 };
	bool json = false;
	int i = 1;

	if (argc == 5 && str_eq(argv[1], "--once"))
		return once(&b, argv + 2);
	for (; i < argc && argv[i][0] == '-'; i++) {
		uint64_t n;

		if (str_eq(argv[i], "--json"))
			json = true;
		else if (str_eq(argv[i], "-n") && i + 1 < argc &&
			 str_uint64(argv[++i], ROUNDS_MAX, &n) && n > 0)
			b.rounds = n;
		else
			die("%s: unknown option, or one without its value", argv[i]);
	}
	if (i == argc)
		die("expected profiles after the options");
	add_row(&b, "no filter", BY_NOBODY, NULL, false);
	add_row(&b, "one instruction", BY_HAND, NULL, false);
	add_row(&b, "the same, uncached", BY_HAND_UNCACHED, NULL, false);
	for (; i < argc; i++)
		add_profile(&b, argv[i]);
	run_all(&b);
	if (json) {
		print_json(&b);
	} else {
		print_table(&b);
		print_least(&b);
	}
	arena_free(&b.arena);
	return 0;
}
