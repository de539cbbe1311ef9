/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/load.h"

#include <unistd.h>

#include "base/auto.h"
#include "base/program.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/policy_find.h"
#include "plan/host.h"
#include "spec/bundle.h"
#include "systemd/unit.h"

int load_config(struct arena *a, struct arena *tree, const char *bundle, struct loaded *out,
		struct err *e)
{
	int opened;

	if (bundle_open(bundle, &opened, e) < 0)
		return -1;

	autofd int dir = opened;
	const char *file = out->file != NULL ? out->file : BUNDLE_CONFIG;

	if (cmd_name_of(a, dir, bundle, &out->bundle, e) < 0 ||
	    bundle_read_config(dir, file, a, &out->config, &out->config_len, e) < 0)
		return -1;
	return json_parse_apart(tree, a, file, out->config, out->config_len, &out->doc, e);
}

static void map_one(struct arena *a, struct spec_idmaps *maps, uint32_t id, uint32_t own)
{
	struct spec_idmap *one = arena_new(a, struct spec_idmap);

	*one = (struct spec_idmap){ .container_id = id, .host_id = own, .size = 1 };
	*maps = (struct spec_idmaps){ .v = one, .n = 1 };
}

/* A new user namespace that is said no mappings: its user is the caller, and nobody else is
 * there, which takes no privilege. crun has it so. */
static void map_caller(struct arena *a, struct spec *s)
{
	const struct spec_namespace *ns = &s->linux_.ns[NS_USER];

	if (!ns->present || ns->path != NULL || s->linux_.uid_maps.n > 0)
		return;
	map_one(a, &s->linux_.uid_maps, s->process.user.uid, geteuid());
	map_one(a, &s->linux_.gid_maps, s->process.user.gid, getegid());
}

void load_spec(struct arena *a, struct loaded *l, struct complaints *bad)
{
	spec_read(a, l->doc, &l->spec, bad);
	spec_check(&l->spec, bad);
	if (bad->n == 0)
		map_caller(a, &l->spec);
}

#define POLICY "org.caisson.seccomp.policy"

/* The policy that an annotation puts beside linux.seccomp: by name, or by an absolute
 * path, which is all that means the same to an engine and to us. */
static int find_policy(struct arena *a, const struct spec *s, struct plan_want *want,
		       struct err *e)
{
	const char *name = spec_annotation(s, POLICY);
	struct policy_finder *finder;
	struct policy_source *source;
	struct policy_env *env;

	if (name == NULL)
		return 0;
	if (name[0] != '/' && !policy_find_is_name(name))
		return fail(e, ERR_SPEC,
			    "annotations." POLICY ": the name of a policy or an absolute path: "
			    "%s",
			    name);
	finder = arena_new(a, struct policy_finder);
	source = arena_new(a, struct policy_source);
	env = arena_new(a, struct policy_env);
	*finder = (struct policy_finder){ .arena = a, .strict = true };
	*env = policy_find_env(finder);
	if (policy_find(finder, name, source, e) < 0)
		return -1;
	want->policy_env = env;
	want->policy = source;
	return 0;
}

/* Where the systemd driver finds what it needs. */
static struct plan_systemd find_systemd(struct arena *a)
{
	struct plan_systemd out = { .program = unit_program(a) };

	out.bus = unit_bus_find(a, &out.user, &out.why);
	return out;
}

/* What the plan depends on beside the spec. */
static int gather(struct arena *a, struct loaded *l, struct plan_want *want, struct host *h,
		  struct err *e)
{
	host_probe(h);
	if (str_eq(want->cgroup_manager, "systemd"))
		want->systemd = find_systemd(a);
	want->bundle = l->bundle;
	if (l->spec.linux_.net_devices_n > 0)
		want->mover = program_find(a, "caisson-net");
	if (l->spec.linux_.intel_rdt.present)
		host_find_resctrl(a, h);
	if (want->use_libseccomp || policy_arch_own() == 0)
		want->libseccomp = program_find(a, "caisson-libseccomp");
	return find_policy(a, &l->spec, want, e);
}

/* A complaint is one line. */
static void complain_of(const struct err *e, struct complaints *bad)
{
	const char *remedy = err_hint(e);
	char text[sizeof(e->text) + 128];

	err_format(e, text, sizeof(text));
	if (remedy != NULL)
		complain(bad, "%s (%s)", text, remedy);
	else
		complain(bad, "%s", text);
}

void load_refusals(struct arena *a, struct loaded *l, struct plan_want *want, bool of_host,
		   struct complaints *bad)
{
	struct host *h = arena_new(a, struct host);
	struct err e = { 0 };

	if (gather(a, l, want, h, &e) < 0)
		complain_of(&e, bad);
	l->plan = *plan_refusals(a, &l->spec, h, want, of_host, bad);
}

static int make_plan(struct arena *a, struct loaded *l, struct plan_want *want, struct err *e)
{
	struct host *h = arena_new(a, struct host);

	if (gather(a, l, want, h, e) < 0)
		return -1;
	return plan_make(a, &l->spec, h, want, &l->plan, e);
}

static int refuse(const struct complaints *bad, const char *bundle, const char *file,
		  struct err *e)
{
	(void)fail(e, ERR_SPEC, "%s", bad->first->text);
	if (bad->n == 1)
		return -1;
	if (file != NULL)
		return hint(e, "and %zu more: caisson check --config %s %s", bad->n - 1, file,
			    bundle);
	return hint(e, "and %zu more: caisson check %s", bad->n - 1, bundle);
}

int load_saved(struct arena *a, const char *text, size_t len, struct loaded *out, struct err *e)
{
	struct complaints bad = { .arena = a };

	if (json_parse(a, "config.json", text, len, &out->doc, e) < 0)
		return -1;
	load_spec(a, out, &bad);
	return complaints_fail(&bad, ERR_SPEC, e);
}

int load_plan(struct arena *a, const char *bundle, struct plan_want *want, struct loaded *out,
	      struct err *e)
{
	struct complaints bad = { .arena = a };
	struct arena tree = { 0 };
	int rc = load_config(a, &tree, bundle, out, e);

	if (rc == 0)
		load_spec(a, out, &bad);
	arena_free(&tree); /* the plan takes its memory: a page that was used costs nothing */
	out->doc = NULL;
	if (rc < 0)
		return -1;
	if (bad.n > 0)
		return refuse(&bad, bundle, out->file, e);
	return make_plan(a, out, want, e);
}
