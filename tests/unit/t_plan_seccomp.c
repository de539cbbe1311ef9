/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "plan/plan_seccomp.h"
#include "sim_file.h"
#include "spec/spec.h"

/* config.json with this linux.seccomp, read; complaints are left to those who want them. */
static struct spec_seccomp seccomp_of(struct arena *a, const char *object)
{
	const char *text = arena_printf(a,
					"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
					"\"linux\":{\"seccomp\":%s}}",
					object);
	struct complaints bad = { .arena = a };
	struct spec *s = arena_new(a, struct spec);
	struct json *doc = NULL;
	struct err e = { 0 };

	cr_assert_eq(json_parse(a, "config.json", text, strlen(text), &doc, &e), 0, "%s",
		     e.text);
	spec_read(a, doc, s, &bad);
	return s->linux_.seccomp;
}

/* plan_seccomp with nothing but the config to go by. *out is left alone when it fails. */
static int plan_filter(struct arena *a, const struct spec_seccomp *in, struct filter *out,
		       struct err *e)
{
	struct spec *s = arena_new(a, struct spec);
	struct plan *p = arena_new(a, struct plan);
	const struct plan_want want = { .libseccomp = NULL };
	const struct host host = { .kernel = 0 };

	s->linux_.seccomp = *in;
	p->filter = *out;
	if (plan_seccomp(a, s, &host, &want, p, e) < 0)
		return -1;
	cr_expect_eq(p->has_filter, in->present);
	*out = p->has_filter ? p->filter : (struct filter){ .n = 0 };
	return 0;
}

/* The bytes are the same; of calls that we record the proof is never left. */
Test(plan_seccomp, the_proof_of_a_profile_can_be_left_to_who_asks)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
				   "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";
	const struct plan_want wants[] = { { .prove_later = false }, { .prove_later = true } };
	const struct host host = { .kernel = 6 << 16 | 18 << 8 };
	struct spec_pair audit = { "org.caisson.seccomp.audit", "deny" };
	autoarena struct arena a = { 0 };
	struct spec *s = arena_new(&a, struct spec);
	struct plan p[3] = { 0 };
	struct policy_image image;
	struct err e = { 0 };

	s->linux_.seccomp = seccomp_of(&a, text);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(plan_seccomp(&a, s, &host, &wants[i], &p[i], &e), 0, "%s", e.text);
	cr_expect_null(p[0].policy.unproved);
	cr_expect_not_null(p[1].policy.unproved);
	cr_expect_gt(p[0].policy.cells, 100);
	cr_expect_eq(p[1].policy.cells, 0);
	cr_expect_str_eq(p[0].policy.digest, p[1].policy.digest);
	image = (struct policy_image){ .filter = p[1].filter };
	cr_expect_eq(policy_prove(p[1].policy.unproved, &image, &e), 0, "%s", e.text);
	cr_expect_eq(image.cells, p[0].policy.cells);

	s->annotations.v = &audit;
	s->annotations.n = 1;
	cr_assert_eq(plan_seccomp(&a, s, &host, &wants[1], &p[2], &e), 0, "%s", e.text);
	cr_expect_null(p[2].policy.unproved);
	cr_expect_gt(p[2].policy.cells, 100);
}

static const char *slurp(struct arena *a, const char *name)
{
	const char *top = getenv("top_srcdir");
	const char *path = arena_printf(a, "%s/tests/sim/%s", top != NULL ? top : ".", name);
	char *text = arena_alloc(a, 65536);
	FILE *f = fopen(path, "re");

	cr_assert_not_null(f, "%s", path);
	cr_assert_gt(fread(text, 1, 65535, f), 0);
	(void)fclose(f);
	return text;
}

