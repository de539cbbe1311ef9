/* SPDX-License-Identifier: Apache-2.0 */
/* What `features' claims, held against what the code does, and against the specification's
 * schema. */
#include <criterion/criterion.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/features.h"
#include "plan_help.h"

TestSuite(features, .timeout = 60);

static const struct json *claim(struct arena *a, const char *path)
{
	const struct json *v = features_json(a);
	char *rest = NULL, *way = arena_strdup(a, path);

	for (char *k = strtok_r(way, ".", &rest); k != NULL; k = strtok_r(NULL, ".", &rest)) {
		v = json_get(v, k);
		cr_assert_not_null(v, "%s is not there", path);
	}
	return v;
}

static bool claims(const struct json *array, const char *word)
{
	for (const struct json *v = array->first; v != NULL; v = v->next)
		if (str_eq(v->text, word))
			return true;
	return false;
}

Test(features, all_keys_of_the_document_are_there)
{
	static const char *const keys[] = {
		"ociVersionMin",
		"ociVersionMax",
		"hooks",
		"mountOptions",
		"annotations",
		"potentiallyUnsafeConfigAnnotations",
		"linux.namespaces",
		"linux.capabilities",
		"linux.cgroup.v1",
		"linux.cgroup.v2",
		"linux.cgroup.systemd",
		"linux.cgroup.systemdUser",
		"linux.cgroup.rdma",
		"linux.seccomp.enabled",
		"linux.seccomp.actions",
		"linux.seccomp.operators",
		"linux.seccomp.archs",
		"linux.seccomp.knownFlags",
		"linux.seccomp.supportedFlags",
		"linux.apparmor.enabled",
		"linux.selinux.enabled",
		"linux.intelRdt.enabled",
		"linux.mountExtensions.idmap.enabled",
		"linux.netDevices.enabled",
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(keys); i++)
		(void)claim(&a, keys[i]);
}

/* What Kubernetes looks for: recursive read-only mounts, user namespaces. */
Test(features, kubernetes_finds_rro_and_user_namespaces)
{
	autoarena struct arena a = { 0 };

	cr_expect(claims(claim(&a, "mountOptions"), "rro"));
	cr_expect(claims(claim(&a, "linux.namespaces"), "user"));
	cr_expect(claim(&a, "linux.mountExtensions.idmap.enabled")->truth);
}

/* ---- hooks, namespaces ---- */

Test(features, each_hook_that_is_claimed_is_run_and_no_other)
{
	static const char *const all[] = { "prestart",       "createRuntime", "createContainer",
					   "startContainer", "poststart",     "poststop" };
	autoarena struct arena a = { 0 };
	const struct json *hooks = claim(&a, "hooks");

	cr_expect_eq(hooks->n, COUNT(all));
	for (size_t i = 0; i < COUNT(all); i++) {
		autochecked struct checked c;
		const struct config from = {
			.linux_ = NEW_MOUNT,
			.top = arena_printf(&a, "'hooks':{'%s':[{'path':'/h'}]}", all[i]),
		};
		struct plan p;
		struct err e = { 0 };
		size_t n = 0;

		cr_expect(claims(hooks, all[i]), "%s", all[i]);
		cr_assert_eq(plan_config(&c, &from, &plan_root_host, &plan_create, &p, &e), 0,
			     "%s", e.text);
		for (size_t k = 0; k < HOOK_KINDS; k++)
			n += p.hooks[k].n;
		cr_expect_eq(n, 1, "%s is not planned", all[i]);
	}
}

static bool reads_namespace(struct arena *a, const char *type)
{
	autochecked struct checked c;

	check_text(&c, arena_printf(a, "{'linux':{'namespaces':[{'type':'%s'}]}}", type));
	for (const struct complaint *one = c.bad.first; one != NULL; one = one->next)
		if (strstr(one->text, "namespaces[0].type") != NULL)
			return false;
	return true;
}

Test(features, each_namespace_that_is_claimed_is_read_and_no_other)
{
	static const char *const all[] = { "pid", "network", "mount",  "ipc",
					   "uts", "user",    "cgroup", "time" };
	autoarena struct arena a = { 0 };
	const struct json *namespaces = claim(&a, "linux.namespaces");

	cr_expect_eq(namespaces->n, COUNT(all));
	for (size_t i = 0; i < COUNT(all); i++) {
		cr_expect(claims(namespaces, all[i]), "%s", all[i]);
		cr_expect(reads_namespace(&a, all[i]), "%s", all[i]);
	}
	cr_expect_not(reads_namespace(&a, "net"));
}

