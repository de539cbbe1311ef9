/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_learn.c - any bytes as lines of a record: the policy that is learned has no errors and
 * permits what was seen; the change that `why' proposes is one that the parser takes. The first
 * byte chooses what is learned on top of. */
#include <linux/audit.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WHYS 4

static const char base_text[] = "policy base {\n"
				"\tarch x86_64, i386, aarch64, arm;\n"
				"\tdefault deny EPERM unknown deny ENOSYS;\n"
				"\tallow read | write when fd in { 0..2 };\n"
				"\tdeny EACCES openat when flags has any O_WRONLY | O_RDWR;\n"
				"\tallow openat | prlimit64 when arg2 == 0;\n"
				"\tdeny ptrace;\n"
				"}\n";
static const struct policy_source base_source = { "base", base_text, sizeof(base_text) - 1 };

struct reading {
	struct arena *a;
	struct policy_learned *l;
	const struct policy *base;
	unsigned whys;
};

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static int serve(void *ctx, struct arena *a, const char *from, const char *name,
		 struct policy_source *out, struct err *e)
{
	(void)ctx;
	(void)a;
	(void)from;
	if (strcmp(name, "base") != 0)
		return fail(e, ERR_POLICY, "there is no such file");
	*out = base_source;
	return 0;
}

static const struct policy *parse(struct arena *a, const struct policy_source *src)
{
	const struct policy_env env = { .include = serve };
	struct policy_diags d = { .arena = a };
	const struct policy *p = NULL;
	struct err e = { 0 };

	if (policy_parse(a, src, NULL, &env, &d, &p, &e) == 0)
		return p;
	(void)fprintf(stderr, "%s\n%s\n", src->text, policy_diag_text(a, d.first, false));
	abort();
}

static void demand_change(struct reading *r, const struct policy_seen *s)
{
	struct policy_why_answer w;
	struct policy_source src = { .name = "why" };

	policy_why(r->a, r->base, &base_source, s, &w);
	demand(!w.permitted || w.change == NULL);
	if (w.change == NULL || w.d.why == POLICY_BY_ARCH)
		return;
	src.text = arena_printf(r->a, "policy why extends base { %.*soverride %s }\n",
				(int)(strstr(w.change, "allow ") - w.change), w.change,
				strstr(w.change, "allow "));
	src.len = strlen(src.text);
	(void)parse(r->a, &src);
}

static void seen(void *ctx, const struct policy_seen *s)
{
	struct reading *r = ctx;

	demand(s->known < 1u << SYSCALL_ARGS);
	policy_learn_add(r->l, s);
	if (r->whys++ < WHYS)
		demand_change(r, s);
}

static void read_lines(struct policy_record *r, const char *text, size_t size)
{
	policy_record_begin(r, "file.12");
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		const size_t n = end != NULL ? (size_t)(end - text) : size;

		policy_record_line(r, text, n);
		text += n + (end != NULL);
		size -= n + (end != NULL);
	}
	policy_record_end(r);
}

static void demand_policy(struct reading *r, const struct policy_learn_want *w)
{
	struct policy_learn_facts facts;
	struct policy_source src = { .name = "learned" };
	const struct policy *p;
	struct err e = { 0 };

	if (policy_learn_text(r->a, r->l, w, &facts, &src.text, &e) < 0) {
		demand(e.kind == ERR_POLICY);
		return;
	}
	src.len = strlen(src.text);
	p = parse(r->a, &src);
	if (policy_learn_check(r->a, r->l, w, p, &e) == 0)
		return;
	(void)fprintf(stderr, "%s\n%s\n", src.text, e.text);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const never[] = { "@mount", "getpid", NULL };
	autoarena struct arena a = { 0 };
	const uint8_t how = size > 0 ? data[0] : 0;
	struct reading reading = { .a = &a, .base = parse(&a, &base_source) };
	const struct policy_record_want want = { .audit_arch = (how & 1) != 0
								       ? AUDIT_ARCH_AARCH64
								       : AUDIT_ARCH_X86_64,
						 .from = (how & 2) != 0 ? "app" : NULL,
						 .all = (how & 4) != 0,
						 .seen = seen,
						 .ctx = &reading };
	const struct policy_learn_want learn = { .name = "learned",
						 .base = (how & 8) != 0 ? reading.base : NULL,
						 .extends = (how & 8) != 0 ? "base" : NULL,
						 .exact = (how & 16) != 0,
						 .never = (how & 64) != 0 ? never : NULL };
	struct policy_record *r;

	reading.l = policy_learn_new(&a, learn.base);
	r = policy_record_new(&a, &want);
	if (size > 0)
		read_lines(r, (const char *)data + 1, size - 1);
	demand(policy_record_facts(r)->garbage <= policy_record_facts(r)->lines);
	demand_policy(&reading, &learn);
	return 0;
}
