/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <string.h>
#include <sys/resource.h>

#include "base/str.h"
#include "spec_help.h"

/* whole.json sets every property that is not refused; each test looks at a part of it. */
static void read_whole(struct checked *c)
{
	struct arena a = { 0 };
	char *text = unit_file(&a, "whole.json");

	cr_assert_not_null(text, "whole.json is not below top_srcdir");
	check_text(c, text);
	arena_free(&a);
	cr_assert_eq(c->bad.n, 0, "%s", c->bad.first != NULL ? c->bad.first->text : "");
}

/* To the letter, joined by blanks; and the vector ends with NULL. */
static void expect_strings(struct spec_strings list, const char *want)
{
	char all[256] = "";
	struct sbuf b = SBUF(all);

	for (size_t i = 0; i < list.n; i++)
		sbuf_add(&b, "%s%s", i > 0 ? " " : "", list.v[i]);
	cr_expect_str_eq(all, want);
	cr_expect_null(list.v[list.n]);
}

static void expect_map(struct spec_idmaps maps, uint32_t container, uint32_t host,
		       uint32_t size)
{
	cr_assert_eq(maps.n, 1);
	cr_expect_eq(maps.v[0].container_id, container);
	cr_expect_eq(maps.v[0].host_id, host);
	cr_expect_eq(maps.v[0].size, size);
}

Test(spec_whole, top_level)
{
	autochecked struct checked c;

	read_whole(&c);
	cr_expect_str_eq(c.spec.oci_version, "1.3.0");
	cr_expect_str_eq(c.spec.hostname, "host");
	cr_expect_str_eq(c.spec.domainname, "domain");
	cr_expect_str_eq(c.spec.root_path, "rootfs");
	cr_expect(c.spec.root_readonly);
	cr_expect_eq(c.spec.annotations.n, 2);
	cr_expect_str_eq(spec_annotation(&c.spec, "org.example.key"), "value");
	cr_expect_str_eq(spec_annotation(&c.spec, "empty"), "");
	cr_expect_null(spec_annotation(&c.spec, "org.example"));
}

Test(spec_whole, process)
{
	autochecked struct checked c;
	const struct spec_process *p = &c.spec.process;

	read_whole(&c);
	cr_expect(p->present);
	cr_expect(p->terminal);
	cr_expect_eq(p->console_height, 24);
	cr_expect_eq(p->console_width, 80);
	cr_expect_eq(p->user.uid, 1);
	cr_expect_eq(p->user.gid, 2);
	cr_expect(p->user.has_umask);
	cr_expect_eq(p->user.umask, 022);
	cr_assert_eq(p->user.additional_gids_n, 2);
	cr_expect_eq(p->user.additional_gids[0], 3);
	cr_expect_eq(p->user.additional_gids[1], 4294967294);
	expect_strings(p->args, "sh -c true");
	expect_strings(p->env, "A=b C=");
	cr_expect_str_eq(p->cwd, "/tmp");
	cr_expect(p->no_new_privileges);
	cr_expect_str_eq(p->apparmor_profile, "profile");
	cr_expect_str_eq(p->selinux_label, "label");
	cr_expect_eq(p->oom_score_adj, -5);
	cr_assert_eq(p->exec_affinity_initial.n, 1);
	cr_expect_eq(p->exec_affinity_initial.words[0], 3);
	cr_assert_eq(p->exec_affinity_final.n, 1);
	cr_expect_eq(p->exec_affinity_final.words[0], 4);
}

Test(spec_whole, process_limits)
{
	autochecked struct checked c;
	const struct spec_process *p = &c.spec.process;

	read_whole(&c);
	cr_expect(p->caps.present);
	cr_expect_eq(p->caps.bounding, 1ull << CAP_CHOWN | 1ull << CAP_BPF);
	cr_expect_eq(p->caps.effective, 1ull << CAP_DAC_OVERRIDE);
	cr_expect_eq(p->caps.inheritable, 1ull << CAP_FOWNER);
	cr_expect_eq(p->caps.permitted, 1ull << CAP_KILL);
	cr_expect_eq(p->caps.ambient, 1ull << CAP_SETGID);
	cr_assert_eq(p->rlimits_n, 2);
	cr_expect_eq(p->rlimits[0].resource, RLIMIT_NOFILE);
	cr_expect_eq(p->rlimits[0].soft, 1024);
	cr_expect_eq(p->rlimits[0].hard, UINT64_MAX);
	cr_expect_eq(p->rlimits[1].resource, RLIMIT_CPU);
	cr_expect(p->scheduler.present);
	cr_expect_eq(p->scheduler.policy, SCHED_DEADLINE);
	cr_expect_eq(p->scheduler.nice, -3);
	cr_expect_eq(p->scheduler.priority, 0);
	cr_expect_eq(p->scheduler.flags, SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_DL_OVERRUN);
	cr_expect_eq(p->scheduler.runtime, 10);
	cr_expect_eq(p->scheduler.deadline, 20);
	cr_expect_eq(p->scheduler.period, 30);
	cr_expect(p->io_priority.present);
	cr_expect_eq(p->io_priority.class, IOPRIO_CLASS_IDLE);
	cr_expect_eq(p->io_priority.priority, 7);
}

