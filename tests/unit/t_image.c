/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "seccomp/compile.h"
#include "tests/unit/made.h"

static const enum arch both[] = { ARCH_X86_64, ARCH_I386 };

static struct policy_image image(struct arena *a, const struct policy *p)
{
	static const struct policy_options notes = { .notes = true };
	struct policy_image im;
	struct err e = { 0 };

	cr_assert_eq(policy_compile(a, p, &notes, &im, &e), 0, "%s", e.text);
	return im;
}

static struct rule *rule_at(struct arena *a, struct policy *p, uint32_t action,
			    const char *name, unsigned line)
{
	struct rule *r = made_rule(a, p, action, name, NULL);

	r->at = (struct policy_place){ "a.policy", line, 1, 1 };
	return r;
}

/* ---- what the watcher answers ---- */

static const struct policy_verdict *verdict_of(const struct policy_image *im, int nr,
					       uint64_t arg0)
{
	const struct seccomp_data call = { .arch = AUDIT_ARCH_X86_64,
					   .nr = nr,
					   .args = { arg0 } };
	const uint32_t is = filter_run(&im->verdicts, &call, NULL, NULL);

	cr_assert_eq(filter_run(&im->filter, &call, NULL, NULL), SECCOMP_RET_USER_NOTIF);
	cr_assert_eq(is & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_TRACE);
	cr_assert_lt(is & SECCOMP_RET_DATA, im->rows_n);
	return &im->rows[is & SECCOMP_RET_DATA];
}

static void audit(struct rule *r, enum policy_audit how, uint16_t err, const char *reason)
{
	r->audit = how;
	r->audit_errno = err;
	r->reason = reason;
}

Test(image, tells_the_watcher_which_line_it_was)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	const struct policy_verdict *v;
	struct policy_image im;

	audit(rule_at(&a, p, SECCOMP_RET_USER_NOTIF, "ptrace", 3), POLICY_AUDIT_DENY, EACCES,
	      "no debuggers");
	audit(made_rule(&a, p, SECCOMP_RET_USER_NOTIF, "socket", made_range(&a, 0, 32, 16, 16)),
	      POLICY_AUDIT_ALLOW, 0, NULL);
	rule_at(&a, p, SECCOMP_RET_ALLOW, "read", 5);
	im = image(&a, p);
	cr_expect_eq(im.rows_n, 2);
	v = verdict_of(&im, 101, 0);
	cr_expect_not(v->allow);
	cr_expect_eq(v->err, EACCES);
	cr_expect_eq(v->at.line, 3);
	cr_expect_str_eq(v->reason, "no debuggers");
	v = verdict_of(&im, 41, 16);
	cr_expect(v->allow);
	cr_expect_null(v->reason);
}

Test(image, tells_the_watcher_about_the_default)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct policy_image im;

	p->normal = (struct fallback){ .action = SECCOMP_RET_USER_NOTIF,
				       .audit = POLICY_AUDIT_DENY,
				       .audit_errno = EPERM,
				       .at = { "a.policy", 2, 1, 1 } };
	rule_at(&a, p, SECCOMP_RET_ALLOW, "read", 5);
	im = image(&a, p);
	cr_expect_eq(im.rows_n, 1);
	cr_expect_eq(verdict_of(&im, 1, 0)->at.line, 2);
}

Test(image, has_one_row_for_one_statement)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);

	for (unsigned line = 4; line < 6; line++)
		for (unsigned i = 0; i < 3; i++)
			audit(rule_at(&a, p, SECCOMP_RET_USER_NOTIF, i == 0 ? "bpf" : "kcmp",
				      line),
			      POLICY_AUDIT_DENY, EPERM, NULL);
	cr_expect_eq(image(&a, p).rows_n, 2);
}

Test(image, has_no_verdicts_without_audit)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct policy_image im;

	rule_at(&a, p, SECCOMP_RET_ALLOW, "read", 5);
	im = image(&a, p);
	cr_expect_eq(im.verdicts.n, 0);
	cr_expect_eq(im.rows_n, 0);
}

Test(image, asks_for_the_flags_of_the_policy_and_was_verified)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct policy_image im;

	p->flags = SECCOMP_FILTER_FLAG_LOG;
	p->has_flags = true;
	im = image(&a, p);
	cr_expect_eq(im.filter.flags, policy_flags(p));
	cr_expect_gt(im.cells, 10);
	cr_expect_not(im.pairwise);
}