Test(plan_seccomp, an_engines_profile_answers_as_written)
{
	autoarena struct arena a = { 0 };
	struct filter f = { 0 };
	struct err e = { 0 };
	struct sim_file s;
	size_t calls = 0;

	for (sim_open(&s, &a, "engine.tests"); sim_next(&s) != SIM_END; calls++) {
		uint32_t verdict = 0;

		if (s.fresh) {
			const struct spec_seccomp in = seccomp_of(&a, slurp(&a, s.oci));

			cr_assert_eq(plan_filter(&a, &in, &f, &e), 0, "%s", e.text);
			s.fresh = false;
		}
		cr_assert_eq(s.kind, SIM_CALL);
		cr_assert_eq(filter_simulate(&f, &s.call, &verdict, &e), 0, "%s", e.text);
		cr_expect_eq(verdict, s.want, "%s:%u: answered %s", s.name, s.line,
			     sim_verdict(&a, verdict));
	}
	cr_expect_gt(calls, 20);
	cr_expect_eq(f.flags, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
}

Test(plan_seccomp, without_it_there_is_no_filter)
{
	autoarena struct arena a = { 0 };
	const struct spec_seccomp none = { .default_errno_ret = SPEC_UNSET };
	struct filter f = { .n = 7 };
	struct err e = { 0 };

	cr_assert_eq(plan_filter(&a, &none, &f, &e), 0);
	cr_expect_eq(f.n, 0);
	cr_expect_null(f.insns);
}

struct wish {
	char flags[128];
	uint32_t want;
};

/* clang-format off */
static struct wish wishes[] = {
	{ "", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ ",\"flags\":[]", 0 },
	{ ",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]", SECCOMP_FILTER_FLAG_LOG },
	{ ",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]", SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW },
};
/* clang-format on */

ParameterizedTestParameters(plan_seccomp, flags)
{
	return cr_make_param_array(struct wish, wishes, COUNT(wishes));
}

ParameterizedTest(struct wish *t, plan_seccomp, flags)
{
	autoarena struct arena a = { 0 };
	const struct spec_seccomp in =
		seccomp_of(&a, arena_printf(&a, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"%s}",
					    t->flags));
	struct filter f = { 0 };
	struct err e = { 0 };

	cr_assert_eq(plan_filter(&a, &in, &f, &e), 0, "%s", e.text);
	cr_expect_eq(f.flags, t->want, "%#x", f.flags);
}

struct action {
	char rule[64];
	uint32_t want;
};

/* clang-format off */
static struct action actions[] = {
	{ "\"SCMP_ACT_KILL\"", SECCOMP_RET_KILL_THREAD },
	{ "\"SCMP_ACT_KILL_THREAD\"", SECCOMP_RET_KILL_THREAD },
	{ "\"SCMP_ACT_KILL_PROCESS\"", SECCOMP_RET_KILL_PROCESS },
	{ "\"SCMP_ACT_TRAP\"", SECCOMP_RET_TRAP },
	{ "\"SCMP_ACT_LOG\"", SECCOMP_RET_LOG },
	{ "\"SCMP_ACT_ALLOW\"", SECCOMP_RET_ALLOW },
	{ "\"SCMP_ACT_ERRNO\"", SECCOMP_RET_ERRNO | 1 },
	{ "\"SCMP_ACT_ERRNO\",\"errnoRet\":0", SECCOMP_RET_ERRNO },
	{ "\"SCMP_ACT_ERRNO\",\"errnoRet\":4094", SECCOMP_RET_ERRNO | 4094 },
	{ "\"SCMP_ACT_TRACE\"", SECCOMP_RET_TRACE | 1 },
	{ "\"SCMP_ACT_TRACE\",\"errnoRet\":4095", SECCOMP_RET_TRACE | 4095 },
};
/* clang-format on */

ParameterizedTestParameters(plan_seccomp, actions)
{
	return cr_make_param_array(struct action, actions, COUNT(actions));
}

ParameterizedTest(struct action *t, plan_seccomp, actions)
{
	static const struct seccomp_data getpid = { .nr = 39, .arch = 0xc000003e };
	autoarena struct arena a = { 0 };
	const struct spec_seccomp in = seccomp_of(
		&a, arena_printf(&a,
				 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
				 "\"architectures\":[\"SCMP_ARCH_X86_64\"],"
				 "\"syscalls\":[{\"names\":[\"getpid\"],\"action\":%s}]}",
				 t->rule));
	struct filter f = { 0 };
	struct err e = { 0 };
	uint32_t verdict = 0;

	cr_assert_eq(plan_filter(&a, &in, &f, &e), 0, "%s", e.text);
	cr_assert_eq(filter_simulate(&f, &getpid, &verdict, &e), 0);
	cr_expect_eq(verdict, t->want, "%#x", verdict);
}

/* The words of config.json are checked by spec_check already: here by hand, past it. */
struct refusal {
	struct spec_seccomp in;
	char text[144];
};

#define BASE \
	.present = true, .default_action = "SCMP_ACT_ERRNO", .default_errno_ret = SPEC_UNSET
#define WORDS(...)                                            \
	{                                                     \
		(const char *const[]){ __VA_ARGS__, NULL }, 1 \
	}
#define RULE(...)                                                \
	.rules_n = 1, .rules = &(const struct spec_seccomp_rule) \
	{                                                        \
		.names = WORDS("read"), __VA_ARGS__              \
	}
#define ARG(...)                                              \
	.args_n = 1, .args = &(const struct spec_seccomp_arg) \
	{                                                     \
		__VA_ARGS__                                   \
	}

/* clang-format off */
static const struct refusal refusals[] = {
	{ { .present = true, .default_errno_ret = SPEC_UNSET }, "linux.seccomp.defaultAction: a seccomp action: nothing" },
	{ { .present = true, .default_action = "ALLOW", .default_errno_ret = SPEC_UNSET }, "linux.seccomp.defaultAction: a seccomp action: ALLOW" },
	{ { .present = true, .default_action = "SCMP_ACT_NOTIFY", .default_errno_ret = SPEC_UNSET }, "linux.seccomp.listenerPath: expected the socket of who answers SCMP_ACT_NOTIFY: found nothing" },
	{ { .present = true, .default_action = "SCMP_ACT_NOTIFY", .default_errno_ret = 1 }, "linux.seccomp.defaultErrnoRet: SCMP_ACT_ERRNO or SCMP_ACT_TRACE beside it: SCMP_ACT_NOTIFY" },
	{ { .present = true, .default_action = "SCMP_ACT_ERRNO", .default_errno_ret = 4096 }, "linux.seccomp.defaultErrnoRet: 0 to 4095: 4096" },
	{ { .present = true, .default_action = "SCMP_ACT_ALLOW", .default_errno_ret = 1 }, "linux.seccomp.defaultErrnoRet: SCMP_ACT_ERRNO or SCMP_ACT_TRACE beside it: SCMP_ACT_ALLOW" },
	{ { BASE, RULE(.action = "SCMP_ACT_NOTIFY", .errno_ret = SPEC_UNSET) }, "linux.seccomp.listenerPath: expected the socket of who answers SCMP_ACT_NOTIFY: found nothing" },
	{ { BASE, RULE(.action = "SCMP_ACT_TRACE", .errno_ret = 65536) }, "linux.seccomp.syscalls[0].errnoRet: 0 to 65535: 65536" },
	{ { BASE, RULE(.action = "SCMP_ACT_KILL", .errno_ret = 1) }, "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_ERRNO or SCMP_ACT_TRACE beside it: SCMP_ACT_KILL" },
	{ { BASE, RULE(.action = "SCMP_ACT_ALLOW", .errno_ret = SPEC_UNSET, ARG(.index = 6, .op = "SCMP_CMP_EQ")) }, "linux.seccomp.syscalls[0].args[0].index: 0 to 5: 6" },
	{ { BASE, RULE(.action = "SCMP_ACT_ALLOW", .errno_ret = SPEC_UNSET, ARG(.op = "SCMP_CMP_IN")) }, "linux.seccomp.syscalls[0].args[0].op: a seccomp operator: SCMP_CMP_IN" },
	{ { BASE, .architectures = WORDS("SCMP_ARCH_Z80") }, "linux.seccomp.architectures[0]: an architecture that features lists: SCMP_ARCH_Z80" },
	{ { BASE, .has_flags = true, .flags = WORDS("LOG") }, "linux.seccomp.flags[0]: a seccomp flag: LOG" },
};
/* clang-format on */

static int plan_with_unknown(const char *default_action, struct err *e)
{
	autoarena struct arena a = { 0 };
	const char *const names[] = { "mkdir", "no_such_call", NULL };
	const struct spec_seccomp_rule rule = { .names = { names, 2 },
						.action = "SCMP_ACT_KILL",
						.errno_ret = SPEC_UNSET };
	const struct spec_seccomp s = { .present = true,
					.default_action = default_action,
					.default_errno_ret = SPEC_UNSET,
					.rules = &rule,
					.rules_n = 1 };
	struct filter f = { .n = 0 };

	return plan_filter(&a, &s, &f, e);
}

Test(plan_seccomp, a_lost_denial_is_refused_and_a_lost_permission_is_not)
{
	struct err e = { 0 };

	cr_expect_eq(plan_with_unknown("SCMP_ACT_ERRNO", &e), 0, "%s", e.text);
	cr_expect_eq(plan_with_unknown("SCMP_ACT_ALLOW", &e), -1);
	cr_expect_str_eq(
		e.text,
		"linux.seccomp.syscalls: expected known names, because the default action "
		"lets every other call through: found 1 that this version does not know");
}

Test(plan_seccomp, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autoarena struct arena a = { 0 };
		struct filter f = { .n = 7 };
		struct err e = { 0 };

		cr_expect_eq(plan_filter(&a, &refusals[i].in, &f, &e), -1);
		cr_expect_eq(e.kind, ERR_SPEC);
		cr_expect_str_eq(e.text, refusals[i].text, "case %zu: %s", i, e.text);
		cr_expect_eq(f.n, 7, "case %zu left something behind", i);
	}
}

