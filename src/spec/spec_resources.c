/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "spec/read.h"
#include "spec/spec.h"

/* What only cgroup v1 had: a value that asks for it cannot be enforced here. */
static void refuse_v1(const struct jat *up, const char *key, bool asked)
{
	const struct jat at = j_key(up, key);

	if (asked)
		j_say(&at, "refused: cgroup v2 has no such limit, it was of cgroup v1 only");
}

static bool is_limit(int64_t n)
{
	return n != SPEC_UNSET && n != 0 && n != -1;
}

/* linux/kdev_t.h: 12 bits of major, 20 of minor; below zero is "any" in old configs. */
static int64_t read_any(const struct jat *up, const char *key, int64_t hi)
{
	int64_t n = read_int(up, key, -1, hi);

	return n == -1 ? SPEC_UNSET : n;
}

static void read_access(const struct jat *rule, struct spec_device_rule *out)
{
	const struct jat at = j_key(rule, "access");
	const char *s = read_text(rule, "access");

	if (s == NULL && !out->allow)
		s = "rwm"; /* a denial of nothing in particular is one of everything */
	if (s == NULL)
		(void)j_required(&at, "letters of \"rwm\"");
	if (s != NULL && s[strspn(s, "rwm")] != '\0')
		j_say(&at, "expected letters of \"rwm\", found \"%s\"", s);
	out->read = s != NULL && strchr(s, 'r') != NULL;
	out->write = s != NULL && strchr(s, 'w') != NULL;
	out->mknod = s != NULL && strchr(s, 'm') != NULL;
}

/* config-linux.md#allowed-device-list */
static void read_device_rule(struct arena *a, const struct jat *at, void *out)
{
	struct spec_device_rule *r = out;
	const struct jat allow = j_key(at, "allow"), type = j_key(at, "type");
	const char *s = read_text(at, "type");

	(void)a;
	(void)j_required(&allow, "boolean");
	r->allow = read_bool(at, "allow");
	r->type = 'a';
	if (s != NULL)
		r->type = s[0];
	if (s != NULL && (strchr("abc", s[0]) == NULL || s[1] != '\0'))
		j_say(&type, "expected \"a\", \"b\" or \"c\", found \"%s\"", s);
	r->major = read_any(at, "major", 0xfff);
	r->minor = read_any(at, "minor", 0xfffff);
	read_access(at, r);
}

/* config-linux.md#memory */
static void read_memory(const struct jat *resources, struct spec_memory *out)
{
	const struct jat at = j_key(resources, "memory");

	*out = (struct spec_memory){ SPEC_UNSET, SPEC_UNSET, SPEC_UNSET, SPEC_UNSET, SPEC_UNSET,
				     SPEC_UNSET, false,      false,      false };
	if (!j_object(&at))
		return;
	out->limit = read_int(&at, "limit", -1, INT64_MAX);
	out->reservation = read_int(&at, "reservation", -1, INT64_MAX);
	out->swap = read_int(&at, "swap", -1, INT64_MAX);
	out->kernel = read_int(&at, "kernel", -1, INT64_MAX);
	out->kernel_tcp = read_int(&at, "kernelTCP", -1, INT64_MAX);
	out->swappiness = read_int(&at, "swappiness", 0, 100);
	out->disable_oom_killer = read_bool(&at, "disableOOMKiller");
	out->use_hierarchy = read_bool(&at, "useHierarchy"); /* v2 always has it */
	out->check_before_update = read_bool(&at, "checkBeforeUpdate");
	refuse_v1(&at, "kernel", is_limit(out->kernel));
	refuse_v1(&at, "kernelTCP", is_limit(out->kernel_tcp));
	refuse_v1(&at, "swappiness", out->swappiness != SPEC_UNSET);
	refuse_v1(&at, "disableOOMKiller", out->disable_oom_killer);
}

/* config-linux.md#cpu. A quota of 0 is what runc's callers write for none. */
static void read_cpu(const struct jat *resources, struct spec_cpu *out)
{
	const struct jat at = j_key(resources, "cpu");

	out->quota = out->burst = out->idle = out->realtime_runtime = SPEC_UNSET;
	if (!j_object(&at))
		return;
	out->shares = read_uint(&at, "shares", UINT64_MAX);
	out->quota = read_int(&at, "quota", -1, INT64_MAX);
	if (out->quota == 0)
		out->quota = SPEC_UNSET;
	out->period = read_uint(&at, "period", INT64_MAX);
	out->burst = read_int(&at, "burst", 0, INT64_MAX);
	out->idle = read_int(&at, "idle", 0, 1);
	out->realtime_runtime = read_int(&at, "realtimeRuntime", INT64_MIN + 1, INT64_MAX);
	out->realtime_period = read_uint(&at, "realtimePeriod", UINT64_MAX);
	out->cpus = read_text(&at, "cpus");
	out->mems = read_text(&at, "mems");
	refuse_v1(&at, "realtimeRuntime", is_limit(out->realtime_runtime));
	refuse_v1(&at, "realtimePeriod", out->realtime_period != 0);
}

/* 0 is none; cgroup v2 has no leaves of weight. */
static void read_weights(const struct jat *at, uint16_t *weight, uint16_t *leaf)
{
	const struct jat place = j_key(at, "weight");

	*weight = (uint16_t)read_uint(at, "weight", UINT16_MAX);
	if (*weight != 0 && (*weight < 10 || *weight > 1000))
		j_say(&place, "expected 10 to 1000, found %u", (unsigned)*weight);
	*leaf = (uint16_t)read_uint(at, "leafWeight", UINT16_MAX);
	refuse_v1(at, "leafWeight", *leaf != 0);
}

