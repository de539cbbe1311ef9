/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text in a directory of plain files, and what is read from them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/cg_private.h"

/* ---- a directory of plain files in the place of a group ---- */

static const struct cg_limits nothing = {
	.memory = { CG_KEEP, CG_KEEP, CG_KEEP },
	.pids_max = CG_KEEP,
	.cpu = { CG_KEEP, CG_KEEP, CG_KEEP, CG_KEEP, CG_KEEP },
};

struct fake {
	char path[64];
	struct cg *cg;
};

static struct fake fake_open(void)
{
	struct fake f = { .path = "/tmp/t_cgroups.XXXXXX" };
	int dir;

	cr_assert(mkdtemp(f.path) != NULL);
	dir = open(f.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert(dir >= 0);
	cr_assert_eq(cg_at(dir, "/fake", &f.cg), 0);
	return f;
}

static void fake_put(const struct fake *f, const char *name, const char *text)
{
	autofd int fd = openat(cg_fd(f->cg), name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert(fd >= 0);
	cr_assert_eq(write_all(fd, text, strlen(text)), 0);
}

static const char *fake_get(const struct fake *f, const char *name, char buf[256])
{
	if (file_peek_at(cg_fd(f->cg), name, buf, 256) < 0)
		return "(missing)";
	return buf;
}

static void fake_close(struct fake *f)
{
	DIR *d = opendir(f->path);
	struct dirent *entry;

	cr_assert(d != NULL);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	(void)closedir(d);
	(void)rmdir(f->path);
	cg_close(f->cg);
}

/* ---- limits as text ---- */

/* clang-format off */
static const struct cg_io_limit io_limit = { 8, 16, "rbps", 1048576 };
static const struct cg_io_limit io_unlimited = { 8, 16, "wiops", 0 };
static const struct cg_io_weight io_default = { -1, -1, 500 };
static const struct cg_io_weight io_device = { 8, 16, 1000 };
static const struct cg_io_weight io_least = { -1, -1, 10 };
static const struct cg_hugetlb huge = { "2MB", 4194304 };
static const struct cg_rdma rdma = { "mlx5_1", 2, CG_MAX };
static const struct cg_rdma rdma_one = { "mlx5_1", CG_KEEP, 3 };
static const struct cg_pair high = { "memory.high", "max" };
static const struct cg_pair lines = { "io.latency", "\n8:16 target=100\n" };

#define K CG_KEEP
#define KEEP_MEM .memory = { K, K, K }
#define KEEP_CPU .cpu = { K, K, K, K, K }
#define MEM(low, max, swap) { .memory = { low, max, swap }, .pids_max = K, KEEP_CPU }
#define CPU(weight, quota, period, burst, idle) \
	{ KEEP_MEM, .pids_max = K, .cpu = { weight, quota, period, burst, idle } }
#define PIDS(n) { KEEP_MEM, .pids_max = n, KEEP_CPU }
#define WITH(...) { KEEP_MEM, .pids_max = K, KEEP_CPU, __VA_ARGS__ }

static const struct {
	const char *file, *before, *after;
	struct cg_limits l;
} texts[] = {
	{ "memory.max", "", "1048576", MEM(K, 1048576, K) },
	{ "memory.max", "", "max", MEM(K, CG_MAX, K) },
	{ "memory.max", "", "", MEM(1, K, 3) },
	{ "memory.low", "", "1", MEM(1, K, K) },
	{ "memory.swap.max", "", "0", MEM(K, K, 0) },
	{ "pids.max", "", "100", PIDS(100) },
	{ "pids.max", "", "max", PIDS(CG_MAX) },
	{ "cpu.weight", "", "79", CPU(79, K, K, K, K) },
	{ "cpu.weight", "", "", CPU(79, K, K, K, 1) },
	{ "cpu.weight", "", "79", CPU(79, K, K, K, 0) },
	{ "cpu.idle", "", "1", CPU(79, K, K, K, 1) },
	{ "cpu.max", "", "50000 100000", CPU(K, 50000, 100000, K, K) },
	{ "cpu.max", "", "50000", CPU(K, 50000, K, K, K) },
	{ "cpu.max", "", "max 50000", CPU(K, CG_MAX, 50000, K, K) },
	{ "cpu.max", "7000 100000\n", "7000 200000", CPU(K, K, 200000, K, K) },
	{ "cpu.max.burst", "0", "900", CPU(K, K, K, 900, K) },
	{ "cpuset.cpus", "", "0-1", WITH(.cpus = "0-1") },
	{ "cpuset.mems", "", "0", WITH(.mems = "0") },
	{ "io.max", "", "8:16 rbps=1048576", WITH(.io = &io_limit, .io_n = 1) },
	{ "io.max", "", "8:16 wiops=max", WITH(.io = &io_unlimited, .io_n = 1) },
	{ "io.weight", "", "default 4950", WITH(.io_weights = &io_default, .io_weights_n = 1) },
	{ "io.weight", "", "default 1", WITH(.io_weights = &io_least, .io_weights_n = 1) },
	{ "io.weight", "", "8:16 10000", WITH(.io_weights = &io_device, .io_weights_n = 1) },
	{ "io.bfq.weight", "", "8:16 1000", WITH(.io_weights = &io_device, .io_weights_n = 1) },
	{ "hugetlb.2MB.max", "", "4194304", WITH(.hugetlb = &huge, .hugetlb_n = 1) },
	{ "hugetlb.2MB.rsvd.max", "", "4194304", WITH(.hugetlb = &huge, .hugetlb_n = 1) },
	{ "rdma.max", "", "mlx5_1 hca_handle=2 hca_object=max", WITH(.rdma = &rdma, .rdma_n = 1) },
	{ "rdma.max", "", "mlx5_1 hca_object=3", WITH(.rdma = &rdma_one, .rdma_n = 1) },
	{ "memory.high", "", "max", WITH(.unified = &high, .unified_n = 1) },
	{ "io.latency", "", "8:16 target=100", WITH(.unified = &lines, .unified_n = 1) },
};
/* clang-format on */

/* Every file that a case needs beside the one it looks at. */
static const char *const present[] = { "memory.low", "memory.max", "memory.swap.max",
				       "cpu.idle",   "cpu.weight", "hugetlb.2MB.max",
				       NULL };

Test(cgroups, writes_each_value_in_the_kernels_words)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct fake f = fake_open();
		struct err e = { 0 };
		char buf[256];

		for (size_t k = 0; present[k] != NULL; k++)
			fake_put(&f, present[k], "");
		fake_put(&f, texts[i].file, texts[i].before);
		cr_expect_eq(cg_limit(f.cg, &texts[i].l, &e), 0, "%zu: %s", i, e.text);
		cr_expect_str_eq(fake_get(&f, texts[i].file, buf), texts[i].after,
				 "%zu: %s: %s", i, texts[i].file, buf);
		fake_close(&f);
	}
}