/* ---- who answers ---- */

/* The plan of an object; its listener stays in the arena. */
static struct plan plan_of(struct arena *a, const char *object)
{
	struct spec *s = arena_new(a, struct spec);
	const struct plan_want want = { .libseccomp = NULL };
	const struct host host = { .kernel = 0 };
	struct plan p = { 0 };
	struct err e = { 0 };

	s->linux_.seccomp = seccomp_of(a, object);
	cr_assert_eq(plan_seccomp(a, s, &host, &want, &p, &e), 0, "%s", e.text);
	return p;
}

#define AGENT "\"listenerPath\":\"/run/agent\",\"listenerMetadata\":\"m\""
#define KILLABLE                                                  \
	",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"," \
	"\"SECCOMP_FILTER_FLAG_LOG\"]"

static const char *const notifying[] = {
	"{\"defaultAction\":\"SCMP_ACT_NOTIFY\"," AGENT KILLABLE "}",
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\"],"
	"\"action\":\"SCMP_ACT_NOTIFY\"}]," AGENT KILLABLE "}",
	/* it is used, though no table knows the call */
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"no_such_call\"],"
	"\"action\":\"SCMP_ACT_NOTIFY\"}]," AGENT KILLABLE "}",
};

Test(plan_seccomp, a_policy_that_notifies_has_a_listener)
{
	for (size_t i = 0; i < COUNT(notifying); i++) {
		autoarena struct arena a = { 0 };
		const struct plan p = plan_of(&a, notifying[i]);

		cr_expect(str_eq(p.listener.path, "/run/agent"), "case %zu", i);
		cr_expect(str_eq(p.listener.metadata, "m"), "case %zu", i);
		cr_expect_eq(p.filter.flags,
			     SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_LOG,
			     "case %zu", i);
	}
}

