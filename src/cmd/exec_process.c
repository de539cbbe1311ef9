/* SPDX-License-Identifier: Apache-2.0 */
/* exec_process.c - what exec runs: what a file says, or the container's process with other
 * words.
 */
#include <fcntl.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/exec.h"
#include "spec/words.h"

static bool is_silent_about(const struct json *doc, const char *key)
{
	const struct json *v = json_get(doc, key);

	return v == NULL || v->kind == JSON_NULL;
}

/* What the file is silent about is as the container has it: never more than that. */
static void inherit(const struct spec_process *from, const struct json *doc,
		    struct spec_process *to)
{
	if (!to->caps.present)
		to->caps = from->caps;
	if (to->rlimits_n == 0) {
		to->rlimits = from->rlimits;
		to->rlimits_n = from->rlimits_n;
	}
	if (is_silent_about(doc, "noNewPrivileges"))
		to->no_new_privileges = from->no_new_privileges;
	if (to->apparmor_profile == NULL)
		to->apparmor_profile = from->apparmor_profile;
	if (to->selinux_label == NULL)
		to->selinux_label = from->selinux_label;
	if (to->oom_score_adj == SPEC_UNSET)
		to->oom_score_adj = from->oom_score_adj;
	if (!to->scheduler.present)
		to->scheduler = from->scheduler;
	if (!to->io_priority.present)
		to->io_priority = from->io_priority;
	if (to->exec_affinity_initial.n == 0 && to->exec_affinity_final.n == 0) {
		to->exec_affinity_initial = from->exec_affinity_initial;
		to->exec_affinity_final = from->exec_affinity_final;
	}
}

static int process_of_file(struct arena *a, const char *path, struct spec_process *p,
			   struct err *e)
{
	struct complaints bad = { .arena = a };
	const char *what = arena_printf(a, "--process %s", path);
	struct spec_process container = *p;
	autofree char *text = NULL;
	struct json *doc;
	struct jat at;
	size_t len;

	if (file_read_given(path, JSON_MAX, what, &text, &len, e) < 0 ||
	    json_parse(a, what, text, len, &doc, e) < 0)
		return -1;
	at = j_root(doc, &bad);
	if (doc->kind != JSON_OBJECT)
		j_bad(&at, "object");
	spec_read_process(a, &at, p);
	if (bad.n > 0)
		return fail(e, ERR_SPEC, "%s: %s", what, bad.first->text);
	inherit(&container, doc, p);
	return 0;
}

/* CVE-2026-30892: every digit counts, and nothing else may stand there. The last id is no id.
 */
static int read_id(const char *option, const char *text, uint32_t *out, struct err *e)
{
	uint64_t id;

	if (!str_uint64(text, UINT32_MAX - 1, &id))
		return fail(e, ERR_USAGE, "exec: --%s: expected a number: found \"%s\"", option,
			    text);
	*out = (uint32_t)id;
	return 0;
}

static int set_user(struct arena *a, const struct exec_options *o, struct spec_user *u,
		    struct err *e)
{
	uint32_t *gids = arena_array(a, u->additional_gids_n + o->gids.n, sizeof(*gids));
	size_t n = u->additional_gids_n;
	const char *colon;

	if (o->user != NULL) {
		colon = strchr(o->user, ':');
		if (colon != NULL && read_id("user", colon + 1, &u->gid, e) < 0)
			return -1;
		if (read_id("user",
			    colon != NULL ? arena_strndup(a, o->user, (size_t)(colon - o->user))
					  : o->user,
			    &u->uid, e) < 0)
			return -1;
	}
	if (n > 0)
		memcpy(gids, u->additional_gids, n * sizeof(*gids));
	for (size_t i = 0; i < o->gids.n; i++)
		if (read_id("additional-gids", o->gids.v[i], &gids[n++], e) < 0)
			return -1;
	u->additional_gids = gids;
	u->additional_gids_n = n;
	return 0;
}

/* Ambient needs inheritable, which nobody gets for being named here (CVE-2022-29162), but may
 * have by the config. */
static int add_caps(const struct exec_options *o, struct spec_caps *c, struct err *e)
{
	for (size_t i = 0; i < o->caps.n; i++) {
		int n = word_capability(o->caps.v[i]);

		if (n < 0)
			return fail(e, ERR_USAGE,
				    "exec: --cap: expected a capability: found \"%s\"",
				    o->caps.v[i]);
		c->present = true;
		c->bounding |= UINT64_C(1) << n;
		c->permitted |= UINT64_C(1) << n;
		c->effective |= UINT64_C(1) << n;
		c->ambient |= c->inheritable & UINT64_C(1) << n;
	}
	return 0;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

/* A name that is there already gets the new value: getenv(3) would find the old one first. */
static int add_env(struct arena *a, const struct exec_options *o, struct spec_strings *env,
		   struct err *e)
{
	const char **all = arena_array(a, env->n + o->env.n + 1, sizeof(*all));
	size_t n = env->n;

	memcpy(all, env->v, n * sizeof(*all));
	for (size_t i = 0; i < o->env.n; i++) {
		size_t k = 0;

		if (o->env.v[i][0] == '=' || strchr(o->env.v[i], '=') == NULL)
			return fail(e, ERR_USAGE,
				    "exec: --env: expected NAME=VALUE: found \"%s\"",
				    o->env.v[i]);
		while (k < n && !same_name(all[k], o->env.v[i]))
			k++;
		all[k] = o->env.v[i];
		n += k == n;
	}
	*env = (struct spec_strings){ all, n };
	return 0;
}

static int process_of_words(const struct call *c, const struct exec_options *o,
			    struct spec_process *p, struct err *e)
{
	p->args = (struct spec_strings){ c->args + 1, c->args_n - 1 };
	p->terminal = o->tty;
	p->console_height = p->console_width = 0;
	if (o->cwd != NULL)
		p->cwd = o->cwd;
	if (o->cwd != NULL && o->cwd[0] != '/')
		return fail(e, ERR_USAGE,
			    "exec: --cwd: expected an absolute path: found \"%s\"", o->cwd);
	if (o->apparmor != NULL)
		p->apparmor_profile = o->apparmor;
	if (o->label != NULL)
		p->selinux_label = o->label;
	p->no_new_privileges = p->no_new_privileges || o->no_new_privs;
	return set_user(c->arena, o, &p->user, e) < 0 || add_caps(o, &p->caps, e) < 0
		       ? -1
		       : add_env(c->arena, o, &p->env, e);
}

int exec_process(const struct call *c, const struct exec_options *o, struct spec_process *p,
		 struct err *e)
{
	return o->process != NULL ? process_of_file(c->arena, o->process, p, e)
				  : process_of_words(c, o, p, e);
}
