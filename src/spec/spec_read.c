/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/read.h"
#include "spec/refusals.h"
#include "spec/spec.h"

const char *const spec_ns_names[NS_KINDS] = {
	[NS_USER] = "user", [NS_CGROUP] = "cgroup",   [NS_IPC] = "ipc",
	[NS_UTS] = "uts",   [NS_NETWORK] = "network", [NS_PID] = "pid",
	[NS_TIME] = "time", [NS_MOUNT] = "mount",
};

const char *const spec_hook_names[HOOK_KINDS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

#define NEWEST_MINOR 3

/* The minor number of "1.3.0", or of what SemVer lets follow: "-rc.1", "+dev"; else -1. */
static int minor_of(const char *s)
{
	static const char digits[] = "0123456789";
	const char *minor = str_after(s, "1."), *patch, *end;
	size_t n = minor != NULL ? strspn(minor, digits) : 0;

	if (n == 0 || n > 3 || minor[n] != '.')
		return -1;
	patch = minor + n + 1;
	end = patch + strspn(patch, digits);
	if (end == patch || (*end != '\0' && ((*end != '-' && *end != '+') || end[1] == '\0')))
		return -1;
	return (int)strtol(minor, NULL, 10);
}

/* config.md#specification-version */
static const char *read_version(const struct jat *root, int *minor)
{
	const struct jat at = j_key(root, "ociVersion");
	const char *s = NULL;

	if (!j_required(&at, "a version") || !j_string(&at, &s))
		return NULL;
	*minor = minor_of(s);
	if (*minor < 0)
		j_say(&at, "expected a version 1.x.y, found \"%s\"", s);
	return s;
}

static void say_unknown(void *ctx, const char *path)
{
	struct complaints *bad = ctx;

	complain(bad,
		 "%s: expected a property of 1.%d or before, because ociVersion is newer than "
		 "that: found one that this version does not know",
		 path, NEWEST_MINOR);
}

/* config.md#root. The path may be relative: to the bundle. */
static void read_root(const struct jat *root, struct spec *out)
{
	const struct jat at = j_key(root, "root");

	if (at.v != NULL && !j_object(&at))
		return;
	out->root_path = need_text(&at, "path", "a path");
	out->root_readonly = read_bool(&at, "readonly");
}

/* config.md#posix-platform-hooks */
static void read_hook(struct arena *a, const struct jat *at, void *out)
{
	struct spec_hook *h = out;

	h->path = need_path(at, "path");
	h->args = read_strings(at, "args", a);
	h->env = read_strings(at, "env", a);
	h->timeout_s = read_int(at, "timeout", 1, INT32_MAX);
}

static void read_hooks(struct arena *a, const struct jat *root, struct spec *out)
{
	const struct jat at = j_key(root, "hooks");

	(void)j_object(&at);
	for (size_t i = 0; i < HOOK_KINDS; i++)
		out->hooks[i].v =
			read_list(&at, spec_hook_names[i], a, sizeof(struct spec_hook),
				  read_hook, &out->hooks[i].n);
}

static struct jat below(const struct jat *at, char *path, struct jat *way)
{
	char *rest = NULL;
	const char *key = strtok_r(path, ".", &rest);

	for (; key != NULL; key = strtok_r(NULL, ".", &rest)) {
		*way = j_key(at, key);
		at = way++;
	}
	return *at;
}

static void refuse_one(const struct jat *at, const char *path, const char *reason)
{
	struct jat way[4];
	char copy[64];
	struct jat found;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	found = below(at, copy, way);
	if (found.v != NULL)
		j_say(&found, "refused: %s", reason);
}

void read_refused(const struct jat *at, const char *prefix)
{
	for (const struct spec_refusal *r = spec_refusals; r->path != NULL; r++) {
		const char *rest = str_after(r->path, prefix);

		if (rest != NULL && (*prefix != '\0' || strchr(rest, '.') == NULL))
			refuse_one(at, rest, r->reason);
	}
}

void spec_read(struct arena *a, struct json *doc, struct spec *out, struct complaints *bad)
{
	const struct jat root = j_root(doc, bad);
	const struct jat process = j_key(&root, "process");
	const struct jat linux_ = j_key(&root, "linux");

	int minor = 0;

	*out = (struct spec){ 0 };
	(void)j_required(&root, "object");
	(void)j_object(&root);
	out->oci_version = read_version(&root, &minor);
	out->hostname = read_text(&root, "hostname");
	out->domainname = read_text(&root, "domainname");
	read_root(&root, out);
	spec_read_process(a, &process, &out->process);
	out->mounts = read_list(&root, "mounts", a, sizeof(struct spec_mount), read_mount,
				&out->mounts_n);
	read_hooks(a, &root, out);
	read_linux(a, &linux_, &out->linux_);
	out->annotations = read_pairs(&root, "annotations", a);
	read_refused(&root, "");
	/* A key that 1.3 does not have means nothing. One that a later minor has added may ask
	 * for a wall. */
	if (minor > NEWEST_MINOR)
		json_unread(doc, say_unknown, bad);
}

const char *spec_annotation(const struct spec *s, const char *key)
{
	for (size_t i = 0; i < s->annotations.n; i++)
		if (str_eq(s->annotations.v[i].key, key))
			return s->annotations.v[i].value;
	return NULL;
}