/* "If the SCMP_ACT_NOTIFY action is not used this value is ignored." */
Test(plan_seccomp, a_listener_that_nothing_is_for_is_ignored)
{
	autoarena struct arena a = { 0 };
	const struct plan p =
		plan_of(&a, "{\"defaultAction\":\"SCMP_ACT_ALLOW\"," AGENT KILLABLE "}");

	cr_expect_null(p.listener.path);
	cr_expect_null(p.listener.metadata);
	cr_expect_eq(p.filter.flags, SECCOMP_FILTER_FLAG_LOG);
}

static int plan_policy_text(struct arena *a, const char *text, const char *agent,
			    struct plan *p, struct err *e)
{
	struct spec *s = arena_new(a, struct spec);
	const struct policy_source source = { .name = "p", .text = text, .len = strlen(text) };
	const struct plan_want want = { .policy = &source };
	const struct host host = { .kernel = 6 << 16 | 18 << 8 };

	s->linux_.seccomp.listener_path = agent;
	return plan_seccomp(a, s, &host, &want, p, e);
}

Test(plan_seccomp, a_policy_of_ours_notifies_who_listens)
{
	static const char text[] = "policy p { default allow; notify mkdir; }";
	autoarena struct arena a = { 0 };
	struct plan p = { 0 };
	struct err e = { 0 };

	cr_expect_eq(plan_policy_text(&a, text, "/run/agent", &p, &e), 0, "%s", e.text);
	cr_expect(str_eq(p.listener.path, "/run/agent"));
	cr_expect_eq(plan_policy_text(&a, text, NULL, &p, &e), -1);
	cr_expect_str_eq(e.text, "linux.seccomp.listenerPath: expected the socket of who "
				 "answers SCMP_ACT_NOTIFY: found nothing");
}