/* ---- mount options ---- */

/* A bind takes no data: on one, a word that is not ours is refused. */
static bool is_understood(struct arena *a, const char *word)
{
	const char *const words[] = { "bind", word, NULL };
	const struct spec_mount m = { .options = { words, 2 } };
	struct plan_mount out = { .kind = PM_FS };
	struct err e = { 0 };

	return plan_mount_options(a, &m, &out, &e) == 0;
}

Test(features, each_mount_option_that_is_claimed_is_understood)
{
	/* flags of a file system, not of a mount: a bind refuses them rightly */
	static const char *const of_super[] = { "dirsync", "iversion", "lazytime", "mand",
						"noacl",   "sync",     NULL };
	autoarena struct arena a = { 0 };
	const struct json *options = claim(&a, "mountOptions");

	cr_expect_gt(options->n, 60);
	for (const struct json *v = options->first; v != NULL; v = v->next)
		cr_expect(is_understood(&a, v->text) != str_in(v->text, of_super), "%s",
			  v->text);
	cr_expect_not(is_understood(&a, "rr0"));
}

/* mount(8)'s flags, propagation, their recursive forms, and the extensions of the callers. */
Test(features, each_mount_option_that_callers_send_is_claimed)
{
	static const char *const sent[] = {
		"async",
		"atime",
		"bind",
		"defaults",
		"dev",
		"diratime",
		"dirsync",
		"exec",
		"iversion",
		"lazytime",
		"loud",
		"mand",
		"noatime",
		"nodev",
		"nodiratime",
		"noexec",
		"noiversion",
		"nolazytime",
		"nomand",
		"norelatime",
		"nostrictatime",
		"nosuid",
		"nosymfollow",
		"private",
		"ratime",
		"rbind",
		"rdev",
		"rdiratime",
		"relatime",
		"remount",
		"rexec",
		"rnoatime",
		"rnodev",
		"rnodiratime",
		"rnoexec",
		"rnorelatime",
		"rnostrictatime",
		"rnosuid",
		"rnosymfollow",
		"ro",
		"rprivate",
		"rrelatime",
		"rro",
		"rrw",
		"rshared",
		"rslave",
		"rstrictatime",
		"rsuid",
		"rsymfollow",
		"runbindable",
		"rw",
		"shared",
		"silent",
		"slave",
		"strictatime",
		"suid",
		"symfollow",
		"sync",
		"tmpcopyup",
		"unbindable",
		"idmap",
		"ridmap",
		"copy-symlink",
	};
	autoarena struct arena a = { 0 };
	const struct json *options = claim(&a, "mountOptions");

	for (size_t i = 0; i < COUNT(sent); i++)
		cr_expect(claims(options, sent[i]), "%s", sent[i]);
}

Test(features, mount_options_are_sorted_and_named_once)
{
	autoarena struct arena a = { 0 };
	const struct json *options = claim(&a, "mountOptions");

	for (const struct json *v = options->first; v->next != NULL; v = v->next)
		cr_expect_lt(strcmp(v->text, v->next->text), 0, "%s", v->next->text);
}

/* ---- seccomp ---- */

static bool plans_seccomp(struct arena *a, const char *members)
{
	autochecked struct checked c;
	const char *text =
		arena_printf(a,
			     "{'ociVersion':'1.3.0','root':{'path':'r'},'process':"
			     "{'cwd':'/','args':['sh'],'noNewPrivileges':true},'linux':"
			     "{" NEW_MOUNT ",'seccomp':{%s}}}",
			     members);
	struct plan p;
	struct err e = { 0 };

	check_text(&c, text);
	return c.bad.n == 0 &&
	       plan_make(&c.a, &c.spec, &plan_root_host, &plan_create, &p, &e) == 0;
}

static bool plans_action(struct arena *a, const char *action)
{
	return plans_seccomp(
		a, arena_printf(a,
				"'defaultAction':'SCMP_ACT_ALLOW'%s,'syscalls':[{'names':["
				"'getppid'],'action':'%s'}]",
				str_eq(action, "SCMP_ACT_NOTIFY") ? ",'listenerPath':'/run/l'"
								  : "",
				action));
}

