/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.c - config.md#posix-platform-hooks: programs of the engine's, at points of the
 * container's life, with its state on stdin. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "run/run_private.h"

#define HOOKS_FILE "hooks.json"

/* ---- running ---- */

/* All hooks of a kind at one moment. */
struct hook_call {
	enum spec_hook_kind kind;
	const char *state; /* as JSON */
	size_t state_len;
	const char *bundle;          /* where they run; NULL: where we are */
	const struct plan *filtered; /* under whose filters; NULL: none */
};

static struct hook_call make_call(struct arena *a, enum spec_hook_kind kind,
				  const struct state *st, enum state_status now)
{
	struct hook_call c = { .kind = kind,
			       .bundle = kind == HOOK_START_CONTAINER ? NULL : st->bundle };

	c.state = json_print(a, state_json(a, st, now, false), JSON_LINE, &c.state_len);
	return c;
}

/* strsignal(3) in the midst of a sentence. */
static const char *signal_name(int sig, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s", strsignal(sig));
	str_lower(buf);
	return buf;
}

/* runc's words, "error running NAME hook #I" and the signal's in lower case, which callers'
 * tests look for. */
static int hook_failed(const struct hook_call *c, const struct plan_hook *h, size_t i,
		       const struct proc_result *res, struct err *e)
{
	const char *kind = spec_hook_names[c->kind], *sep = res->said[0] != '\0' ? ": " : "";
	char sig[64];

	if (res->timed_out) {
		(void)fail(e, ERR_SYSTEM,
			   "error running %s hook #%zu: %s: timed out after %d ms%s%s", kind, i,
			   h->path, h->timeout_ms, sep, res->said);
		return hint(e, "the hook's \"timeout\" in config.json is in seconds");
	}
	if (res->exit_code < 0)
		(void)fail(e, ERR_SYSTEM, "error running %s hook #%zu: signal %d (%s)%s%s",
			   kind, i, res->signal, signal_name(res->signal, sig, sizeof(sig)),
			   sep, res->said);
	else
		(void)fail(e, ERR_SYSTEM, "error running %s hook #%zu: exit status %d%s%s",
			   kind, i, res->exit_code, sep, res->said);
	return hint(e, "the hook is %s", h->path);
}

static int hook_run(const struct hook_call *c, const struct plan_hook *h, size_t i,
		    struct err *e)
{
	/* as with crun, and not in the root, as with runc: a program of the host would find the
	 * image's files beside it (CVE-2025-23266). A bundle that is gone by poststop is no
	 * reason not to run. */
	autofd int dir =
		c->bundle != NULL ? open(c->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	const struct proc_job job = {
		.path = h->path,
		.argv = h->argv,
		.envp = h->envp,
		.input = c->state,
		.input_len = c->state_len,
		.timeout_ms = h->timeout_ms,
		.root = dir,
		.last = c->filtered != NULL ? load_hook_filter : NULL,
		.last_ctx = (void *)(uintptr_t)c->filtered,
	};
	struct proc_result res;
	struct err why = { 0 };

	if (proc_run(&job, &res, &why) < 0) {
		(void)fail(e, (enum err_kind)why.kind, "error running %s hook #%zu: %s",
			   spec_hook_names[c->kind], i, why.text);
		e->sys = why.sys;
		return -1;
	}
	return !res.timed_out && res.exit_code == 0 ? 0 : hook_failed(c, h, i, &res, e);
}

static int run_each(const struct hook_call *c, const struct plan_hooks *hooks, struct err *e)
{
	for (size_t i = 0; i < hooks->n; i++)
		if (hook_run(c, &hooks->v[i], i, e) < 0)
			return -1;
	return 0;
}

int hooks_run(struct arena *a, const struct plan_hooks *hooks, enum spec_hook_kind kind,
	      const struct state *st, enum state_status now, struct err *e)
{
	struct hook_call c;

	if (hooks->n == 0)
		return 0;
	c = make_call(a, kind, st, now);
	return run_each(&c, hooks, e);
}

/* startContainer hooks are looked up in the container: they are as little to be trusted as its
 * process. As runc has it, one that is given no environment has the process's. */
int do_start_hooks(struct run *r, const struct plan *pl, struct err *e)
{
	const struct plan_hooks *asked = &pl->hooks[HOOK_START_CONTAINER];
	struct hook_call c = make_call(r->arena, HOOK_START_CONTAINER, &r->st, ST_CREATED);
	struct plan_hook *v = arena_array(r->arena, asked->n, sizeof(*v));

	for (size_t i = 0; i < asked->n; i++) {
		v[i] = asked->v[i];
		if (v[i].envp == NULL)
			v[i].envp = r->env;
	}
	c.filtered = pl->has_filter ? pl : NULL;
	return run_each(&c, &(struct plan_hooks){ v, asked->n }, e);
}

/* runtime.md#lifecycle: a failing poststop hook is logged, and the next one runs. */
void hooks_run_all(struct arena *a, const struct plan_hooks *hooks, enum spec_hook_kind kind,
		   const struct state *st, enum state_status now)
{
	struct hook_call c;

	if (hooks->n == 0)
		return;
	c = make_call(a, kind, st, now);
	for (size_t i = 0; i < hooks->n; i++) {
		char text[sizeof(struct err)];
		struct err e = { 0 };

		if (hook_run(&c, &hooks->v[i], i, &e) == 0)
			continue;
		err_format(&e, text, sizeof(text));
		log_warning("%s", text);
	}
}

/* ---- kept beside the state ---- */

static const enum spec_hook_kind kept_kinds[] = { HOOK_POSTSTART, HOOK_POSTSTOP };

static struct json *strings_json(struct arena *a, const char *const *v)
{
	struct json *list = json_array(a);