Test(cgroups, needs_no_controller_when_nothing_is_limited)
{
	cr_expect_eq(cg_needs(&nothing), 0);
	for (size_t i = 0; i < COUNT(texts); i++)
		cr_expect_eq(cg_needs(&texts[i].l), cg_file_controller(texts[i].file),
			     "%zu: %s", i, texts[i].file);
}

Test(cgroups, missing_swap_file_is_no_error_for_none_and_max)
{
	struct cg_limits l = nothing;
	struct fake f = fake_open();
	struct err e = { 0 };

	fake_put(&f, "cgroup.controllers", "cpu memory\n");
	l.memory.swap_max = 0;
	cr_expect_eq(cg_limit(f.cg, &l, &e), 0);
	l.memory.swap_max = CG_MAX;
	cr_expect_eq(cg_limit(f.cg, &l, &e), 0);
	l.memory.swap_max = 4096;
	cr_expect_eq(cg_limit(f.cg, &l, &e), -1);
	cr_expect_eq(e.kind, ERR_HOST);
	cr_expect_str_eq(e.text, "cgroup /fake: write 4096 to memory.swap.max: no such file or "
				 "directory\nthis kernel has no such file");
	fake_close(&f);
}

/* What stands in which file when the write after it is refused tells the order. */
Test(cgroups, burst_is_lowered_before_and_raised_after_the_quota)
{
	struct cg_limits l = nothing;
	struct fake f = fake_open();
	struct err e = { 0 }, e2 = { 0 };
	char buf[256];

	fake_put(&f, "cgroup.controllers", "cpu");
	fake_put(&f, "cpu.max.burst", "500");
	l.cpu.quota_us = 20000;
	l.cpu.burst_us = 900;
	cr_expect_eq(cg_limit(f.cg, &l, &e), -1);
	cr_expect_str_eq(e.text, "cgroup /fake: write 20000 to cpu.max: no such file or "
				 "directory\nthis kernel has no such file");
	cr_expect_str_eq(fake_get(&f, "cpu.max.burst", buf), "500");
	l.cpu.burst_us = 100;
	cr_expect_eq(cg_limit(f.cg, &l, &e2), -1);
	cr_expect_str_eq(fake_get(&f, "cpu.max.burst", buf), "100");
	fake_close(&f);
}

