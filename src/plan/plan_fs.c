/* SPDX-License-Identifier: Apache-2.0 */
/* plan_fs.c - the root, the mounts in their order, devices, links, masks. */
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "plan/plan.h"

static const struct word propagations[] = {
	{ "private", MS_PRIVATE },
	{ "rprivate", MS_PRIVATE | MS_REC },
	{ "slave", MS_SLAVE },
	{ "rslave", MS_SLAVE | MS_REC },
	{ "shared", MS_SHARED },
	{ "rshared", MS_SHARED | MS_REC },
	{ "unbindable", MS_UNBINDABLE },
	{ "runbindable", MS_UNBINDABLE | MS_REC },
	{ NULL, 0 },
};

static const char *clean(struct arena *a, const char *path)
{
	char buf[PATH_MAX];

	return path_clean(path, buf, sizeof(buf)) ? arena_strdup(a, buf) : NULL;
}

static const char *below_bundle(struct arena *a, const struct plan *p, const char *path)
{
	return path[0] == '/' ? path : arena_printf(a, "%s/%s", p->bundle, path);
}

/* ---- what may be mounted over /proc and /sys ---- */

/* Files of /proc that lxcfs and others replace: the only ones that a mount may cover, for a
 * fake /proc/self/attr would swallow our own security labels (CVE-2019-16884, -19921). */
static const char *const proc_files[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/loadavg",
	"/proc/slabinfo",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/crypto/fips_enabled",
	NULL,
};

static int check_destination(const struct plan_mount *m, struct err *e)
{
	const char *rest = str_after(m->destination, "/proc");
	bool own_type = str_eq(m->type, "proc") || str_eq(m->type, "sysfs");

	if (str_eq(m->destination, "/"))
		return fail(e, ERR_SPEC,
			    "mounts[%zu].destination: expected a path below the root: found "
			    "\"/\"",
			    m->index);
	if (rest == NULL || (rest[0] != '\0' && rest[0] != '/'))
		return 0;
	if (rest[0] == '\0' && (own_type || m->kind == PM_BIND || str_eq(m->type, "tmpfs")))
		return 0;
	if (rest[0] == '/' && (str_in(m->destination, proc_files) || m->kind == PM_REMOUNT))
		return 0;
	return fail(e, ERR_SPEC,
		    "mounts[%zu].destination: expected a place outside /proc: found \"%s\"",
		    m->index, m->destination);
}

/* ---- one mount ---- */

static const char *idmap_text(struct arena *a, const struct spec_idmaps *maps)
{
	const char *text = NULL;

	for (size_t i = 0; i < maps->n; i++)
		text = arena_printf(a, "%s%u %u %u\n", text != NULL ? text : "",
				    maps->v[i].container_id, maps->v[i].host_id,
				    maps->v[i].size);
	return text;
}

static int check_idmap(const struct plan *p, const struct plan_mount *m, struct err *e)
{
	if (!m->idmap)
		return 0;
	if (m->kind != PM_BIND)
		return fail(e, ERR_SPEC,
			    "mounts[%zu]: expected a bind mount for an id map: found type %s",
			    m->index, m->type);
	if (m->uid_map == NULL && p->ids.uid.text == NULL && p->ns.join[NS_USER] == NULL)
		return fail(e, ERR_SPEC,
			    "mounts[%zu]: expected uidMappings and gidMappings, or a user "
			    "namespace, for idmap: found neither",
			    m->index);
	return 0;
}

/* What is mounted below may need its place made first, as crun makes it: podman's secrets,
 * below a read-only bind. Not with "rro", whose whole tree is closed at once. */
static bool holds_another(const struct plan_mount *m, const struct plan_mount *end)
{
	if (m->dest_is_fixed) /* proc and sysfs: nothing can be made there */
		return false;
	for (const struct plan_mount *later = m + 1; later < end; later++) {
		const char *below = path_below(later->destination, m->destination);

		if (below != NULL && below[0] == '/' && later->kind != PM_REMOUNT)
			return true;
	}
	return false;
}

/* "ro" of a tmpfs must wait until its content is there; so must that of /dev, which we fill. */
static void defer_read_only(struct plan_mount *m, const struct plan_mount *end)
{
	bool filled = m->kind == PM_FS && (m->copy_up || str_eq(m->destination, "/dev"));

	if (m->kind == PM_REMOUNT || (m->attr_set & MOUNT_ATTR_RDONLY) == 0 ||
	    !(filled || holds_another(m, end)))
		return;
	m->attr_set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	m->read_only_late = true;
}