Test(image, can_be_proved_later)
{
	const struct policy_options o = { .no_verify = true };
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 2);
	struct policy_image at_once, later;
	struct sock_filter *insns;
	struct err e = { 0 };

	made_rule(&a, p, SECCOMP_RET_ALLOW, "read", made_range(&a, 0, 32, 3, 7));
	at_once = image(&a, p);
	cr_assert_eq(policy_compile(&a, p, &o, &later, &e), 0, "%s", e.text);
	cr_expect_eq(later.cells, 0);
	cr_expect_eq(policy_prove(p, &later, &e), 0, "%s", e.text);
	cr_expect_eq(later.cells, at_once.cells);

	/* each constant and answer counts */
	insns = arena_array(&a, later.filter.n, sizeof(*insns));
	for (size_t i = 0; i < later.filter.n; i++) {
		struct policy_image wrong = { .filter = { insns, later.filter.n, 0 } };
		struct err why = { 0 };

		memcpy(insns, later.filter.insns, later.filter.n * sizeof(*insns));
		if (BPF_CLASS(insns[i].code) == BPF_LD)
			continue;
		insns[i].k ^= 1;
		cr_expect_eq(policy_prove(p, &wrong, &why), -1, "instruction %zu", i);
		cr_expect_eq(why.kind, ERR_BUG);
	}
}

Test(image, is_left_alone_by_what_cannot_be_compiled)
{
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	const struct cond *c = made_range(&a, 0, 32, 1, 1);
	struct policy_image im = { .cells = 42 };
	struct err e = { 0 };

	for (unsigned i = 0; i < 5000; i++)
		c = made_cond(&a, COND_OR, c, made_range(&a, 0, 32, 10 * i, 10 * i));
	made_rule(&a, p, SECCOMP_RET_ALLOW, "ioctl", c);
	cr_expect_eq(policy_compile(&a, p, NULL, &im, &e), -1);
	cr_expect_eq(e.kind, ERR_POLICY);
	cr_expect_eq(im.cells, 42);
	cr_expect_eq(im.filter.n, 0);
}

/* ---- for people ---- */

static struct policy *sample(struct arena *a, size_t archs)
{
	struct policy *p = made_empty(a, both, archs);

	rule_at(a, p, SECCOMP_RET_ALLOW, "read", 7);
	rule_at(a, p, SECCOMP_RET_ALLOW, "write", 8);
	rule_at(a, p, SECCOMP_RET_ALLOW, "lseek", 8);
	made_rule(a, p, SECCOMP_RET_ALLOW, "clone", made_mask(a, 0, 32, 0x7e020000, 0))->at =
		(struct policy_place){ "a.policy", 12, 1, 1 };
	p->unknown = p->normal;
	return p;
}

Test(image, says_what_each_instruction_is_for)
{
	static const char want[] =
		"   0: ld arch\n"
		"   1: jeq #0xc000003e, 3, 2          ; x86_64\n"
		"   2: ret kill_process               ; other architectures\n"
		"   3: ld nr\n"
		"   4: jge #0x40000000, 5, 6          ; x32\n"
		"   5: ret errno 38                   ; x32\n"
		"   6: jge #0x2, 7, 12                ; from 2 open\n"
		"   7: jeq #0x8, 12, 8                ; 8 lseek\n"
		"   8: jeq #0x38, 9, 11               ; 56 clone\n"
		"   9: ld arg0.lo\n"
		"  10: jset #0x7e020000, 11, 12       ; clone flags\n"
		"  11: ret errno 1                    ; default\n"
		"  12: ret allow                      ; lines 7, 8, 12\n";
	autoarena struct arena a = { 0 };
	struct policy_image im = image(&a, sample(&a, 1));

	cr_expect_str_eq(policy_listing(&a, &im), want, "\n%s", policy_listing(&a, &im));
}

Test(image, names_the_architecture_where_there_are_two)
{
	autoarena struct arena a = { 0 };
	struct policy_image im = image(&a, sample(&a, 2));
	const char *text = policy_listing(&a, &im);

	cr_expect_not_null(strstr(text, "; x86_64 56 clone\n"), "\n%s", text);
	cr_expect_not_null(strstr(text, "; i386 120 clone\n"), "\n%s", text);
}

Test(image, names_both_where_two_are_asked_for_at_a_time)
{
	static const char *const names[] = { "open",           "close",        "lstat",
					     "poll",           "mprotect",     "munmap",
					     "rt_sigprocmask", "rt_sigreturn", "pwrite64",
					     "readv",          "pipe",         "select" };
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct policy_image im;
	const char *text;

	for (size_t i = 0; i < COUNT(names); i++)
		rule_at(&a, p, SECCOMP_RET_ALLOW, names[i], 7);
	im = image(&a, p);
	text = policy_listing(&a, &im);
	cr_expect_not_null(strstr(text, ": and #0xfffffffe\n"), "\n%s", text);
	cr_expect_not_null(strstr(text, "; 2 open, 3 close\n"), "\n%s", text);
	cr_expect_not_null(strstr(text, "; 22 pipe, 23 select\n"), "\n%s", text);
}