Test(features, each_action_that_is_claimed_is_planned_and_no_other)
{
	static const char *const all[] = {
		"SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
		"SCMP_ACT_TRAP",  "SCMP_ACT_ERRNO",        "SCMP_ACT_TRACE",
		"SCMP_ACT_ALLOW", "SCMP_ACT_LOG",          "SCMP_ACT_NOTIFY",
	};
	autoarena struct arena a = { 0 };
	const struct json *actions = claim(&a, "linux.seccomp.actions");
	size_t n = 0;

	for (size_t i = 0; i < COUNT(all); i++) {
		cr_expect_eq(claims(actions, all[i]), plans_action(&a, all[i]), "%s", all[i]);
		n += claims(actions, all[i]);
	}
	cr_expect_eq(n, actions->n, "an action that the specification does not have");
}

Test(features, each_operator_that_is_claimed_is_planned)
{
	autoarena struct arena a = { 0 };
	const struct json *operators = claim(&a, "linux.seccomp.operators");

	cr_expect_eq(operators->n, 7);
	for (const struct json *v = operators->first; v != NULL; v = v->next)
		cr_expect(plans_seccomp(&a,
					arena_printf(&a,
						     "'defaultAction':'SCMP_ACT_ALLOW',"
						     "'syscalls':[{'names':['close'],'action':"
						     "'SCMP_ACT_ERRNO','args':[{'index':0,"
						     "'value':1,'valueTwo':1,'op':'%s'}]}]",
						     v->text)),
			  "%s", v->text);
}

Test(features, each_architecture_that_is_claimed_is_read_and_no_other)
{
	autoarena struct arena a = { 0 };
	const struct json *archs = claim(&a, "linux.seccomp.archs");

	for (const struct json *v = archs->first; v != NULL; v = v->next) {
		autochecked struct checked c;

		check_text(&c,
			   arena_printf(&a, "{'linux':{'seccomp':{'architectures':['%s']}}}",
					v->text));
		for (const struct complaint *one = c.bad.first; one != NULL; one = one->next)
			cr_expect(strstr(one->text, "architectures") == NULL, "%s", one->text);
	}
	cr_expect_not(claims(archs, "SCMP_ARCH_VAX"));
	cr_expect_not(plans_seccomp(&a, "'defaultAction':'SCMP_ACT_ALLOW','architectures':['"
					"SCMP_ARCH_VAX']"));
}

/* WAIT_KILLABLE_RECV is for a listener only. */
static bool plans_flag(struct arena *a, const char *flag)
{
	const char *members = "'defaultAction':'SCMP_ACT_ALLOW'";

	if (str_ends(flag, "WAIT_KILLABLE_RECV"))
		members =
			"'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/run/l','syscalls':[{"
			"'names':['getppid'],'action':'SCMP_ACT_NOTIFY'}]";
	return plans_seccomp(a, arena_printf(a, "%s,'flags':['%s']", members, flag));
}