Test(spec_whole, mounts)
{
	autochecked struct checked c;
	const struct spec_mount *m;

	read_whole(&c);
	m = c.spec.mounts;
	cr_assert_eq(c.spec.mounts_n, 2);
	cr_expect_str_eq(m[0].destination, "/proc");
	cr_expect_str_eq(m[0].type, "proc");
	cr_expect_str_eq(m[0].source, "proc");
	expect_strings(m[0].options, "nosuid ro");
	cr_expect_eq(m[0].uid_maps.n, 0);
	cr_expect_str_eq(m[1].destination, "/data", "relative is relative to the root");
	cr_expect_null(m[1].type);
	cr_expect_str_eq(m[1].source, "/srv");
	expect_strings(m[1].options, "");
	expect_map(m[1].uid_maps, 0, 100, 10);
	expect_map(m[1].gid_maps, 0, 200, 20);
}

Test(spec_whole, hooks)
{
	autochecked struct checked c;
	const struct spec_hook *h;

	read_whole(&c);
	for (size_t i = 0; i < HOOK_KINDS; i++) {
		char path[] = "/bin/h0";

		path[6] = (char)('0' + i);
		cr_assert_eq(c.spec.hooks[i].n, 1);
		cr_expect_str_eq(c.spec.hooks[i].v[0].path, path);
	}
	h = c.spec.hooks[HOOK_PRESTART].v;
	expect_strings(h->args, "h0 x");
	expect_strings(h->env, "H=0");
	cr_expect_eq(h->timeout_s, 9);
	h = c.spec.hooks[HOOK_POSTSTOP].v;
	expect_strings(h->args, "");
	cr_expect_eq(h->timeout_s, SPEC_UNSET);
}

Test(spec_whole, namespaces_and_ids)
{
	autochecked struct checked c;
	const struct spec_linux *l = &c.spec.linux_;

	read_whole(&c);
	cr_expect(l->present);
	for (size_t i = 0; i < NS_KINDS; i++) {
		cr_expect(l->ns[i].present, "%s", spec_ns_names[i]);
		cr_expect_eq(l->ns[i].path == NULL, i != NS_NETWORK);
	}
	cr_expect_str_eq(l->ns[NS_NETWORK].path, "/run/netns/a");
	expect_map(l->uid_maps, 0, 100000, 65536);
	expect_map(l->gid_maps, 0, 200000, 65535);
	cr_expect(l->boottime.present);
	cr_expect_eq(l->boottime.secs, -5);
	cr_expect_eq(l->boottime.nanosecs, 6);
	cr_expect(l->monotonic.present);
	cr_expect_eq(l->monotonic.secs, 7);
	cr_expect_eq(l->monotonic.nanosecs, 8);
}

Test(spec_whole, devices)
{
	autochecked struct checked c;
	const struct spec_linux *l = &c.spec.linux_;

	read_whole(&c);
	cr_assert_eq(l->devices_n, 2);
	cr_expect_eq(l->devices[0].type, 'c');
	cr_expect_str_eq(l->devices[0].path, "/dev/fuse");
	cr_expect_eq(l->devices[0].major, 10);
	cr_expect_eq(l->devices[0].minor, 229);
	cr_expect(l->devices[0].has_mode);
	cr_expect_eq(l->devices[0].mode, 0666);
	cr_expect_eq(l->devices[0].uid, 5);
	cr_expect_eq(l->devices[0].gid, 6);
	cr_expect_eq(l->devices[1].type, 'p');
	cr_expect_not(l->devices[1].has_mode);
	cr_assert_eq(l->net_devices_n, 2);
	cr_expect_str_eq(l->net_devices[0].host_name, "eth0");
	cr_expect_str_eq(l->net_devices[0].name, "lan0");
	cr_expect_str_eq(l->net_devices[1].host_name, "eth1");
	cr_expect_null(l->net_devices[1].name);
}