static void kind_and_type(struct plan_mount *m, const struct spec_mount *from)
{
	m->type = from->type != NULL ? from->type : "";
	m->kind = PM_FS;
	if (str_eq(m->type, "bind"))
		m->kind = PM_BIND;
	if (str_eq(m->type, "cgroup") || str_eq(m->type, "cgroup2"))
		m->kind = PM_CGROUP;
}

/* A destination that begins with the path of the root is one inside it, as runc takes it. */
static const char *inside_root(const struct plan *p, const char *destination)
{
	const char *rest = destination != NULL ? path_below(destination, p->root.path) : NULL;

	return rest != NULL && rest[0] == '/' ? rest : destination;
}

/* podman's --security-opt label=nested: who labels files inside is given the root's label
 * alone. */
#define CONTEXT_TYPE "run.oci.mount_context_type"

static int label(const struct spec *s, struct plan_mount *m, struct err *e)
{
	static const char *const options[] = { "context", "fscontext", "defcontext",
					       "rootcontext" };
	const char *type = spec_annotation(s, CONTEXT_TYPE);

	if (s->linux_.mount_label == NULL || m->kind != PM_FS || m->dest_is_fixed)
		return 0;
	for (size_t i = 0; i < COUNT(options); i++)
		if (type == NULL || str_eq(type, options[i])) {
			m->label = s->linux_.mount_label;
			m->label_option = options[i];
			return 0;
		}
	return fail(e, ERR_SPEC,
		    "annotations[\"" CONTEXT_TYPE
		    "\"]: expected context, fscontext, defcontext "
		    "or rootcontext: found \"%s\"",
		    type);
}

static int one_mount(struct arena *a, const struct spec *s, size_t i, const struct plan *p,
		     struct plan_mount *m, struct err *e)
{
	const struct spec_mount *from = &s->mounts[i];

	*m = (struct plan_mount){ .index = i,
				  .destination = inside_root(p, clean(a, from->destination)) };
	if (m->destination == NULL)
		return fail(e, ERR_SPEC,
			    "mounts[%zu].destination: expected a path: found one too long", i);
	kind_and_type(m, from);
	if (plan_mount_options(a, from, m, e) < 0 || check_destination(m, e) < 0)
		return -1;
	m->source = from->source != NULL ? from->source : m->type;
	if (m->kind == PM_BIND)
		m->source = below_bundle(a, p, m->source);
	if (m->kind == PM_FS && m->type[0] == '\0')
		return fail(e, ERR_SPEC,
			    "mounts[%zu].type: expected a file system: found nothing", i);
	if (from->uid_maps.n > 0) {
		m->uid_map = idmap_text(a, &from->uid_maps);
		m->gid_map = idmap_text(a, &from->gid_maps);
	}
	m->idmap = m->idmap || m->uid_map != NULL;
	m->dest_is_fixed = str_eq(m->type, "proc") || str_eq(m->type, "sysfs");
	return label(s, m, e) < 0 ? -1 : check_idmap(p, m, e);
}

/* ---- devices and links: config-linux.md#default-devices, #dev-symbolic-links ---- */

static const struct plan_device default_devices[] = {
	{ "/dev/null", 'c', 1, 3, 0666, 0, 0, false },
	{ "/dev/zero", 'c', 1, 5, 0666, 0, 0, false },
	{ "/dev/full", 'c', 1, 7, 0666, 0, 0, false },
	{ "/dev/random", 'c', 1, 8, 0666, 0, 0, false },
	{ "/dev/urandom", 'c', 1, 9, 0666, 0, 0, false },
	{ "/dev/tty", 'c', 5, 0, 0666, 0, 0, false },
};

static const struct plan_link default_links[] = {
	{ "/dev/fd", "/proc/self/fd" },       { "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" }, { "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/core", "/proc/kcore" },       { "/dev/ptmx", "pts/ptmx" },
};

static bool names_device(const struct spec *s, const char *path)
{
	char clean_path[PATH_MAX];

	for (size_t i = 0; i < s->linux_.devices_n; i++)
		if (path_clean(s->linux_.devices[i].path, clean_path, sizeof(clean_path)) &&
		    str_eq(clean_path, path))
			return true;
	return false;
}

static int one_device(struct arena *a, const struct spec_device *from, size_t i,
		      struct plan_device *out, struct err *e)
{
	const char *path = clean(a, from->path);