/* The kernel refuses a weight while the group is idle. */
Test(cgroups, weight_wakes_an_idle_group_unless_both_are_asked_for)
{
	const struct cg_pair weight[] = { { "cpu.weight", "80" }, { "cpu.idle", "1" } };
	struct cg_limits l = nothing;
	struct fake f = fake_open();
	struct err e = { 0 };
	char buf[256];

	fake_put(&f, "cpu.idle", "1\n");
	fake_put(&f, "cpu.weight", "1\n");
	l.cpu.weight = 50;
	cr_expect_eq(cg_limit(f.cg, &l, &e), 0, "%s", e.text);
	cr_expect_str_eq(fake_get(&f, "cpu.idle", buf), "0");
	cr_expect_str_eq(fake_get(&f, "cpu.weight", buf), "50");
	l.cpu.weight = CG_KEEP;
	l.unified = weight;
	l.unified_n = 2;
	cr_expect_eq(cg_limit(f.cg, &l, &e), 0, "%s", e.text);
	cr_expect_str_eq(fake_get(&f, "cpu.idle", buf), "1");
	cr_expect_str_eq(fake_get(&f, "cpu.weight", buf), "50");
	l.unified_n = 1;
	cr_expect_eq(cg_limit(f.cg, &l, &e), 0, "%s", e.text);
	cr_expect_str_eq(fake_get(&f, "cpu.idle", buf), "0");
	cr_expect_str_eq(fake_get(&f, "cpu.weight", buf), "80");
	fake_close(&f);
}

Test(cgroups, update_below_what_is_used_is_refused)
{
	struct cg_limits l = nothing;
	struct fake f = fake_open();
	struct err e = { 0 };
	char buf[256];

	fake_put(&f, "memory.current", "5000\n");
	fake_put(&f, "memory.max", "");
	l.memory.max = 4999;
	l.check_before_update = true;
	cr_expect_eq(cg_limit(f.cg, &l, &e), -1);
	cr_expect_eq(e.kind, ERR_STATE);
	cr_expect_str_eq(e.text,
			 "cgroup /fake: rejecting memory limit 4999: memory.current is 5000");
	l.memory.swap_max = 1;
	e = (struct err){ 0 };
	cr_expect_eq(cg_limit(f.cg, &l, &e), -1, "swap is no room for what may not go there");
	cr_expect_str_eq(e.text,
			 "cgroup /fake: rejecting memory limit 4999: memory.current is 5000");
	l.memory.swap_max = 0;
	e = (struct err){ 0 };
	cr_expect_eq(cg_limit(f.cg, &l, &e), -1);
	cr_expect_str_eq(e.text, "cgroup /fake: rejecting memory+swap limit 4999: "
				 "memory.current is 5000");
	l.memory.swap_max = CG_KEEP;
	cr_expect_str_eq(fake_get(&f, "memory.max", buf), "");
	l.memory.max = 5000;
	e = (struct err){ 0 };
	cr_expect_eq(cg_limit(f.cg, &l, &e), 0, "%s", e.text);
	cr_expect_str_eq(fake_get(&f, "memory.max", buf), "5000");
	fake_close(&f);
}