static void read_device_numbers(const struct jat *at, struct spec_io_device *d)
{
	d->major = need_int(at, "major", 0, 0xfff);
	d->minor = need_int(at, "minor", 0, 0xfffff);
}

static void read_weight_device(struct arena *a, const struct jat *at, void *out)
{
	struct spec_io_device *d = out;

	(void)a;
	read_device_numbers(at, d);
	read_weights(at, &d->weight, &d->leaf_weight);
}

static void read_throttle(struct arena *a, const struct jat *at, void *out)
{
	struct spec_io_device *d = out;

	(void)a;
	read_device_numbers(at, d);
	d->rate = read_uint(at, "rate", UINT64_MAX);
}

static struct spec_io_devices read_io(const struct jat *at, const char *key, struct arena *a,
				      read_one *one)
{
	struct spec_io_devices out;

	out.v = read_list(at, key, a, sizeof(struct spec_io_device), one, &out.n);
	return out;
}

/* config-linux.md#block-io */
static void read_block_io(struct arena *a, const struct jat *resources,
			  struct spec_block_io *out)
{
	const struct jat at = j_key(resources, "blockIO");

	if (!j_object(&at))
		return;
	read_weights(&at, &out->weight, &out->leaf_weight);
	out->weight_device = read_io(&at, "weightDevice", a, read_weight_device);
	out->read_bps = read_io(&at, "throttleReadBpsDevice", a, read_throttle);
	out->write_bps = read_io(&at, "throttleWriteBpsDevice", a, read_throttle);
	out->read_iops = read_io(&at, "throttleReadIOPSDevice", a, read_throttle);
	out->write_iops = read_io(&at, "throttleWriteIOPSDevice", a, read_throttle);
}

/* config-linux.md#huge-page-limits: "[1-9][0-9]*[KMG]B", a part of a file's name. */
static bool is_page_size(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits > 0 && digits < 16 && s[0] != '0' && s[digits] != '\0' &&
	       strchr("KMG", s[digits]) != NULL && str_eq(s + digits + 1, "B");
}

static void read_hugepage(struct arena *a, const struct jat *at, void *out)
{
	struct spec_hugepage *h = out;
	const struct jat size = j_key(at, "pageSize"), limit = j_key(at, "limit");

	(void)a;
	h->page_size = need_text(at, "pageSize", "a page size");
	if (h->page_size != NULL && !is_page_size(h->page_size))
		j_say(&size, "expected a page size, such as \"2MB\", found \"%s\"",
		      h->page_size);
	(void)j_required(&limit, "integer");
	h->limit = read_uint(at, "limit", UINT64_MAX);
}

/* config-linux.md#rdma */
static void read_rdma(struct arena *a, const struct jat *at, void *out)
{
	struct spec_rdma *r = out;

	(void)a;
	r->name = at->key;
	r->handles = read_int(at, "hcaHandles", 0, UINT32_MAX);
	r->objects = read_int(at, "hcaObjects", 0, UINT32_MAX);
}

static void read_priority(struct arena *a, const struct jat *at, void *out)
{
	struct spec_priority *p = out;

	(void)a;
	p->name = need_text(at, "name", "an interface");
	p->priority = need_uint32(at, "priority");
}

/* config-linux.md#network */
static void read_network(struct arena *a, const struct jat *resources,
			 struct spec_resources *out)
{
	const struct jat at = j_key(resources, "network");
	const struct jat class_id = j_key(&at, "classID");

	if (!j_object(&at))
		return;
	out->has_class_id = j_uint32(&class_id, &out->class_id) && out->class_id != 0;
	out->net_priorities = read_list(&at, "priorities", a, sizeof(struct spec_priority),
					read_priority, &out->net_priorities_n);
	refuse_v1(&at, "classID", out->has_class_id);
	refuse_v1(&at, "priorities", out->net_priorities_n > 0);
}

/* config-linux.md#unified: each key is a file's name in the cgroup. */
static void read_unified(struct arena *a, const struct jat *resources,
			 struct spec_resources *out)
{
	const struct jat at = j_key(resources, "unified");

	out->unified = read_pairs(resources, "unified", a);
	if (out->unified.n == 0)
		return;
	for (struct jat it = { 0 }; j_next(&at, &it);)
		if (strchr(it.key, '/') != NULL || str_eq(it.key, ".") || str_eq(it.key, ".."))
			j_say(&it, "expected a file's name, found a path");
}

static int64_t read_pids(const struct jat *resources)
{
	const struct jat at = j_key(resources, "pids");

	if (!j_object(&at))
		return SPEC_UNSET;
	return need_int(&at, "limit", -1, INT64_MAX);
}

void spec_read_resources(struct arena *a, const struct jat *at, struct spec_resources *out)
{
	*out = (struct spec_resources){ .pids_limit = SPEC_UNSET };
	read_memory(at, &out->memory);
	read_cpu(at, &out->cpu);
	if (!j_object(at))
		return;
	out->present = true;
	out->pids_limit = read_pids(at);
	out->devices = read_list(at, "devices", a, sizeof(struct spec_device_rule),
				 read_device_rule, &out->devices_n);
	read_block_io(a, at, &out->block_io);
	out->hugepages = read_list(at, "hugepageLimits", a, sizeof(struct spec_hugepage),
				   read_hugepage, &out->hugepages_n);
	out->rdma = read_map(at, "rdma", a, sizeof(struct spec_rdma), read_rdma, &out->rdma_n);
	read_network(a, at, out);
	read_unified(a, at, out);
}
