/* SPDX-License-Identifier: Apache-2.0 */
/* plan_ids.c - uid and gid maps, and who writes them. user_namespaces(7). */
#include <linux/capability.h>

#include "base/str.h"
#include "plan/plan.h"

static const char *map_text(struct arena *a, const struct spec_idmaps *maps)
{
	const char *text = "";

	for (size_t i = 0; i < maps->n; i++)
		text = arena_printf(a, "%s%u %u %u\n", text, maps->v[i].container_id,
				    maps->v[i].host_id, maps->v[i].size);
	return text;
}

/* newuidmap PID CONTAINER HOST SIZE ...; the pid is filled in by who knows it. */
static const char *const *helper_argv(struct arena *a, const char *path,
				      const struct spec_idmaps *maps)
{
	const char **argv = arena_array(a, 3 + 3 * maps->n, sizeof(*argv));
	size_t n = 0;

	argv[n++] = path;
	argv[n++] = "";
	for (size_t i = 0; i < maps->n; i++) {
		argv[n++] = arena_printf(a, "%u", maps->v[i].container_id);
		argv[n++] = arena_printf(a, "%u", maps->v[i].host_id);
		argv[n++] = arena_printf(a, "%u", maps->v[i].size);
	}
	return argv;
}

static void find_root(const struct spec_idmaps *maps, struct plan_map *out)
{
	if (maps->n > 0)
		out->own_id = maps->v[0].container_id;
	for (size_t i = 0; i < maps->n; i++) {
		if (maps->v[i].container_id != 0)
			continue;
		out->root_mapped = true;
		out->root_host_id = maps->v[i].host_id;
		out->own_id = 0;
	}
}

/* An unprivileged process may write one line that maps its own id; more needs the set-uid
 * helper and a range in /etc/subuid. */
static bool maps_only_self(const struct spec_idmaps *maps, uint32_t self)
{
	return maps->n == 1 && maps->v[0].size == 1 && maps->v[0].host_id == self;
}

static int make_map(struct arena *a, const struct spec_idmaps *maps, bool privileged,
		    uint32_t self, const char *helper, struct plan_map *out)
{
	out->text = map_text(a, maps);
	find_root(maps, out);
	if (privileged || maps_only_self(maps, self))
		return 0;
	if (helper == NULL)
		return -1;
	out->helper = helper_argv(a, helper, maps);
	return 0;
}

static int no_helper(struct err *e, const char *key, const char *program, uint32_t id)
{
	(void)fail(e, ERR_HOST, "linux.%s: expected %s for more than the own id %u: found none",
		   key, program, id);
	return hint(e, "install uidmap (Debian) or shadow-utils (Fedora) and add a line to "
		       "/etc/subuid and /etc/subgid");
}

int plan_idmaps(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
		struct err *e)
{
	bool set_uid = (h->caps_effective >> CAP_SETUID & 1) != 0;
	bool set_gid = (h->caps_effective >> CAP_SETGID & 1) != 0;
	struct plan_ids *ids = &p->ids;

	if (!p->ns.new_user) {
		ids->uid.root_mapped = ids->gid.root_mapped = true;
		return 0;
	}
	if (make_map(a, &s->linux_.uid_maps, set_uid, h->uid, h->newuidmap, &ids->uid) < 0)
		return no_helper(e, "uidMappings", "newuidmap", h->uid);
	if (make_map(a, &s->linux_.gid_maps, set_gid, h->gid, h->newgidmap, &ids->gid) < 0)
		return no_helper(e, "gidMappings", "newgidmap", h->gid);
	ids->deny_setgroups = !set_gid && ids->gid.helper == NULL;
	return 0;
}