Test(cgroups, several_unified_lines_are_several_writes)
{
	struct cg_pair pair = { "io.latency", "8:16 target=100\n8:0 x\n" };
	struct cg_limits l = nothing;
	struct fake f = fake_open();
	struct err e = { 0 };
	char buf[256];

	l.unified = &pair;
	l.unified_n = 1;
	fake_put(&f, "io.latency", "");
	cr_expect_eq(cg_limit(f.cg, &l, &e), 0);
	/* The second write starts at the front of the file again. */
	cr_expect_str_eq(fake_get(&f, "io.latency", buf), "8:0 xtarget=100");
	fake_close(&f);
}

/* clang-format off */
static const struct {
	struct cg_pair pair;
	enum err_kind kind;
	const char *text;
} bad_pairs[] = {
	{ { "../x", "1" }, ERR_SPEC, "cgroup /fake: wanted a control file's name: \"../x\"" },
	{ { "", "1" }, ERR_SPEC, "cgroup /fake: wanted a control file's name: \"\"" },
	{ { "cgroup.procs", "1" }, ERR_SPEC, "cgroup /fake: wanted a limit: cgroup.procs is none" },
	{ { "cgroup.kill", "1" }, ERR_SPEC, "cgroup /fake: wanted a limit: cgroup.kill is none" },
	{ { "memory.high", "1" }, ERR_HOST,
	  "cgroup /fake: write 1 to memory.high: controller memory is not available\n"
	  "its ancestors must pass memory on (cgroup.subtree_control), under systemd with Delegate=memory" },
	{ { "cpu.nothing", "1" }, ERR_HOST,
	  "cgroup /fake: write 1 to cpu.nothing: no such file or directory\nthis kernel has no such file" },
	{ { "wrong.file", "1" }, ERR_HOST,
	  "cgroup /fake: write 1 to wrong.file: no such file or directory\nthis kernel has no such file" },
};
/* clang-format on */

Test(cgroups, refuses_unified_keys_and_says_why)
{
	struct fake f = fake_open();

	fake_put(&f, "cgroup.controllers", "cpu pids\n");
	for (size_t i = 0; i < COUNT(bad_pairs); i++) {
		struct cg_limits l = nothing;
		struct err e = { 0 };

		l.unified = &bad_pairs[i].pair;
		l.unified_n = 1;
		cr_expect_eq(cg_limit(f.cg, &l, &e), -1);
		cr_expect_eq(e.kind, bad_pairs[i].kind);
		cr_expect_str_eq(e.text, bad_pairs[i].text);
	}
	fake_close(&f);
}

Test(cgroups, a_group_that_is_gone_is_named_as_gone)
{
	struct cg_limits l = nothing;
	struct fake f = fake_open();
	struct err e = { 0 };

	l.pids_max = 5;
	cr_expect_eq(cg_limit(f.cg, &l, &e), -1);
	cr_expect_eq(e.sys, ENOENT);
	cr_expect_str_eq(e.text, "cgroup /fake: write 5 to pids.max: the group is gone");
	fake_close(&f);
}

static const struct {
	const char *file;
	int errnum;
	const char *remedy;
} remedies[] = {
	{ "cpu.max.burst", EINVAL, "the burst may not be above the quota of cpu.max" },
	{ "cpu.weight", ERANGE, "cpu.weight is 1 to 10000" },
	{ "memory.max", EACCES,
	  "the group is not delegated to this user: Delegate=yes in the systemd unit, or run "
	  "in "
	  "a user session" },
	{ "cgroup.procs", EACCES,
	  "to move a process, both groups and their common ancestor must be delegated to this "
	  "user" },
	{ "io.max", ENODEV, "the numbers must be those of a whole disk: see lsblk" },
	{ "pids.max", EROFS, "/sys/fs/cgroup is mounted read-only here" },
	{ "pids.max", EINVAL, NULL },
};

