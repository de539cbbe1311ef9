/* SPDX-License-Identifier: Apache-2.0 */
/* golden.c - bundles/NAME.json becomes the plan in plans/NAME.plan, or is refused with what
 * plans/NAME.error says. UPDATE=1 in the environment writes what is found instead. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "plan/plan.h"

/* ---- hosts ---- */

#define CAPS_ALL ((UINT64_C(1) << 41) - 1) /* to CAP_CHECKPOINT_RESTORE */
#define V2                                      \
	{                                       \
		.v2 = true, .controllers = 0xff \
	}
#define KERNEL_6_1 (6 << 16 | 1 << 8)

static const struct host hosts[] = {
	/* root of a machine */
	{ .in_init_user_ns = true,
	  .privileged = true,
	  .kernel = KERNEL_6_1,
	  .cgroup = V2,
	  .self_cgroup = "/system.slice/engine.service",
	  .resctrl = "/sys/fs/resctrl",
	  .apparmor = true,
	  .caps_known = CAPS_ALL,
	  .caps_effective = CAPS_ALL },
	/* root of a user namespace that a rootless engine made */
	{ .privileged = true,
	  .kernel = KERNEL_6_1,
	  .cgroup = V2,
	  .self_cgroup = "/user.slice/user-1000.slice/user@1000.service/user.slice/a.scope",
	  .caps_known = CAPS_ALL,
	  .caps_effective = CAPS_ALL,
	  .exe_owner = 65534 },
	/* a user with the set-uid helpers */
	{ .uid = 1000,
	  .gid = 1000,
	  .in_init_user_ns = true,
	  .kernel = KERNEL_6_1,
	  .cgroup = V2,
	  .self_cgroup = "/user.slice/user-1000.slice/session-2.scope",
	  .caps_known = CAPS_ALL,
	  .newuidmap = "/usr/bin/newuidmap",
	  .newgidmap = "/usr/bin/newgidmap" },
	/* a user without them */
	{ .uid = 1000,
	  .gid = 1000,
	  .in_init_user_ns = true,
	  .kernel = KERNEL_6_1,
	  .cgroup = V2,
	  .self_cgroup = "/user.slice/user-1000.slice/session-2.scope",
	  .caps_known = CAPS_ALL },
	/* root of a machine with cgroup v1 */
	{ .in_init_user_ns = true,
	  .privileged = true,
	  .kernel = KERNEL_6_1,
	  .cgroup = { .why = "/sys/fs/cgroup: cgroup v2: memory is mounted as v1" },
	  .self_cgroup = "/",
	  .caps_known = CAPS_ALL,
	  .caps_effective = CAPS_ALL },
};

/* Which host by how the bundle's name begins; the first that fits. */
static const struct {
	const char *prefix;
	size_t host;
} host_of[] = {
	{ "podman-rootless", 1 },
	{ "rootless-bare", 3 },
	{ "rootless", 2 },
	{ "v1", 4 },
	{ "", 0 },
};

static const struct host *find_host(const char *name)
{
	size_t i = 0;

	while (str_after(name, host_of[i].prefix) == NULL)
		i++;
	return &hosts[host_of[i].host];
}

/* ---- from a bundle to text ---- */

/* How a filter is built, and which names are known, is libseccomp's affair. */
static void mask(char *text, const char *key)
{
	char *line = strstr(text, key);
	size_t n;

	if (line == NULL)
		return;
	line += strlen(key);
	n = strcspn(line, "\n");
	line[0] = '*';
	memmove(line + 1, line + n, strlen(line + n) + 1);
}

static const char *masked(struct arena *a, const char *plan)
{
	char *text = arena_strdup(a, plan);

	mask(text, "\n  instructions: ");
	mask(text, "\n  sha256: ");
	mask(text, "\n  verified: ");
	mask(text, "\n  unknown names: ");
	return text;
}

static const char *err_text(struct arena *a, const struct err *e)
{
	const char *remedy = err_hint(e);
	char text[1024];

	err_format(e, text, sizeof(text));
	return arena_printf(a, "%s: %s\n%s%s", err_code(e), text, remedy != NULL ? remedy : "",
			    remedy != NULL ? "\n" : "");
}

static const char *complaints_text(struct arena *a, const struct complaints *bad)
{
	const char *text = "";

	for (const struct complaint *c = bad->first; c != NULL; c = c->next)
		text = arena_printf(a, "%s%s\n", text, c->text);
	return text;
}

/* Engines' configs here come from hosts with systemd: as one of those they are planned. */
static void choose_manager(const char *name, const struct spec *s, struct plan_want *want)
{
	const char *path = s->linux_.cgroups_path;

	if (path != NULL && strchr(path, ':') != NULL && str_after(name, "refused") == NULL)
		want->cgroup_manager = "systemd";
	want->systemd = (struct plan_systemd){ .program = "/libexec/caisson-systemd",
					       .bus = "unix:path=/bus",
					       .user = !find_host(name)->privileged };
}

