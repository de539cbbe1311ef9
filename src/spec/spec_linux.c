/* SPDX-License-Identifier: Apache-2.0 */
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

#include "spec/read.h"
#include "spec/spec.h"
#include "spec/words.h"

/* config-linux.md#namespaces */
static void read_namespaces(const struct jat *linux_, struct spec_linux *out)
{
	const struct jat at = j_key(linux_, "namespaces");

	if (!j_array(&at))
		return;
	for (struct jat it = { 0 }; j_next(&at, &it);) {
		const struct jat type = j_key(&it, "type");
		const char *path;
		uint64_t kind;

		if (!j_required(&it, "object") || !j_object(&it))
			continue;
		path = read_path(&it, "path");
		if (!j_required(&type, "a namespace") ||
		    !read_word(&type, words_namespaces, "a namespace", &kind))
			continue;
		if (out->ns[kind].present)
			j_say(&type, "expected each namespace once, found a second \"%s\"",
			      type.v->text);
		out->ns[kind] = (struct spec_namespace){ true, path };
	}
}

static void read_offset(const struct jat *offsets, const char *key,
			struct spec_time_offset *out)
{
	const struct jat at = j_key(offsets, key);
	int64_t secs;

	if (!j_object(&at))
		return;
	out->present = true;
	secs = read_int(&at, "secs", INT64_MIN + 1, INT64_MAX);
	out->secs = secs == SPEC_UNSET ? 0 : secs;
	out->nanosecs = (uint32_t)read_uint(&at, "nanosecs", 999999999);
}

/* config-linux.md#offset-for-time-namespace */
static void read_offsets(const struct jat *linux_, struct spec_linux *out)
{
	const struct jat at = j_key(linux_, "timeOffsets");

	if (!j_object(&at))
		return;
	read_offset(&at, "boottime", &out->boottime);
	read_offset(&at, "monotonic", &out->monotonic);
}

static void read_device_mode(const struct jat *at, struct spec_device *d)
{
	const struct jat mode = j_key(at, "fileMode");
	uint64_t bits = 0;

	/* The engines write st_mode whole, type included (podman --privileged). */
	d->has_mode = j_uint64(&mode, S_IFMT | 07777, &bits);
	d->mode = (uint32_t)bits & 07777;
	d->uid = read_id(at, "uid");
	d->gid = read_id(at, "gid");
}

/* linux/kdev_t.h: 12 bits of major, 20 of minor. A FIFO has neither. */
static void read_device_numbers(const struct jat *at, struct spec_device *d)
{
	if (d->type == 'p')
		return;
	d->major = need_int(at, "major", 0, 0xfff);
	d->minor = need_int(at, "minor", 0, 0xfffff);
}

/* config-linux.md#devices */
static void read_device(struct arena *a, const struct jat *at, void *out)
{
	struct spec_device *d = out;
	const struct jat type = j_key(at, "type");
	const char *s = need_text(at, "type", "a device type");

	(void)a;
	if (s != NULL && (strchr("cbup", s[0]) == NULL || s[1] != '\0'))
		j_say(&type, "expected \"c\", \"b\", \"u\" or \"p\", found \"%s\"", s);
	if (s != NULL)
		d->type = s[0];
	d->path = need_path(at, "path");
	read_device_numbers(at, d);
	read_device_mode(at, d);
}

/* The kernel's dev_valid_name(). */
static bool is_device_name(const char *s)
{
	return s[0] != '\0' && strlen(s) < IFNAMSIZ && strpbrk(s, "/: \t\n\v\f\r") == NULL &&
	       !str_eq(s, ".") && !str_eq(s, "..");
}

/* "template by appending %d to the new name" */
static bool is_device_template(const char *s)
{
	const char *sign = strchr(s, '%');

	return is_device_name(s) && (sign == NULL || (str_eq(sign, "%d") && sign > s));
}

/* config-linux.md#network-devices */
static void read_net_device(struct arena *a, const struct jat *at, void *out)
{
	struct spec_net_device *d = out;
	const struct jat name = j_key(at, "name");

	(void)a;
	d->host_name = at->key;
	d->name = read_text(at, "name");
	if (!is_device_name(at->key) || strchr(at->key, '%') != NULL)
		j_say(at, "expected the name of a network device");
	if (d->name != NULL && !is_device_template(d->name))
		j_say(&name, "expected the name of a network device, found \"%s\"", d->name);
}

/* One directory of the resctrl file system that is no part of it, or its root. */
static bool is_class_name(const char *s)
{
	static const char *const taken[] = {
		".", "..", "info", "mon_groups", "mon_data", NULL
	};

	return str_eq(s, "/") || (strpbrk(s, "/\n") == NULL && !str_in(s, taken));
}

static void check_intel_rdt(const struct jat *at, const struct spec_intel_rdt *r)
{
	const struct jat clos = j_key(at, "closID"), bw = j_key(at, "memBwSchema");
	const struct jat schemata = j_key(at, "schemata");

	if (r->clos_id != NULL && !is_class_name(r->clos_id))
		j_say(&clos, "expected the name of a class, found \"%s\"", r->clos_id);
	if (r->mem_bw_schema != NULL && (str_after(r->mem_bw_schema, "MB:") == NULL ||
					 strchr(r->mem_bw_schema, '\n') != NULL))
		j_say(&bw, "expected one line that begins with \"MB:\", found \"%s\"",
		      r->mem_bw_schema);
	for (size_t i = 0; i < r->schemata.n; i++)
		if (strchr(r->schemata.v[i], '\n') != NULL ||
		    strchr(r->schemata.v[i], ':') == NULL)
			j_say(&schemata, "expected lines such as \"L3:0=f\", found \"%s\"",
			      r->schemata.v[i]);
}

