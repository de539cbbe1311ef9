/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON that engines have: a linux.seccomp object, a config.json with one in it, or the
 * profile that podman and moby make one from (archMap, includes, excludes). */
#include <string.h>
#include <sys/utsname.h>

#include "base/str.h"
#include "cmd/policy_tool.h"
#include "plan/plan_seccomp.h"
#include "spec/read.h"

/* What the conditions of a profile are about. */
struct holds {
	const char *const *caps; /* NULL-ended or NULL */
	uint32_t arch;
	uint16_t kernel;
};

/* ---- a profile's conditions ---- */

/* In a list of words, each one: podman and moby want all of includes.caps, and exclude a rule
 * when any of excludes.caps is there. */
static size_t count_caps(const struct json *list, const struct holds *h)
{
	size_t n = 0;

	for (const struct json *v = list->first; v != NULL; v = v->next)
		if (v->kind == JSON_STRING && h->caps != NULL && str_in(v->text, h->caps))
			n++;
	return n;
}

static bool has_arch(const struct json *list, const struct holds *h)
{
	for (const struct json *v = list->first; v != NULL; v = v->next)
		if (v->kind == JSON_STRING && policy_arch_number(v->text) == h->arch)
			return true;
	return false;
}

/* A rule without a readable version is for all kernels. */
static bool is_from(const struct json *version, const struct holds *h)
{
	return version->kind != JSON_STRING || h->kernel >= tool_kernel(version->text);
}

static bool is_included(const struct json *in, const struct holds *h)
{
	const struct json *caps = json_get(in, "caps"), *arches = json_get(in, "arches");
	const struct json *kernel = json_get(in, "minKernel");

	if (caps != NULL && count_caps(caps, h) < caps->n)
		return false;
	if (arches != NULL && arches->n > 0 && !has_arch(arches, h))
		return false;
	return kernel == NULL || is_from(kernel, h);
}

static bool is_excluded(const struct json *out, const struct holds *h)
{
	const struct json *caps = json_get(out, "caps"), *arches = json_get(out, "arches");
	const struct json *kernel = json_get(out, "minKernel");

	return (caps != NULL && count_caps(caps, h) > 0) ||
	       (arches != NULL && has_arch(arches, h)) ||
	       (kernel != NULL && is_from(kernel, h));
}

static const struct json *object_at(const struct json *o, const char *key)
{
	const struct json *v = o->kind == JSON_OBJECT ? json_get(o, key) : NULL;

	return v != NULL && v->kind == JSON_OBJECT ? v : NULL;
}

static bool rule_holds(const struct json *rule, const struct holds *h)
{
	const struct json *in = object_at(rule, "includes"), *out = object_at(rule, "excludes");

	return (in == NULL || is_included(in, h)) && (out == NULL || !is_excluded(out, h));
}

static void drop_rules(struct json *list, const struct holds *h)
{
	struct json **link = &list->first;

	list->last = NULL;
	list->n = 0;
	while (*link != NULL) {
		if (!rule_holds(*link, h)) {
			*link = (*link)->next;
			continue;
		}
		list->last = *link;
		list->n++;
		link = &(*link)->next;
	}
}

/* {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": [...]} of this machine. */
static void set_archs(struct arena *a, struct json *o, const struct json *map,
		      const struct holds *h)
{
	struct json *list = json_array(a);

	for (const struct json *m = map->first; m != NULL; m = m->next) {
		const struct json *arch =
			m->kind == JSON_OBJECT ? json_get(m, "architecture") : NULL;
		const struct json *subs;

		if (arch == NULL || arch->kind != JSON_STRING ||
		    policy_arch_number(arch->text) != h->arch)
			continue;
		json_add(list, json_string(a, arch->text));
		subs = json_get(m, "subArchitectures");
		for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL;
		     s = s->next)
			if (s->kind == JSON_STRING)
				json_add(list, json_string(a, s->text));
	}
	json_set(o, "architectures", list);
}

static uint16_t own_kernel(void)
{
	struct utsname u;
	char word[8] = "";
	struct sbuf b = SBUF(word);
	size_t major;

	if (uname(&u) < 0)
		return 0;
	major = strcspn(u.release, ".");
	if (u.release[major] == '.')
		sbuf_add(&b, "%.*s",
			 (int)(major + 1 + strspn(u.release + major + 1, "0123456789")),
			 u.release);
	return tool_kernel(word);
}

static void apply_conditions(struct arena *a, const struct tool_want *w, struct json *o)
{
	const struct holds h = { .caps = w->caps.v,
				 .arch = tool_arch(w),
				 .kernel = w->kernel != NULL ? tool_kernel(w->kernel)
							     : own_kernel() };
	const struct json *map = json_get(o, "archMap");
	struct json *rules = json_get(o, "syscalls");

	if (rules != NULL && rules->kind == JSON_ARRAY)
		drop_rules(rules, &h);
	if (map != NULL && map->kind == JSON_ARRAY && json_get(o, "architectures") == NULL)
		set_archs(a, o, map, &h);
}

/* ---- the object itself ---- */

static int read_spec(struct arena *a, const struct jat *at, struct spec_seccomp *out,
		     struct err *e)
{
	read_seccomp(a, at, out);
	if (complaints_fail(at->bad, ERR_POLICY, e) < 0)
		return -1;
	return out->present ? 0 : fail(e, ERR_POLICY, "linux.seccomp: an object: found none");
}

int tool_read_rules(struct arena *a, const struct tool_want *w, const struct policy_source *s,
		    struct policy_rules *out, struct err *e)
{
	struct complaints bad = { .arena = a };
	struct spec_seccomp spec = { 0 };
	struct json *doc;

	if (json_parse(a, s->name, s->text, s->len, &doc, e) < 0)
		return -1;

	const struct jat root = j_root(doc, &bad);
	const struct jat linux_ = j_key(&root, "linux");
	const struct jat seccomp = j_key(&linux_, "seccomp");
	const struct jat *at = linux_.v != NULL ? &seccomp : &root;

	if (at->v != NULL && at->v->kind == JSON_OBJECT)
		apply_conditions(a, w, at->v);
	if (read_spec(a, at, &spec, e) < 0)
		return -1;
	return plan_seccomp_rules(a, &spec, out, e);
}