Test(plan_seccomp, what_a_policy_audits_the_watcher_answers)
{
	autoarena struct arena a = { 0 };
	struct plan p = { 0 };
	struct err e = { 0 };

	cr_assert_eq(plan_policy_text(&a, "policy p { default allow; audit deny EPERM mkdir; }",
				      NULL, &p, &e),
		     0, "%s", e.text);
	cr_expect(p.audit.is_on);
	cr_assert_eq(p.audit.rows_n, 1);
	cr_expect_eq(p.audit.rows[0].err, EPERM);
	cr_expect_null(p.listener.path);
}

Test(plan_seccomp, an_audit_and_an_agent_exclude_each_other)
{
	static const char *const texts[][2] = {
		{ "policy p { default allow; audit deny EPERM mkdir; notify rmdir; }",
		  "calls for SCMP_ACT_NOTIFY" },
		{ "policy p { default allow; audit deny EPERM mkdir; }",
		  "linux.seccomp.listenerPath" },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct plan p = { 0 };
		struct err e = { 0 };

		cr_expect_eq(plan_policy_text(&a, texts[i][0], "/run/agent", &p, &e), -1);
		cr_expect_str_eq(e.text,
				 arena_printf(&a,
					      "annotations.org.caisson.seccomp.audit: expected "
					      "no other listener, of which a process has one: "
					      "found %s\nhave either the agent or the audit",
					      texts[i][1]));
	}
}

Test(plan_seccomp, the_annotation_says_what_is_audited)
{
	static const struct {
		const char *value, *wrong;
		unsigned see;
	} rows[] = {
		{ "off", NULL, 0 },
		{ "deny", NULL, POLICY_SEE_DENIALS },
		{ "exec", NULL, POLICY_SEE_EXECS },
		{ "deny,exec", NULL, POLICY_SEE_DENIALS | POLICY_SEE_EXECS },
		{ "exec,deny", NULL, POLICY_SEE_DENIALS | POLICY_SEE_EXECS },
		{ "", "", 0 },
		{ "deny,", "deny,", 0 },
		{ "Deny", "Deny", 0 },
		{ "off,deny", "off,deny", 0 },
		{ "denyexec", "denyexec", 0 },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct spec_pair pair = { "org.caisson.seccomp.audit", rows[i].value };
		struct spec *s = arena_new(&a, struct spec);
		struct err e = { 0 };
		unsigned see = 99;

		s->annotations.v = &pair;
		s->annotations.n = 1;
		cr_expect_eq(plan_audit_read(s, &see, &e), rows[i].wrong != NULL ? -1 : 0, "%s",
			     rows[i].value);
		if (rows[i].wrong == NULL)
			cr_expect_eq(see, rows[i].see, "%s", rows[i].value);
		else
			cr_expect_str_eq(e.text,
					 arena_printf(&a,
						      "annotations.org.caisson.seccomp.audit: "
						      "expected off, deny, exec, or deny,exec: "
						      "found \"%s\"",
						      rows[i].wrong));
	}
}

Test(plan_seccomp, an_audit_needs_a_policy)
{
	struct spec_pair pair = { "org.caisson.seccomp.audit", "deny" };
	autoarena struct arena a = { 0 };
	struct spec *s = arena_new(&a, struct spec);
	const struct plan_want want = { .libseccomp = NULL };
	const struct host host = { .kernel = 0 };
	struct plan p = { 0 };
	struct err e = { 0 };

	s->annotations.v = &pair;
	s->annotations.n = 1;
	cr_expect_eq(plan_seccomp(&a, s, &host, &want, &p, &e), -1);
	cr_expect_str_eq(e.text, "annotations.org.caisson.seccomp.audit: expected a policy to "
				 "audit: found none");
}

/* ---- a policy beside linux.seccomp ---- */

#define BARE(body) "policy p { default allow; " body " }"
#define PROFILE(call, act)                                                        \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"" call \
	"\"],\"action\":\"SCMP_ACT_" act "\"}]," AGENT "}"