/* config-linux.md#intelrdt; plan decides whether the host can */
static void read_intel_rdt(struct arena *a, const struct jat *linux_,
			   struct spec_intel_rdt *out)
{
	const struct jat at = j_key(linux_, "intelRdt");

	out->schemata = read_strings(&at, "schemata", a);
	if (!j_object(&at))
		return;
	out->present = true;
	out->clos_id = read_text(&at, "closID");
	out->l3_cache_schema = read_text(&at, "l3CacheSchema");
	out->mem_bw_schema = read_text(&at, "memBwSchema");
	out->enable_monitoring = read_bool(&at, "enableMonitoring");
	check_intel_rdt(&at, out);
}

/* set_mempolicy(2): MPOL_DEFAULT and MPOL_LOCAL name no nodes, MPOL_PREFERRED may, all others
 * must. What depends on the kernel is left to it. */
static void check_memory_policy(const struct jat *at, const struct spec_memory_policy *m)
{
	static const char *const without[] = { "MPOL_DEFAULT", "MPOL_LOCAL", NULL };
	static const char *const optional[] = { "MPOL_DEFAULT", "MPOL_LOCAL", "MPOL_PREFERRED",
						NULL };
	const uint64_t both = words_memory_flags[1].value | words_memory_flags[2].value;
	const char *mode = word_name(words_memory_modes, m->mode);
	const struct jat nodes = j_key(at, "nodes"), flags = j_key(at, "flags");

	if (m->nodes.n > 0 && str_in(mode, without))
		j_say(&nodes, "expected none, because %s has none, found \"%s\"", mode,
		      nodes.v->text);
	if (m->nodes.n == 0 && !str_in(mode, optional))
		j_say(&nodes, "expected a list of memory nodes for %s, found nothing", mode);
	if ((m->flags & both) == both)
		j_say(&flags, "expected one of MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES, "
			      "found both");
}

/* config-linux.md#memory-policy */
static void read_memory_policy(struct arena *a, const struct jat *linux_,
			       struct spec_memory_policy *out)
{
	const struct jat at = j_key(linux_, "memoryPolicy"), mode = j_key(&at, "mode");
	uint64_t number = 0;
	bool clear;

	if (!j_object(&at))
		return;
	out->present = true;
	clear = j_required(&mode, "a memory policy") &&
		read_word(&mode, words_memory_modes, "a memory policy", &number);
	out->mode = (uint32_t)number;
	out->flags = (uint32_t)read_flags(&at, "flags", words_memory_flags,
					  "a flag of memory policies");
	out->nodes = read_bits(&at, "nodes", a, "a list of memory nodes");
	if (clear && !complained_of(at.bad, "linux.memoryPolicy.nodes"))
		check_memory_policy(&at, out);
}

/* config-linux.md#personality: "Currently no flags values are supported." */
static void read_personality(struct arena *a, const struct jat *linux_, struct spec_linux *out)
{
	static const struct word domains[] = { { "LINUX", 0 }, { "LINUX32", 0 }, { NULL, 0 } };
	const struct jat at = j_key(linux_, "personality");
	const struct jat domain = j_key(&at, "domain");
	const struct jat flags = j_key(&at, "flags");
	uint64_t ignored;

	out->personality_flags = read_strings(&at, "flags", a);
	if (!j_object(&at))
		return;
	if (j_required(&domain, "a personality") &&
	    read_word(&domain, domains, "\"LINUX\" or \"LINUX32\"", &ignored))
		out->personality_domain = domain.v->text;
	if (out->personality_flags.n > 0)
		j_say(&flags, "expected an empty array, found \"%s\"",
		      out->personality_flags.v[0]);
}

/* config-linux.md#rootfs-mount-propagation; the recursive words are runc's and crun's. */
static const char *read_propagation(const struct jat *linux_)
{
	const struct jat at = j_key(linux_, "rootfsPropagation");
	const char *s = read_text(linux_, "rootfsPropagation");

	if (s != NULL && word_find(words_propagations, s) == NULL)
		j_say(&at, "expected a propagation, found \"%s\"", s);
	return s;
}

static void read_walls(struct arena *a, const struct jat *at, struct spec_linux *out)
{
	const struct jat seccomp = j_key(at, "seccomp");

	read_seccomp(a, &seccomp, &out->seccomp);
	out->masked_paths = read_paths(at, "maskedPaths", a);
	out->readonly_paths = read_paths(at, "readonlyPaths", a);
	out->mount_label = read_text(at, "mountLabel");
	out->rootfs_propagation = read_propagation(at);
	out->sysctl = read_pairs(at, "sysctl", a);
}

void read_linux(struct arena *a, const struct jat *at, struct spec_linux *out)
{
	const struct jat resources = j_key(at, "resources");

	out->present = j_object(at);
	read_namespaces(at, out);
	out->uid_maps = read_idmaps(at, "uidMappings", a);
	out->gid_maps = read_idmaps(at, "gidMappings", a);
	read_offsets(at, out);
	out->devices = read_list(at, "devices", a, sizeof(struct spec_device), read_device,
				 &out->devices_n);
	out->net_devices = read_map(at, "netDevices", a, sizeof(struct spec_net_device),
				    read_net_device, &out->net_devices_n);
	out->cgroups_path = read_text(at, "cgroupsPath");
	spec_read_resources(a, &resources, &out->resources);
	read_walls(a, at, out);
	read_intel_rdt(a, at, &out->intel_rdt);
	read_memory_policy(a, at, &out->memory_policy);
	read_personality(a, at, out);
}