Test(cgroups, refusal_of_the_kernel_comes_with_a_remedy_where_one_is_known)
{
	struct fake f = fake_open();

	for (size_t i = 0; i < COUNT(remedies); i++) {
		struct err e = { 0 };
		char text[96];

		cr_expect_eq(cg_refused(f.cg, remedies[i].file, "7", remedies[i].errnum, &e),
			     -1);
		(void)snprintf(text, sizeof(text), "cgroup /fake: write 7 to %s",
			       remedies[i].file);
		cr_expect(str_after(e.text, text) != NULL, "%s", e.text);
		cr_expect_eq(e.sys, remedies[i].errnum);
		cr_expect(str_eq(err_hint(&e), remedies[i].remedy), "%zu: %s", i, e.text);
	}
	fake_close(&f);
}

/* ---- reading ---- */

Test(cgroups, usage_reads_what_is_there_and_minus_one_for_the_rest)
{
	struct fake f = fake_open();
	struct cg_usage u;

	fake_put(&f, "memory.current", "4096\n");
	fake_put(&f, "memory.max", "max\n");
	fake_put(&f, "cpu.stat",
		 "usage_usec 12\nuser_usec 5\nsystem_usec 7\nnice_usec 0\n"
		 "nr_periods 0\nnr_throttled 3\nthrottled_usec 40\n");
	fake_put(&f, "memory.events",
		 "low 0\nhigh 0\nmax 9\noom 2\noom_kill 1\n"
		 "oom_group_kill 0\n");
	fake_put(&f, "memory.events.local", "low 0\nhigh 0\nmax 9\noom 4\noom_kill 1\n");
	fake_put(&f, "pids.current", "1\n");
	fake_put(&f, "pids.events", "max 6\n");
	fake_put(&f, "io.stat",
		 "8:0 rbytes=100 wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n"
		 "8:16 rbytes=11 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n");
	cg_usage(f.cg, &u);
	cr_expect_eq(u.memory_current, 4096);
	cr_expect_eq(u.memory_max, CG_MAX);
	cr_expect_eq(u.memory_peak, -1);
	cr_expect_eq(u.cpu_usec, 12);
	cr_expect_eq(u.cpu_user_usec, 5);
	cr_expect_eq(u.cpu_system_usec, 7);
	cr_expect_eq(u.cpu_throttled, 3);
	cr_expect_eq(u.cpu_throttled_usec, 40);
	cr_expect_eq(u.oom_kills, 1);
	cr_expect_eq(u.oom_group_kills, 0);
	cr_expect_eq(u.oom_local, 4);
	cr_expect_eq(u.pids_current, 1);
	cr_expect_eq(u.pids_peak, -1);
	cr_expect_eq(u.pids_max_hits, 6);
	cr_expect_eq(u.io_read_bytes, 111);
	cr_expect_eq(u.io_write_bytes, 22);
	fake_close(&f);
}

Test(cgroups, a_controller_that_is_not_there_is_minus_one_throughout)
{
	struct fake f = fake_open();
	struct cg_usage u;

	memset(&u, 0, sizeof(u));
	cg_usage(f.cg, &u);
	for (size_t i = 0; i < sizeof(u) / sizeof(int64_t); i++)
		cr_expect_eq(((const int64_t *)&u)[i], -1, "field %zu", i);
	fake_close(&f);
}

Test(cgroups, key_is_found_only_as_a_whole_word_at_the_line_start)
{
	const char *text = "nr_throttled 3\nthrottled_usec 40\noom_kill 1\nmax x";

	cr_expect_eq(cg_key(text, "throttled_usec"), 40);
	cr_expect_eq(cg_key(text, "nr_throttled"), 3);
	cr_expect_eq(cg_key(text, "oom"), -1);
	cr_expect_eq(cg_key(text, "max"), -1);
	cr_expect_eq(cg_key("", "max"), -1);
}

/* ---- what the host has ---- */