Test(image, is_drawn_as_a_graph)
{
	static const char want[] =
		"digraph filter {\n"
		"\tnode [fontname=monospace];\n"
		"\tn0 [shape=box, style=rounded, label=\"ld arch\"];\n"
		"\tn0 -> n1;\n"
		"\tn1 [shape=box, label=\"jeq #0xc000003e\\nx86_64\"];\n"
		"\tn1 -> n3 [label=yes];\n"
		"\tn1 -> n2 [label=no, style=dashed];\n"
		"\tn2 [shape=oval, style=filled, fillcolor=lightpink, label=\"ret "
		"kill_process\\nother architectures\"];\n"
		"\tn3 [shape=box, style=rounded, label=\"ld nr\"];\n"
		"\tn3 -> n4;\n"
		"\tn4 [shape=box, label=\"jeq #0\\n0 read\"];\n"
		"\tn4 -> n5 [label=yes];\n"
		"\tn4 -> n6 [label=no, style=dashed];\n"
		"\tn5 [shape=oval, style=filled, fillcolor=palegreen, label=\"ret allow\"];\n"
		"\tn6 [shape=oval, style=filled, fillcolor=lightpink, label=\"ret errno "
		"38\\ndefault, x32\"];\n"
		"}\n";
	autoarena struct arena a = { 0 };
	struct policy *p = made_empty(&a, both, 1);
	struct policy_image im;

	p->normal.action = p->unknown.action;
	made_rule(&a, p, SECCOMP_RET_ALLOW, "read", NULL);
	im = image(&a, p);
	cr_expect_str_eq(policy_dot(&a, &im), want, "\n%s", policy_dot(&a, &im));
}

/* ---- the engines' default profile ---- */

static uint64_t number(const struct json *o, const char *key, uint64_t otherwise)
{
	const struct json *v = json_get(o, key);

	return v != NULL ? strtoull(v->text, NULL, 10) : otherwise;
}

static uint32_t action(const struct json *o, const char *key, const char *errno_key)
{
	if (str_eq(json_get(o, key)->text, "SCMP_ACT_ALLOW"))
		return SECCOMP_RET_ALLOW;
	return SECCOMP_RET_ERRNO | (uint32_t)number(o, errno_key, EPERM);
}

static void read_args(struct arena *a, const struct json *list, struct policy_rule *r)
{
	struct policy_arg *args = arena_array(a, list->n, sizeof(*args));

	r->args = args;
	for (const struct json *v = list->first; v != NULL; v = v->next) {
		struct policy_arg *arg = &args[r->args_n++];
		const char *op = json_get(v, "op")->text;

		*arg = (struct policy_arg){ .index = (uint32_t)number(v, "index", 0),
					    .op = POLICY_NE,
					    .value = number(v, "value", 0) };
		if (str_eq(op, "SCMP_CMP_EQ"))
			arg->op = POLICY_EQ;
		if (str_eq(op, "SCMP_CMP_MASKED_EQ"))
			*arg = (struct policy_arg){ arg->index, POLICY_MASKED_EQ,
						    number(v, "valueTwo", 0), arg->value };
	}
}

static void read_rule(struct arena *a, const struct json *v, struct policy_rule *r)
{
	const struct json *names = json_get(v, "names"), *args = json_get(v, "args");
	const char **list = arena_array(a, names->n + 1, sizeof(*list));

	r->names = list;
	for (const struct json *n = names->first; n != NULL; n = n->next)
		*list++ = n->text;
	r->action = action(v, "action", "errnoRet");
	if (args != NULL)
		read_args(a, args, r);
}

static const struct policy *engine_default(struct arena *a, const char *const *archs)
{
	const char *top = getenv("top_srcdir");
	const char *path =
		arena_printf(a, "%s/tests/sim/engine-default.json", top != NULL ? top : ".");
	struct policy_diags d = { .arena = a };
	char *text = arena_alloc(a, 65536);
	FILE *f = fopen(path, "re");
	struct policy_rules r = { .archs = archs };
	struct policy_rule *rules;
	const struct policy *p;
	struct err e = { 0 };
	struct json *doc;
	bool carried;

	cr_assert_not_null(f, "%s", path);
	cr_assert_eq(json_parse(a, path, text, fread(text, 1, 65535, f), &doc, &e), 0, "%s",
		     e.text);
	(void)fclose(f);
	rules = arena_array(a, json_get(doc, "syscalls")->n, sizeof(*rules));
	r.rules = rules;
	r.default_action = action(doc, "defaultAction", "defaultErrnoRet");
	for (struct json *v = json_get(doc, "syscalls")->first; v != NULL; v = v->next)
		read_rule(a, v, &rules[r.rules_n++]);
	cr_assert_eq(policy_from_rules(a, &r, &d, &carried, &p, &e), 0, "%s", e.text);
	return p;
}

Test(image, of_the_engines_default_profile_is_small)
{
	static const char *const one[] = { "x86_64", NULL };
	static const char *const two[] = { "x86_64", "x86", "x32", NULL };
	autoarena struct arena a = { 0 };
	struct policy_image single = image(&a, engine_default(&a, one));
	struct policy_image multi = image(&a, engine_default(&a, two));

	cr_expect_leq(single.filter.n, 65, "%u instructions", single.filter.n);
	cr_expect_leq(multi.filter.n, 130, "%u instructions", multi.filter.n);
	cr_expect(filter_cacheable(&multi.filter, AUDIT_ARCH_X86_64, 0));
	cr_expect(filter_cacheable(&multi.filter, AUDIT_ARCH_I386, 3));
}