Test(spec_whole, walls)
{
	autochecked struct checked c;
	const struct spec_linux *l = &c.spec.linux_;

	read_whole(&c);
	cr_expect_str_eq(l->cgroups_path, "/pod/one");
	cr_expect_str_eq(l->rootfs_propagation, "rslave");
	cr_assert_eq(l->sysctl.n, 2);
	cr_expect_str_eq(l->sysctl.v[0].key, "net.ipv4.ip_forward");
	cr_expect_str_eq(l->sysctl.v[0].value, "1");
	cr_expect_str_eq(l->sysctl.v[1].value, "5");
	expect_strings(l->masked_paths, "/proc/kcore /proc/keys");
	expect_strings(l->readonly_paths, "/proc/sys");
	cr_expect_str_eq(l->mount_label, "mount-label");
	cr_expect(l->intel_rdt.present);
	cr_expect_str_eq(l->intel_rdt.clos_id, "group");
	cr_expect_str_eq(l->intel_rdt.l3_cache_schema, "L3:0=f");
	cr_expect_str_eq(l->intel_rdt.mem_bw_schema, "MB:0=20");
	expect_strings(l->intel_rdt.schemata, "L3:0=7f");
	cr_expect(l->intel_rdt.enable_monitoring);
	cr_expect(l->memory_policy.present);
	cr_expect_eq(l->memory_policy.mode, 2);
	cr_assert_eq(l->memory_policy.nodes.n, 1);
	cr_expect_eq(l->memory_policy.nodes.words[0], 1);
	cr_expect_eq(l->memory_policy.flags, 1 << 15);
	cr_expect_str_eq(l->personality_domain, "LINUX32");
	cr_expect_eq(l->personality_flags.n, 0);
}

Test(spec_whole, device_rules)
{
	autochecked struct checked c;
	const struct spec_device_rule *r;

	read_whole(&c);
	cr_assert_eq(c.spec.linux_.resources.devices_n, 3);
	r = c.spec.linux_.resources.devices;
	cr_expect_not(r[0].allow);
	cr_expect_eq(r[0].type, 'a');
	cr_expect_eq(r[0].major, SPEC_UNSET);
	cr_expect_eq(r[0].minor, SPEC_UNSET);
	cr_expect(r[0].read && r[0].write && r[0].mknod);
	cr_expect(r[1].allow);
	cr_expect_eq(r[1].type, 'c');
	cr_expect_eq(r[1].major, 10);
	cr_expect_eq(r[1].minor, 229);
	cr_expect(r[1].read && r[1].write && !r[1].mknod);
	cr_expect_eq(r[2].minor, SPEC_UNSET, "-1 is any");
	cr_expect(!r[2].read && !r[2].write && r[2].mknod);
}

Test(spec_whole, memory_and_cpu)
{
	autochecked struct checked c;
	const struct spec_resources *r = &c.spec.linux_.resources;

	read_whole(&c);
	cr_expect(r->present);
	cr_expect_eq(r->memory.limit, 1000);
	cr_expect_eq(r->memory.reservation, 500);
	cr_expect_eq(r->memory.swap, 2000);
	cr_expect_eq(r->memory.kernel, -1);
	cr_expect_eq(r->memory.kernel_tcp, 0);
	cr_expect_eq(r->memory.swappiness, SPEC_UNSET);
	cr_expect_not(r->memory.disable_oom_killer);
	cr_expect(r->memory.use_hierarchy);
	cr_expect(r->memory.check_before_update);
	cr_expect_eq(r->cpu.shares, 1024);
	cr_expect_eq(r->cpu.quota, 50000);
	cr_expect_eq(r->cpu.period, 100000);
	cr_expect_eq(r->cpu.burst, 10);
	cr_expect_eq(r->cpu.idle, 1);
	cr_expect_eq(r->cpu.realtime_runtime, 0);
	cr_expect_eq(r->cpu.realtime_period, 0);
	cr_expect_str_eq(r->cpu.cpus, "0-3");
	cr_expect_str_eq(r->cpu.mems, "0");
	cr_expect_eq(r->pids_limit, 0);
}

static void expect_io(struct spec_io_devices list, int64_t minor, uint64_t rate)
{
	cr_assert_eq(list.n, 1);
	cr_expect_eq(list.v[0].major, 8);
	cr_expect_eq(list.v[0].minor, minor);
	cr_expect_eq(list.v[0].rate, rate);
}

Test(spec_whole, other_resources)
{
	autochecked struct checked c;
	const struct spec_resources *r = &c.spec.linux_.resources;

	read_whole(&c);
	cr_expect_eq(r->block_io.weight, 500);
	cr_expect_eq(r->block_io.leaf_weight, 0);
	expect_io(r->block_io.weight_device, 1, 0);
	cr_expect_eq(r->block_io.weight_device.v[0].weight, 100);
	expect_io(r->block_io.read_bps, 2, 201);
	expect_io(r->block_io.write_bps, 3, 202);
	expect_io(r->block_io.read_iops, 4, 203);
	expect_io(r->block_io.write_iops, 5, UINT64_MAX);
	cr_assert_eq(r->hugepages_n, 1);
	cr_expect_str_eq(r->hugepages[0].page_size, "2MB");
	cr_expect_eq(r->hugepages[0].limit, 9223372036854775808u);
	cr_assert_eq(r->rdma_n, 2);
	cr_expect_str_eq(r->rdma[0].name, "mlx5_0");
	cr_expect_eq(r->rdma[0].handles, 3);
	cr_expect_eq(r->rdma[0].objects, SPEC_UNSET);
	cr_expect_eq(r->rdma[1].handles, SPEC_UNSET);
	cr_expect_eq(r->rdma[1].objects, 10000);
	cr_expect_not(r->has_class_id);
	cr_expect_eq(r->net_priorities_n, 0);
	cr_assert_eq(r->unified.n, 2);
	cr_expect_str_eq(r->unified.v[1].key, "io.weight");
	cr_expect_str_eq(r->unified.v[1].value, "default 10");
}