static int plan_audited(struct arena *a, const char *text, const char *profile,
			const char *audit, struct plan *p, struct err *e)
{
	struct spec_pair pair = { "org.caisson.seccomp.audit", audit };
	struct spec *s = arena_new(a, struct spec);
	const struct policy_source source = { .name = "p", .text = text, .len = strlen(text) };
	const struct plan_want want = { .policy = &source };
	const struct host host = { .kernel = 6 << 16 | 18 << 8 };

	s->linux_.seccomp = seccomp_of(a, profile);
	s->annotations.v = &pair;
	s->annotations.n = audit != NULL;
	return plan_seccomp(a, s, &host, &want, p, e);
}

static int plan_both(struct arena *a, const char *text, const char *profile, struct plan *p,
		     struct err *e)
{
	return plan_audited(a, text, profile, NULL, p, e);
}

/* The kernel asks nobody about what the profile refuses. */
Test(plan_seccomp, denials_of_two_filters_are_not_half_recorded)
{
	static const char profile[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\"],"
		"\"action\":\"SCMP_ACT_ERRNO\"}]}";
	autoarena struct arena a = { 0 };
	struct plan p = { 0 }, own = { 0 };
	struct err e = { 0 }, none = { 0 };

	cr_expect_eq(plan_audited(&a, BARE("deny EPERM rmdir;"), profile, "deny", &p, &e), -1);
	cr_expect_not_null(
		strstr(e.text, "expected one filter, whose denials can be recorded"));
	/* what a policy itself wants told is another thing */
	cr_expect_eq(plan_both(&a, BARE("audit deny EPERM rmdir;"), profile, &own, &none), 0,
		     "%s", none.text);
	cr_expect(own.audit.is_on && own.has_profile);
}

Test(plan_seccomp, a_policy_and_a_profile_are_loaded_so_that_the_first_lets_the_second)
{
	static const struct {
		const char *policy, *profile;
		bool last; /* the profile */
	} cases[] = {
		{ BARE(""), PROFILE("mkdir", "ERRNO"), false },
		{ BARE("deny EPERM seccomp;"), PROFILE("mkdir", "ERRNO"), false },
		{ BARE(""), PROFILE("seccomp", "ERRNO"), true },
		{ BARE("notify rmdir;"), PROFILE("mkdir", "ERRNO"), false },
		{ BARE(""), PROFILE("mkdir", "NOTIFY"), true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };
		const struct spec_seccomp in = seccomp_of(&a, cases[i].profile);
		struct plan p = { 0 }, kept = { 0 };
		struct err e = { 0 };

		cr_assert_eq(plan_both(&a, cases[i].policy, cases[i].profile, &p, &e), 0,
			     "case %zu: %s", i, e.text);
		cr_expect(p.has_filter && p.has_profile && str_eq(p.policy.name, "p"));
		cr_expect_eq(p.profile_last, cases[i].last, "case %zu", i);
		cr_expect(!str_eq(p.policy.digest, p.profile.from.digest));

		/* exec finds the same from the programs alone */
		const struct plan_exec_want w = { .filter = &p.filter,
						  .profile = &p.profile.program };

		cr_assert_eq(plan_kept_filter(&in, &w, &kept, &e), 0, "case %zu: %s", i,
			     e.text);
		cr_expect_eq(kept.profile_last, cases[i].last, "case %zu", i);
		cr_expect_eq(kept.listener.path == NULL, p.listener.path == NULL);
	}
}

Test(plan_seccomp, a_policy_and_a_profile_that_cannot_both_be_loaded_are_refused)
{
	static const struct {
		const char *policy, *profile, *error;
	} cases[] = {
		{ BARE("deny EPERM seccomp;"), PROFILE("seccomp", "ERRNO"), "neither does" },
		{ BARE("deny EPERM seccomp;"), PROFILE("mkdir", "NOTIFY"), "neither does" },
		{ BARE("notify rmdir;"), PROFILE("seccomp", "ERRNO"), "neither does" },
		{ BARE("notify rmdir;"), PROFILE("mkdir", "NOTIFY"), "found it in both" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };
		struct plan p = { 0 };
		struct err e = { 0 };

		cr_expect_eq(plan_both(&a, cases[i].policy, cases[i].profile, &p, &e), -1);
		cr_expect_not_null(strstr(e.text, cases[i].error), "case %zu: %s", i, e.text);
	}
}