/* The plan's text, or NULL with the error's in *error. */
static const char *plan_text(struct arena *a, const char *name, const char *json, size_t len,
			     const char **error)
{
	struct complaints bad = { .arena = a };
	struct plan_want want = { .id = "golden",
				  .bundle = "/bundle",
				  .cgroup_manager = "cgroupfs",
				  .detach = true,
				  .mover = "/libexec/caisson-net" };
	struct json *doc = NULL;
	struct plan *p = arena_new(a, struct plan);
	struct spec *s = arena_new(a, struct spec);
	struct err e = { 0 };

	if (json_parse(a, "config.json", json, len, &doc, &e) < 0) {
		*error = err_text(a, &e);
		return NULL;
	}
	spec_read(a, doc, s, &bad);
	if (bad.n == 0)
		spec_check(s, &bad);
	*error = complaints_text(a, &bad);
	if (bad.n > 0)
		return NULL;
	choose_manager(name, s, &want);
	want.has_console_socket = s->process.terminal; /* as an engine calls us */
	if (plan_make(a, s, find_host(name), &want, p, &e) == 0)
		return masked(a, plan_print(a, p));
	*error = err_text(a, &e);
	return NULL;
}

/* ---- comparing ---- */

struct run {
	const char *dir; /* tests/golden */
	bool update;
	unsigned done, wrong;
};

/* NULL when there is none. */
static const char *content(struct arena *a, const char *path)
{
	autofree char *text = NULL;
	struct err e = { 0 };
	size_t len;

	if (file_read_at(AT_FDCWD, path, 1 << 20, path, &text, &len, &e) < 0)
		return NULL;
	return arena_strndup(a, text, len);
}

static void put(struct run *r, const char *path, const char *text)
{
	struct err e = { 0 };

	if (file_replace_at(AT_FDCWD, path, text, strlen(text), 0644, false, &e) < 0) {
		(void)printf("%s: %s\n", path, e.text);
		r->wrong++;
	}
}

static void show_difference(const char *path, const char *want, const char *found)
{
	unsigned line = 1;

	while (*want != '\0' || *found != '\0') {
		size_t n = strcspn(want, "\n"), m = strcspn(found, "\n");

		if (n != m || strncmp(want, found, n) != 0) {
			(void)printf("%s:%u:\n  wanted: %.*s\n  found:  %.*s\n", path, line,
				     (int)n, want, (int)m, found);
			return;
		}
		want += n + (want[n] == '\n');
		found += m + (found[m] == '\n');
		line++;
	}
	(void)printf("%s: the last line end differs\n", path);
}

/* text NULL: there should be no such file. */
static void compare(struct run *r, struct arena *a, const char *path, const char *text)
{
	const char *want = content(a, path);

	if (str_eq(want, text))
		return;
	if (r->update && text != NULL)
		put(r, path, text);
	else if (r->update)
		(void)remove(path);
	if (r->update)
		return;
	r->wrong++;
	if (want == NULL)
		(void)printf("%s: is not there; this came out:\n%s", path, text);
	else if (text == NULL)
		(void)printf("%s: is there, but this is not how it ended\n", path);
	else
		show_difference(path, want, text);
}

static void one_bundle(struct run *r, const char *file)
{
	autoarena struct arena a = { 0 };
	char *name = arena_strndup(&a, file, strlen(file) - strlen(".json"));
	const char *path = arena_printf(&a, "%s/bundles/%s", r->dir, file);
	const char *json = content(&a, path), *error = NULL, *plan;

	if (json == NULL) {
		(void)printf("%s: read: no text\n", path);
		r->wrong++;
		return;
	}
	plan = plan_text(&a, name, json, strlen(json), &error);
	compare(r, &a, arena_printf(&a, "%s/plans/%s.plan", r->dir, name), plan);
	compare(r, &a, arena_printf(&a, "%s/plans/%s.error", r->dir, name),
		plan == NULL ? error : NULL);
	r->done++;
}

/* What no bundle asks for any more is a mistake, too. */
static void one_plan(struct run *r, const char *file)
{
	autoarena struct arena a = { 0 };
	const char *name = arena_strndup(&a, file, strcspn(file, "."));
	const char *path = arena_printf(&a, "%s/bundles/%s.json", r->dir, name);

	if (access(path, F_OK) == 0)
		return;
	(void)printf("plans/%s: has no bundle\n", file);
	r->wrong++;
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void each(struct run *r, const char *below, void (*one)(struct run *, const char *))
{
	autoarena struct arena a = { 0 };
	struct dirent **found;
	int n = scandir(arena_printf(&a, "%s/%s", r->dir, below), &found, is_visible,
			alphasort);

	if (n < 0) {
		(void)printf("%s/%s: %m\n", r->dir, below);
		r->wrong++;
		return;
	}
	for (int i = 0; i < n; i++) {
		one(r, found[i]->d_name);
		free(found[i]);
	}
	free(found);
}

int main(void)
{
	autoarena struct arena a = { 0 };
	const char *top = getenv("top_srcdir");
	struct run r = { .dir = arena_printf(&a, "%s/tests/golden", top != NULL ? top : "."),
			 .update = str_eq(getenv("UPDATE"), "1") };

	each(&r, "bundles", one_bundle);
	each(&r, "plans", one_plan);
	(void)printf("%u bundles, %u wrong\n", r.done, r.wrong);
	if (r.wrong > 0 && !r.update)
		(void)printf("if the new plans are right: UPDATE=1 in the environment\n");
	return r.wrong > 0 || r.done == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