Test(features, each_flag_that_is_known_is_planned_and_no_other)
{
	static const char *const all[] = {
		"SECCOMP_FILTER_FLAG_TSYNC",
		"SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	};
	autoarena struct arena a = { 0 };
	const struct json *known = claim(&a, "linux.seccomp.knownFlags");
	const struct json *supported = claim(&a, "linux.seccomp.supportedFlags");

	for (size_t i = 0; i < COUNT(all); i++)
		cr_expect_eq(claims(known, all[i]), plans_flag(&a, all[i]), "%s", all[i]);
	for (const struct json *v = supported->first; v != NULL; v = v->next)
		cr_expect(claims(known, v->text), "%s is supported and not known", v->text);
}

Test(features, each_capability_that_is_claimed_is_read)
{
	autoarena struct arena a = { 0 };
	const struct json *caps = claim(&a, "linux.capabilities");

	cr_expect_geq(caps->n, 38);
	for (const struct json *v = caps->first; v != NULL; v = v->next) {
		autochecked struct checked c;

		check_text(&c,
			   arena_printf(&a, "{'process':{'capabilities':{'bounding':['%s']}}}",
					v->text));
		for (const struct complaint *one = c.bad.first; one != NULL; one = one->next)
			cr_expect(strstr(one->text, "capabilities") == NULL, "%s", one->text);
	}
}

/* ---- the specification's schema: what of JSON schema, draft 4, its files use ---- */

struct schema {
	struct arena a;
	char folder[512];
	size_t looked_at;
};

static struct json *schema_file(struct schema *s, const char *name)
{
	char *text = whole_file(&s->a, arena_printf(&s->a, "%s/%s", s->folder, name));
	struct json *doc = NULL;
	struct err e = { 0 };

	if (text == NULL)
		return NULL;
	cr_assert_eq(json_parse(&s->a, name, text, strlen(text), &doc, &e), 0, "%s", e.text);
	return doc;
}

static void validate(struct schema *s, const char *file, const struct json *node,
		     const struct json *v);

static void validate_reference(struct schema *s, const char *file, const char *to,
			       const struct json *v)
{
	size_t n = strcspn(to, "#");
	char *name = n > 0 ? arena_strndup(&s->a, to, n) : arena_strdup(&s->a, file);
	char *rest = NULL, *way = arena_strdup(&s->a, to + n + 1);
	const struct json *node = schema_file(s, name);

	for (char *k = strtok_r(way, "/", &rest); k != NULL; k = strtok_r(NULL, "/", &rest)) {
		cr_assert_not_null(node, "%s", to);
		node = json_get(node, k);
	}
	cr_assert_not_null(node, "%s", to);
	validate(s, name, node, v);
}

static bool is_of_type(const struct json *v, const char *type)
{
	static const char *const names[] = { "null",   "boolean", "number",
					     "string", "array",   "object" };

	return str_eq(type, names[v->kind]) ||
	       (str_eq(type, "integer") && v->kind == JSON_NUMBER &&
		strpbrk(v->text, ".eE") == NULL);
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	bool is;

	cr_assert_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0, "%s", pattern);
	is = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return is;
}

static void validate_value(const struct json *node, const struct json *v)
{
	const struct json *type = json_get(node, "type"), *words = json_get(node, "enum");
	const struct json *pattern = json_get(node, "pattern");

	if (type != NULL && type->kind == JSON_STRING)
		cr_expect(is_of_type(v, type->text), "%s: no %s", v->key, type->text);
	if (words != NULL)
		cr_expect(claims(words, v->text), "%s: not a word of the schema", v->text);
	if (pattern != NULL && v->kind == JSON_STRING)
		cr_expect(matches(pattern->text, v->text), "%s: not %s", v->text,
			  pattern->text);
}

static void validate(struct schema *s, const char *file, const struct json *node,
		     const struct json *v)
{
	const struct json *ref = json_get(node, "$ref"), *items = json_get(node, "items");
	const struct json *members = json_get(node, "properties");
	const struct json *required = json_get(node, "required");

	s->looked_at++;
	validate_value(node, v);
	if (ref != NULL)
		validate_reference(s, file, ref->text, v);
	for (const struct json *r = required != NULL ? required->first : NULL; r != NULL;
	     r = r->next)
		cr_expect_not_null(json_get(v, r->text), "%s is required", r->text);
	for (const struct json *m = members != NULL ? members->first : NULL; m != NULL;
	     m = m->next)
		if (json_get(v, m->key) != NULL)
			validate(s, file, m, json_get(v, m->key));
	for (const struct json *one = items != NULL ? v->first : NULL; one != NULL;
	     one = one->next)
		validate(s, file, items, one);
}

Test(features, the_document_is_what_the_schema_asks_for)
{
	const char *said = getenv("CAISSON_SCHEMA"), *top = getenv("top_srcdir");
	struct schema s = { .looked_at = 0 };
	const struct json *root;

	(void)snprintf(s.folder, sizeof(s.folder), "%s%s", said != NULL ? said : top,
		       said != NULL ? "" : "/../shared/reference/runtime-spec/schema");
	root = said == NULL && top == NULL ? NULL : schema_file(&s, "features-schema.json");
	if (root == NULL)
		cr_skip_test("no schema in %s: set CAISSON_SCHEMA to runtime-spec's schema/",
			     s.folder);
	validate(&s, "features-schema.json", root, features_json(&s.a));
	cr_expect_gt(s.looked_at, 200);
	arena_free(&s.a);
}