Test(spec_whole, seccomp)
{
	autochecked struct checked c;
	const struct spec_seccomp *s = &c.spec.linux_.seccomp;

	read_whole(&c);
	cr_expect(s->present);
	cr_expect_str_eq(s->default_action, "SCMP_ACT_ERRNO");
	cr_expect_eq(s->default_errno_ret, 38);
	expect_strings(s->architectures, "SCMP_ARCH_X86_64 SCMP_ARCH_X86");
	cr_expect(s->has_flags);
	expect_strings(s->flags, "SECCOMP_FILTER_FLAG_LOG");
	cr_expect_str_eq(s->listener_path, "/run/agent.sock");
	cr_expect_str_eq(s->listener_metadata, "data");
	cr_assert_eq(s->rules_n, 2);
	expect_strings(s->rules[0].names, "read write");
	cr_expect_str_eq(s->rules[0].action, "SCMP_ACT_ALLOW");
	cr_expect_eq(s->rules[0].errno_ret, SPEC_UNSET);
	cr_expect_eq(s->rules[0].args_n, 0);
	cr_expect_eq(s->rules[1].errno_ret, 22);
	cr_assert_eq(s->rules[1].args_n, 1);
	cr_expect_eq(s->rules[1].args[0].index, 5);
	cr_expect_eq(s->rules[1].args[0].value, UINT64_MAX);
	cr_expect_eq(s->rules[1].args[0].value_two, 7);
	cr_expect_str_eq(s->rules[1].args[0].op, "SCMP_CMP_MASKED_EQ");
}

/* What "absent" means, for all that tells it apart from zero. */
Test(spec_whole, absence)
{
	autochecked struct checked c;
	const struct spec *s = &c.spec;
	const struct spec_resources *r = &s->linux_.resources;

	check_text(&c, "{'ociVersion':'1.3.0','root':{'path':'r'}}");
	cr_assert_eq(c.bad.n, 0);
	cr_expect_null(s->hostname);
	cr_expect_not(s->process.present);
	cr_expect_not(s->process.user.has_umask);
	cr_expect_not(s->process.caps.present);
	cr_expect_not(s->process.scheduler.present);
	cr_expect_not(s->process.io_priority.present);
	cr_expect_eq(s->process.oom_score_adj, SPEC_UNSET);
	expect_strings(s->process.args, "");
	expect_strings(s->process.env, "");
	cr_expect_not(s->linux_.present);
	cr_expect_not(r->present);
	cr_expect_eq(r->pids_limit, SPEC_UNSET);
	cr_expect_eq(r->memory.limit, SPEC_UNSET);
	cr_expect_eq(r->memory.swap, SPEC_UNSET);
	cr_expect_eq(r->cpu.quota, SPEC_UNSET);
	cr_expect_eq(r->cpu.burst, SPEC_UNSET);
	cr_expect_eq(r->cpu.idle, SPEC_UNSET);
	cr_expect_not(s->linux_.seccomp.present);
	cr_expect_not(s->linux_.seccomp.has_flags);
	cr_expect_eq(s->linux_.seccomp.default_errno_ret, SPEC_UNSET);
	expect_strings(s->linux_.seccomp.architectures, "");
	expect_strings(s->linux_.seccomp.flags, "");
	expect_strings(s->linux_.masked_paths, "");
	expect_strings(s->linux_.intel_rdt.schemata, "");
	expect_strings(s->linux_.personality_flags, "");
	cr_expect_null(s->linux_.personality_domain);
}

static void forget(void *ctx, const char *path)
{
	(void)ctx;
	cr_expect_fail("%s was not read", path);
}

Test(spec_whole, every_member_is_asked_for)
{
	autoarena struct arena a = { 0 };
	struct complaints bad = { .arena = &a };
	char *text = unit_file(&a, "whole.json");
	struct json *doc = NULL;
	struct spec s;
	struct err e = { 0 };

	cr_assert_not_null(text);
	cr_assert_eq(json_parse(&a, "whole.json", text, strlen(text), &doc, &e), 0, "%s",
		     e.text);
	spec_read(&a, doc, &s, &bad);
	json_unread(doc, forget, NULL);
}
