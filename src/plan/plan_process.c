/* SPDX-License-Identifier: Apache-2.0 */
/* plan_process.c - what is executed, as whom, with what; and the hooks. */
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

#include "base/str.h"
#include "plan/plan.h"

/* The capabilities that a kernel lacks cannot be given; what is asked for and not there is an
 * error, as the specification demands of a runtime that cannot grant. */
static int caps(const struct spec *s, const struct host *h, struct plan_process *p,
		struct err *e)
{
	const struct spec_caps *c = &s->process.caps;
	uint64_t all = c->bounding | c->effective | c->inheritable | c->permitted | c->ambient;
	uint64_t strange = all & ~h->caps_known;

	p->creds.caps = *c;
	if (strange != 0)
		return fail(e, ERR_HOST,
			    "process.capabilities: expected capabilities that this kernel "
			    "knows: found number %d",
			    __builtin_ctzll(strange));
	if ((c->effective & ~c->permitted) != 0)
		return fail(e, ERR_SPEC,
			    "process.capabilities.effective: expected a subset of permitted: "
			    "found "
			    "number %d besides",
			    __builtin_ctzll(c->effective & ~c->permitted));
	/* capabilities(7): ambient needs both; the engines write ambient without inheritable
	 * and runc then quietly leaves it out. We drop it from the set, which only tightens. */
	p->creds.caps.ambient = c->ambient & c->permitted & c->inheritable;
	return 0;
}

struct variable {
	const char *text;
	size_t at;
};