/* clang-format off */
static const struct {
	const char *mountinfo, *why;
} hosts[] = {
	{ "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
	  "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:4 - cgroup cgroup rw,cpu,cpuacct\n"
	  "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	  "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
	  "35 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n",
	  "v1 holds cpu,cpuacct, memory; v2 is on /sys/fs/cgroup/unified" },
	{ "33 31 0:30 / /mnt/m rw - cgroup none rw,memory\n", "v1 holds memory (on /mnt/m)" },
	{ "33 31 0:30 / / rw - ext4 /dev/vda rw\n", "no cgroup filesystem is mounted" },
	{ "", "no cgroup filesystem is mounted" },
	{ "a - cgroup\nb\n - - cgroup2\n", "no cgroup filesystem is mounted" },
};
/* clang-format on */

Test(cgroups, says_which_controller_is_mounted_where)
{
	for (size_t i = 0; i < COUNT(hosts); i++) {
		char why[200];

		cg_explain(hosts[i].mountinfo, why, sizeof(why));
		cr_expect_str_eq(why, hosts[i].why);
	}
}

Test(cgroups, probe_gives_controllers_or_a_reason)
{
	struct cg_host h;

	cg_probe(&h);
	cr_expect(h.v2 ? h.why[0] == '\0' : h.why[0] != '\0');
}

Test(cgroups, own_path_starts_at_the_root)
{
	struct err e = { 0 };
	char path[PATH_MAX];

	if (cg_self_path(path, sizeof(path), &e) < 0)
		cr_skip("no v2 group: %s", e.text);
	cr_expect_eq(path[0], '/');
	cr_expect_eq(cg_self_path(path, 1, &e), -1);
}

static const struct {
	const char *path, *tidy, *text;
} paths[] = {
	{ "/", "/", NULL },
	{ "///", "/", NULL },
	{ "/a//b/", "/a/b", NULL },
	{ "/a.b/..c", "/a.b/..c", NULL },
	{ "a", NULL, "cgroup a: expected a path from the root: no /" },
	{ "", NULL, "cgroup : expected a path from the root: no /" },
	{ "/a/../b", NULL, "cgroup /a/../b: expected plain names: .." },
	{ "/a/.", NULL, "cgroup /a/.: expected plain names: ." },
	{ "/a\nb", NULL, "cgroup: expected plain names: a line end" },
};

Test(cgroups, path_is_tidied_or_refused)
{
	for (size_t i = 0; i < COUNT(paths); i++) {
		char out[PATH_MAX], small[3];
		struct err e = { 0 };
		int r = cg_tidy(paths[i].path, out, sizeof(out), &e);

		cr_expect_eq(r, paths[i].tidy != NULL ? 0 : -1, "%s", paths[i].path);
		cr_expect_str_eq(r == 0 ? out : e.text, r == 0 ? paths[i].tidy : paths[i].text);
		e = (struct err){ 0 };
		cr_expect_eq(cg_tidy("/abc", small, sizeof(small), &e), -1);
	}
}

Test(cgroups, freeze_that_does_not_come_about_is_taken_back)
{
	struct fake f = fake_open();
	struct err e = { 0 };
	char buf[256];

	fake_put(&f, "cgroup.events", "populated 1\nfrozen 0\n");
	fake_put(&f, "cgroup.freeze", "0");
	cr_expect_eq(cg_freeze(f.cg, true, 20, &e), -1);
	cr_expect_str_eq(e.text,
			 "cgroup /fake: freeze: not done after 20 ms\n"
			 "a process waits inside the kernel (state D); it is thawed again");
	cr_expect_str_eq(fake_get(&f, "cgroup.freeze", buf), "0");
	fake_close(&f);
}

Test(cgroups, a_freeze_that_is_asked_for_is_not_yet_done)
{
	struct fake f = fake_open();

	fake_put(&f, "cgroup.events", "populated 1\nfrozen 0\n");
	fake_put(&f, "cgroup.freeze", "1\n");
	cr_expect(cg_is_to_freeze(f.cg));
	cr_expect_not(cg_is_frozen(f.cg));
	fake_put(&f, "cgroup.freeze", "0\n");
	cr_expect_not(cg_is_to_freeze(f.cg));
	fake_close(&f);
}