	for (; v != NULL && *v != NULL; v++)
		json_add(list, json_string(a, *v));
	return list;
}

static struct json *hooks_json(struct arena *a, const struct plan_hooks *hooks)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < hooks->n; i++) {
		const struct plan_hook *h = &hooks->v[i];
		struct json *one = json_object(a);

		json_set(one, "path", json_string(a, h->path));
		if (h->argv != NULL)
			json_set(one, "args", strings_json(a, h->argv));
		if (h->envp != NULL)
			json_set(one, "env", strings_json(a, h->envp));
		json_set(one, "timeoutMs", json_int(a, h->timeout_ms));
		json_add(list, one);
	}
	return list;
}

int hooks_save(struct arena *a, const struct state_dir *d, const struct plan *pl, struct err *e)
{
	struct json *doc = json_object(a);
	const char *text;
	size_t len;

	for (size_t i = 0; i < COUNT(kept_kinds); i++) {
		const struct plan_hooks *hooks = &pl->hooks[kept_kinds[i]];

		if (hooks->n > 0)
			json_set(doc, spec_hook_names[kept_kinds[i]], hooks_json(a, hooks));
	}
	if (doc->n == 0)
		return 0;
	text = json_print(a, doc, JSON_LINE, &len);
	if (len > JSON_MAX)
		return fail(e, ERR_SPEC,
			    "hooks: expected at most %u bytes of poststart and poststop hooks, "
			    "found %zu",
			    JSON_MAX, len);
	return file_replace_at(d->fd, HOOKS_FILE, text, len, 0600, false, e);
}

static void read_hook(struct arena *a, const struct jat *at, struct plan_hook *out)
{
	const struct jat path = j_key(at, "path"), timeout = j_key(at, "timeoutMs");
	const struct jat args = j_key(at, "args"), env = j_key(at, "env");
	int64_t ms = -1;

	if (j_required(&path, "a path"))
		(void)j_string(&path, &out->path);
	(void)j_strings(&args, a, &out->argv, NULL);
	(void)j_strings(&env, a, &out->envp, NULL);
	(void)j_int64(&timeout, -1, INT32_MAX, &ms);
	out->timeout_ms = (int)ms;
}

static void read_hooks(struct arena *a, const struct jat *at, struct plan_hooks *out)
{
	struct plan_hook *v;
	size_t n = 0;

	if (!j_array(at))
		return;
	v = arena_array(a, at->v->n, sizeof(*v));
	for (struct jat it = { 0 }; j_next(at, &it);)
		read_hook(a, &it, &v[n++]);
	*out = (struct plan_hooks){ v, n };
}

int hooks_load(struct arena *a, const struct state_dir *d, enum spec_hook_kind kind,
	       struct plan_hooks *out, struct err *e)
{
	struct complaints bad = { .arena = a };
	autofree char *text = NULL;
	struct err why = { 0 };
	struct jat root, list;
	struct json *doc;
	size_t len;

	*out = (struct plan_hooks){ NULL, 0 };
	if (file_read_at(d->fd, HOOKS_FILE, JSON_MAX, HOOKS_FILE, &text, &len, &why) < 0) {
		if (why.sys == ENOENT)
			return 0;
		*e = why;
		return -1;
	}
	if (json_parse(a, HOOKS_FILE, text, len, &doc, e) < 0)
		return -1;
	root = j_root(doc, &bad);
	list = j_key(&root, spec_hook_names[kind]);
	read_hooks(a, &list, out);
	return complaints_fail(&bad, ERR_STATE, e);
}