static int by_name(const void *a, const void *b)
{
	const struct variable *x = a, *y = b;
	size_t n = strcspn(x->text, "="), m = strcspn(y->text, "=");
	int order = memcmp(x->text, y->text, n < m ? n : m);

	if (order == 0 && n != m)
		order = n < m ? -1 : 1;
	return order != 0 ? order : x->at < y->at ? -1 : 1;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

/* Of a name that is there more than once the last: getenv(3) would find the first, and with
 * runc and crun a later one replaces it. A HOME that is empty is none. */
static const char *const *last_of_each(struct arena *a, const struct spec_strings *env)
{
	struct variable *sorted = arena_array(a, env->n + 1, sizeof(*sorted));
	const char **out = arena_array(a, env->n + 1, sizeof(*out));
	size_t n = 0;

	for (size_t i = 0; i < env->n; i++)
		sorted[i] = (struct variable){ out[i] = env->v[i], i };
	qsort(sorted, env->n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < env->n; i++)
		if ((i + 1 < env->n && same_name(sorted[i].text, sorted[i + 1].text)) ||
		    str_eq(sorted[i].text, "HOME="))
			out[sorted[i].at] = NULL;
	for (size_t i = 0; i < env->n; i++)
		if (out[i] != NULL)
			out[n++] = out[i];
	out[n] = NULL;
	return out;
}

static void environment(struct arena *a, const struct spec *s, struct plan_process *p)
{
	p->argv = s->process.args.n > 0 ? s->process.args.v : NULL;
	p->envp = last_of_each(a, &s->process.env);
	p->home_from_passwd = true;
	for (size_t i = 0; p->envp[i] != NULL; i++) {
		const char *path = str_after(p->envp[i], "PATH=");

		if (path != NULL)
			p->path_env = path;
		if (str_after(p->envp[i], "HOME=") != NULL)
			p->home_from_passwd = false;
	}
}

static int no_console(struct err *e)
{
	(void)fail(e, ERR_USAGE,
		   "process.terminal: expected --console-socket, because nobody stays to "
		   "hold the terminal: found none");
	return hint(e, "use --console-socket SOCKET, or run without --detach");
}

static int terminal(const struct spec *s, const struct plan_want *w, struct plan_process *p,
		    struct err *e)
{
	p->terminal = s->process.terminal;
	if (p->terminal && w->detach && !w->has_console_socket)
		return no_console(e);
	if (w->has_console_socket && !p->terminal)
		return fail(e, ERR_USAGE,
			    "--console-socket: expected process.terminal to be true: found "
			    "false");
	if (w->has_console_socket && !w->detach)
		return fail(e, ERR_USAGE,
			    "--console-socket: expected --detach: found a run in the "
			    "foreground");
	p->rows = (uint16_t)s->process.console_height;
	p->cols = (uint16_t)s->process.console_width;
	return 0;
}

static int labels(const struct spec *s, const struct host *h, struct plan_process *p,
		  struct err *e)
{
	const char *aa = s->process.apparmor_profile, *se = s->process.selinux_label;

	/* An empty word means none: engines write it. */
	if (aa != NULL && aa[0] != '\0' && !h->apparmor)
		return fail(e, ERR_HOST,
			    "process.apparmorProfile: expected a kernel with AppArmor for "
			    "\"%s\": found none",
			    aa);
	if (se != NULL && se[0] != '\0' && !h->selinux)
		return fail(e, ERR_HOST,
			    "process.selinuxLabel: expected a kernel with SELinux for \"%s\": "
			    "found none",
			    se);
	p->apparmor_profile = aa != NULL && aa[0] != '\0' ? aa : NULL;
	p->selinux_label = se != NULL && se[0] != '\0' ? se : NULL;
	return 0;
}

/* podman's --group-add keep-groups: who may read a file as a member of a group outside, which
 * has no number in the user namespace, goes on to. Then no group is set, those of the config
 * neither. */
#define KEEP_GROUPS "run.oci.keep_original_groups"

static int groups(const struct spec *s, const struct plan *pl, struct plan_process *p,
		  struct err *e)
{
	const char *keep = spec_annotation(s, KEEP_GROUPS);

	if (keep != NULL && str_eq(keep, "1"))
		return 0;
	p->creds.groups = s->process.user.additional_gids;
	p->creds.groups_n = s->process.user.additional_gids_n;
	p->creds.set_groups = !pl->ids.deny_setgroups;
	if (p->creds.groups_n > 0 && !p->creds.set_groups) {
		(void)fail(e, ERR_HOST,
			   "process.user.additionalGids: expected setgroups to be allowed: "
			   "found it denied in a "
			   "user namespace that we may not map groups into");
		return hint(e, "install newgidmap and add a range to /etc/subgid");
	}
	return 0;
}

static bool is_mapped(const struct spec_idmaps *maps, uint32_t id)
{
	for (size_t i = 0; i < maps->n; i++)
		if (id >= maps->v[i].container_id &&
		    id - maps->v[i].container_id < maps->v[i].size)
			return true;
	return false;
}

/* Of a user namespace that is joined only the kernel knows the maps. */
static int ids_mapped(const struct spec *s, struct err *e)
{
	const struct spec_namespace *user = &s->linux_.ns[NS_USER];
	const struct spec_user *u = &s->process.user;

	if (!user->present || user->path != NULL)
		return 0;
	if (!is_mapped(&s->linux_.uid_maps, u->uid))
		return fail(e, ERR_SPEC,
			    "process.user.uid: expected an id in linux.uidMappings: found %u",
			    u->uid);
	if (!is_mapped(&s->linux_.gid_maps, u->gid))
		return fail(e, ERR_SPEC,
			    "process.user.gid: expected an id in linux.gidMappings: found %u",
			    u->gid);
	for (size_t i = 0; i < u->additional_gids_n; i++)
		if (!is_mapped(&s->linux_.gid_maps, u->additional_gids[i]))
			return fail(e, ERR_SPEC,
				    "process.user.additionalGids[%zu]: expected an id in "
				    "linux.gidMappings: found %u",
				    i, u->additional_gids[i]);
	return 0;
}

static void hooks(struct arena *a, const struct spec *s, struct plan *p)
{
	for (int k = 0; k < HOOK_KINDS; k++) {
		const struct spec_hooks *from = &s->hooks[k];
		struct plan_hook *v = arena_array(a, from->n, sizeof(*v));

		for (size_t i = 0; i < from->n; i++)
			v[i] = (struct plan_hook){
				.path = from->v[i].path,
				.argv = from->v[i].args.n > 0 ? from->v[i].args.v : NULL,
				.envp = from->v[i].env.n > 0 ? from->v[i].env.v : NULL,
				.timeout_ms =
					from->v[i].timeout_s == SPEC_UNSET
						? -1
						: (int)(from->v[i].timeout_s > INT32_MAX / 1000
								? INT32_MAX
								: from->v[i].timeout_s * 1000),
			};
		p->hooks[k] = (struct plan_hooks){ v, from->n };
	}
}

static int64_t personality_of(const struct spec *s)
{
	const char *domain = s->linux_.personality_domain;

	if (domain == NULL)
		return SPEC_UNSET;
	return str_eq(domain, "LINUX32") ? PER_LINUX32 : PER_LINUX;
}

int plan_process_make(struct arena *a, const struct spec *s, const struct host *h,
		      const struct plan_want *w, struct plan *pl, struct err *e)
{
	struct plan_process *p = &pl->process;
	const struct spec_process *from = &s->process;

	*p = (struct plan_process){
		.cwd = from->cwd,
		.creds = { .uid = from->user.uid,
			   .gid = from->user.gid,
			   .no_new_privs = from->no_new_privileges },
		.has_umask = from->user.has_umask,
		.umask = from->user.umask,
		.rlimits = from->rlimits,
		.rlimits_n = from->rlimits_n,
		.oom_score_adj = from->oom_score_adj,
		.scheduler = from->scheduler,
		.io_priority = from->io_priority,
		.personality = personality_of(s),
		.memory_policy = s->linux_.memory_policy,
		.new_keyring = !w->no_new_keyring,
	};
	environment(a, s, p);
	hooks(a, s, pl);
	if (terminal(s, w, p, e) < 0 || caps(s, h, p, e) < 0 || groups(s, pl, p, e) < 0 ||
	    labels(s, h, p, e) < 0 || ids_mapped(s, e) < 0)
		return -1;
	return 0;
}