	if (path == NULL || str_eq(path, "/") || from->major > 0xfff || from->minor > 0xfffff)
		return fail(e, ERR_SPEC,
			    "linux.devices[%zu]: expected a path and numbers of a device: "
			    "found "
			    "\"%s\" %jd:%jd",
			    i, from->path, (intmax_t)from->major, (intmax_t)from->minor);
	*out = (struct plan_device){
		.path = path,
		.type = (char)(from->type == 'u' ? 'c' : from->type),
		.major = from->type == 'p' ? 0 : (uint32_t)from->major,
		.minor = from->type == 'p' ? 0 : (uint32_t)from->minor,
		.mode = from->has_mode ? from->mode & 07777 : 0666,
		.uid = from->uid,
		.gid = from->gid,
	};
	return 0;
}

static int devices(struct arena *a, const struct spec *s, struct plan *p, struct err *e)
{
	size_t most = s->linux_.devices_n + COUNT(default_devices);
	struct plan_device *d = arena_array(a, most, sizeof(*d));

	if (!p->root.populate_dev && s->linux_.devices_n == 0)
		return 0;
	for (size_t i = 0; p->root.populate_dev && i < COUNT(default_devices); i++)
		if (!names_device(s, default_devices[i].path))
			d[p->devices_n++] = default_devices[i];
	for (size_t i = 0; i < s->linux_.devices_n; i++)
		if (one_device(a, &s->linux_.devices[i], i, &d[p->devices_n++], e) < 0)
			return -1;
	p->devices = d;
	if (p->root.populate_dev) {
		p->links = default_links;
		p->links_n = COUNT(default_links);
	}
	return 0;
}

/* ---- the root ---- */

static void root(struct arena *a, const struct spec *s, struct plan *p)
{
	const struct word *w = NULL;

	p->root.path = below_bundle(a, p, s->root_path);
	p->root.readonly = s->root_readonly;
	p->root.populate_dev = true;
	if (s->linux_.rootfs_propagation != NULL)
		w = word_find(propagations, s->linux_.rootfs_propagation);
	p->root.propagation = w != NULL ? w->value & ~(uint64_t)MS_REC : MS_SLAVE;
	p->root.propagation_rec = w == NULL || (w->value & MS_REC) != 0;
	/* A /dev that comes from the host is the host's: nothing is made in it. */
	for (size_t i = 0; i < p->mounts_n; i++)
		if (str_eq(p->mounts[i].destination, "/dev") && p->mounts[i].kind == PM_BIND)
			p->root.populate_dev = false;
}

/* A joined mount namespace is taken as it stands: what would change it is refused. So are
 * createContainer hooks, whose programs would be found in it: a container's file, run with all
 * that the runtime may. */
static int joined_mount_ns(const struct spec *s, struct plan *p, struct err *e)
{
	const struct {
		const char *key;
		bool asked;
	} changes[] = {
		{ "mounts", s->mounts_n > 0 },
		{ "linux.devices", s->linux_.devices_n > 0 },
		{ "linux.maskedPaths", s->linux_.masked_paths.n > 0 },
		{ "linux.readonlyPaths", s->linux_.readonly_paths.n > 0 },
		{ "linux.rootfsPropagation", s->linux_.rootfs_propagation != NULL },
		{ "root.readonly", s->root_readonly },
		{ "hooks.createContainer", s->hooks[HOOK_CREATE_CONTAINER].n > 0 },
	};

	p->root.populate_dev = false;
	for (size_t i = 0; i < COUNT(changes); i++)
		if (changes[i].asked)
			return fail(e, ERR_SPEC,
				    "%s: expected nothing beside a joined mount namespace: "
				    "found a "
				    "value",
				    changes[i].key);
	return 0;
}

int plan_filesystem(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
		    struct err *e)
{
	struct plan_mount *m = arena_array(a, s->mounts_n, sizeof(*m));

	(void)h;
	p->root.path = below_bundle(a, p, s->root_path);
	if (p->ns.join[NS_MOUNT] != NULL)
		return joined_mount_ns(s, p, e);
	for (size_t i = 0; i < s->mounts_n; i++)
		if (one_mount(a, s, i, p, &m[i], e) < 0)
			return -1;
	for (size_t i = 0; i < s->mounts_n; i++)
		defer_read_only(&m[i], m + s->mounts_n);
	p->mounts = m;
	p->mounts_n = s->mounts_n;
	p->masked = s->linux_.masked_paths;
	p->readonly_paths = s->linux_.readonly_paths;
	root(a, s, p);
	return devices(a, s, p, e);
}
