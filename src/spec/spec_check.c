/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "spec/spec.h"
#include "spec/words.h"

/* Rules between fields hold for what the document says: a field whose reader has complained is
 * not what it says, and is never the reason for a second complaint. */
#define NAMESPACES "linux.namespaces"

/* user_namespaces(7): the kernel takes 340 lines, since Linux 4.15. */
#define IDMAP_LINES 340

static bool has(const struct spec *s, enum spec_ns kind)
{
	return s->linux_.ns[kind].present;
}

static bool makes(const struct spec *s, enum spec_ns kind)
{
	return has(s, kind) && s->linux_.ns[kind].path == NULL;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

static bool idmap_unclear(const char *where, size_t i, const struct complaints *bad)
{
	char place[96];

	(void)snprintf(place, sizeof(place), "%s[%zu]", where, i);
	return complained_of(bad, place);
}

static void check_idmap(const struct spec_idmaps *maps, size_t i, const char *where,
			struct complaints *bad)
{
	const struct spec_idmap *m = &maps->v[i];

	if (idmap_unclear(where, i, bad))
		return;
	/* The last id, 4294967295, is no id to the kernel. */
	if ((uint64_t)m->container_id + m->size > UINT32_MAX ||
	    (uint64_t)m->host_id + m->size > UINT32_MAX)
		complain(bad,
			 "%s[%zu].size: expected ids below 4294967295, found %u from "
			 "container %u and host %u",
			 where, i, m->size, m->container_id, m->host_id);
	for (size_t k = 0; k < i; k++) {
		const struct spec_idmap *o = &maps->v[k];

		if ((overlap(m->container_id, m->size, o->container_id, o->size) ||
		     overlap(m->host_id, m->size, o->host_id, o->size)) &&
		    !idmap_unclear(where, k, bad))
			complain(bad,
				 "%s[%zu]: expected no id twice, found an overlap with "
				 "[%zu]",
				 where, i, k);
	}
}

static void check_idmaps(const struct spec_idmaps *maps, const char *where,
			 struct complaints *bad)
{
	if (maps->n > IDMAP_LINES) {
		complain(bad, "%s: expected at most %d mappings, found %zu", where, IDMAP_LINES,
			 maps->n);
		return;
	}
	for (size_t i = 0; i < maps->n; i++)
		check_idmap(maps, i, where, bad);
}

/* config-linux.md#user-namespace-mappings: both or neither. Next to a joined user namespace
 * mappings are let be: engines repeat those that it has. */
static void check_user_ns(const struct spec *s, struct complaints *bad)
{
	const struct {
		const char *where;
		const struct spec_idmaps *maps;
	} lists[] = {
		{ "linux.uidMappings", &s->linux_.uid_maps },
		{ "linux.gidMappings", &s->linux_.gid_maps },
	};

	for (size_t i = 0; i < COUNT(lists); i++) {
		check_idmaps(lists[i].maps, lists[i].where, bad);
		if (complained_of(bad, NAMESPACES))
			continue;
		if (lists[i].maps->n > 0 && !has(s, NS_USER))
			complain(bad, "%s: expected a user namespace to map, found none",
				 lists[i].where);
		if (lists[i].maps->n == 0 && lists[1 - i].maps->n > 0 && makes(s, NS_USER) &&
		    !complained_of(bad, lists[i].where))
			complain(bad,
				 "%s: expected a mapping, because %s has some, found "
				 "nothing",
				 lists[i].where, lists[1 - i].where);
	}
}

/* config.md#mounts: both or neither. */
static void check_mount(const struct spec_mount *m, size_t i, struct complaints *bad)
{
	char uids[64], gids[64];

	(void)snprintf(uids, sizeof(uids), "mounts[%zu].uidMappings", i);
	(void)snprintf(gids, sizeof(gids), "mounts[%zu].gidMappings", i);
	if ((m->uid_maps.n == 0) != (m->gid_maps.n == 0) && !complained_of(bad, uids) &&
	    !complained_of(bad, gids))
		complain(bad,
			 "mounts[%zu].%s: expected mappings, because %s has some, found "
			 "nothing",
			 i, m->uid_maps.n == 0 ? "uidMappings" : "gidMappings",
			 m->uid_maps.n == 0 ? "gidMappings" : "uidMappings");
	check_idmaps(&m->uid_maps, uids, bad);
	check_idmaps(&m->gid_maps, gids, bad);
}

/* What makes sense only in a namespace of the container's own. */
static void check_needs(const struct spec *s, struct complaints *bad)
{
	const struct spec_linux *l = &s->linux_;
	const struct {
		bool asked, met;
		const char *where, *want;
	} needs[] = {
		{ s->hostname != NULL, has(s, NS_UTS), "hostname", "a uts namespace" },
		{ s->domainname != NULL, has(s, NS_UTS), "domainname", "a uts namespace" },
		{ l->net_devices_n > 0, has(s, NS_NETWORK), "linux.netDevices",
		  "a network namespace" },
		{ l->boottime.present || l->monotonic.present, makes(s, NS_TIME),
		  "linux.timeOffsets", "a new time namespace" },
		{ l->masked_paths.n > 0, has(s, NS_MOUNT), "linux.maskedPaths",
		  "a mount namespace" },
		{ l->readonly_paths.n > 0, has(s, NS_MOUNT), "linux.readonlyPaths",
		  "a mount namespace" },
	};

	if (complained_of(bad, NAMESPACES))
		return;
	for (size_t i = 0; i < COUNT(needs); i++)
		if (needs[i].asked && !needs[i].met)
			complain(bad, "%s: expected %s for it, found none", needs[i].where,
				 needs[i].want);
}

/* The part of /proc/sys that belongs to a namespace; all else is the host's. A trailing '*'
 * stands for any rest. */
static const struct {
	const char *path;
	enum spec_ns ns;
} own_sysctls[] = {
	{ "kernel/shm*", NS_IPC }, { "kernel/msg*", NS_IPC },       { "kernel/sem*", NS_IPC },
	{ "fs/mqueue/*", NS_IPC }, { "kernel/domainname", NS_UTS }, { "net/*", NS_NETWORK },
	{ "user/*", NS_USER },
};

static bool matches(const char *path, const char *pattern)
{
	size_t n = strcspn(pattern, "*");

	return pattern[n] == '*' ? strncmp(path, pattern, n) == 0 : str_eq(path, pattern);
}

enum spec_ns spec_sysctl_ns(const char *key)
{
	char path[256];

	if (!word_sysctl_path(key, path, sizeof(path)))
		return NS_KINDS;
	for (size_t i = 0; i < COUNT(own_sysctls); i++)
		if (matches(path, own_sysctls[i].path))
			return own_sysctls[i].ns;
	return NS_KINDS;
}

static void check_domain(const struct spec *s, const struct jat *at, const char *value)
{
	if (s->domainname != NULL && !str_eq(value, s->domainname))
		j_say(at, "expected \"%s\", as domainname has it, found \"%s\"", s->domainname,
		      value);
}

static void check_sysctl(const struct spec *s, const struct jat *at, const char *value)
{
	const enum spec_ns ns = spec_sysctl_ns(at->key);
	char path[256];

	if (at->key[0] == '\0')
		return; /* its reader said so */
	if (!word_sysctl_path(at->key, path, sizeof(path))) {
		j_say(at, "expected the name of a sysctl");
		return;
	}
	if (str_eq(path, "kernel/hostname")) {
		j_say(at, "refused: it has a property of its own, hostname");
		return;
	}
	if (str_eq(path, "kernel/domainname"))
		check_domain(s, at, value);
	if (ns == NS_KINDS)
		j_say(at, "refused: it belongs to the host, not to any namespace");
	else if (!has(s, ns) && !complained_of(at->bad, NAMESPACES))
		j_say(at, "expected a namespace of type %s for it, found none",
		      spec_ns_names[ns]);
}

static void check_sysctls(const struct spec *s, struct complaints *bad)
{
	const struct jat root = { .bad = bad };
	const struct jat linux_ = { .up = &root, .key = "linux", .bad = bad };
	const struct jat sysctl = { .up = &linux_, .key = "sysctl", .bad = bad };

	for (size_t i = 0; i < s->linux_.sysctl.n; i++) {
		const struct jat at = { .up = &sysctl,
					.key = s->linux_.sysctl.v[i].key,
					.bad = bad };

		check_sysctl(s, &at, s->linux_.sysctl.v[i].value);
	}
}

void spec_check_memory(const struct spec_memory *m, const char *where, struct complaints *bad)
{
	char limit[64];

	(void)snprintf(limit, sizeof(limit), "%s.limit", where);
	if (m->swap <= 0 || complained_of(bad, limit))
		return;
	if (m->limit == SPEC_UNSET)
		complain(bad, "%s.limit: expected a limit, because swap is set, found nothing",
			 where);
	else if (m->limit <= 0)
		complain(bad, "%s.limit: expected a limit, because swap is set, found %jd",
			 where, (intmax_t)m->limit);
	else if (m->swap < m->limit)
		complain(bad, "%s.swap: expected no less than limit, %jd, found %jd", where,
			 (intmax_t)m->limit, (intmax_t)m->swap);
}

static const char *inner_name(const struct spec_net_device *d)
{
	return d->name != NULL ? d->name : d->host_name;
}

/* A template ("eth%d") gives each a name of its own. */
static void check_net_devices(const struct spec *s, struct complaints *bad)
{
	const struct spec_net_device *v = s->linux_.net_devices;

	for (size_t i = 0; i < s->linux_.net_devices_n; i++)
		for (size_t k = 0; k < i && strchr(inner_name(&v[i]), '%') == NULL; k++)
			if (strcmp(inner_name(&v[i]), inner_name(&v[k])) == 0)
				complain(bad,
					 "linux.netDevices.%s: expected a name of its own, "
					 "found \"%s\" for %s too",
					 v[i].host_name, inner_name(&v[i]), v[k].host_name);
}

void spec_check(const struct spec *s, struct complaints *bad)
{
	check_user_ns(s, bad);
	for (size_t i = 0; i < s->mounts_n; i++)
		check_mount(&s->mounts[i], i, bad);
	check_needs(s, bad);
	check_net_devices(s, bad);
	check_sysctls(s, bad);
	spec_check_memory(&s->linux_.resources.memory, "linux.resources.memory", bad);
}
