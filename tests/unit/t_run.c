/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/unit/run_help.h"

TestSuite(run, .init = need_root);

/* ---- sysctl.c ---- */

struct key {
	char key[64], path[64]; /* path: what was written below the procfs, or "" */
	char text[160];         /* the error, or "" */
};

/* clang-format off */
static struct key keys[] = {
	{ "net.ipv4.forward",         "sys/net/ipv4/forward",      "" },
	{ "net/ipv4/forward",         "sys/net/ipv4/forward",      "" },
	{ "net.ipv4.eth0/1.rp",       "sys/net/ipv4/eth0.1/rp",    "" },
	{ "net/ipv4/eth0.1/rp",       "sys/net/ipv4/eth0.1/rp",    "" },
	{ "../secret",  "", "linux.sysctl: expected a key below /proc/sys: found \"../secret\"" },
	{ "", "", "linux.sysctl: expected a key below /proc/sys: found \"\"" },
	{ "net.ipv4.none",  "", "linux.sysctl: net.ipv4.none: write \"7\": no such file or directory" },
	{ "net.link.forward", "", "linux.sysctl: net.link.forward: write \"7\": too many levels of symbolic links" },
	{ "net/../../secret", "", "linux.sysctl: expected a key below /proc/sys: found \"net/../../secret\"" },
	{ "net..ipv4", "",        "linux.sysctl: expected a key below /proc/sys: found \"net..ipv4\"" },
	{ "net.ipv4.slash/", "",  "linux.sysctl: net.ipv4.slash/: write \"7\": no such file or directory" },
};
/* clang-format on */

ParameterizedTestParameters(run, sysctl_writes)
{
	return cr_make_param_array(struct key, keys, COUNT(keys));
}

/* A tree in the place of a procfs. */
static struct scratch proc_tree(void)
{
	struct scratch s = scratch_open();

	scratch_put(&s, "secret", "0");
	cr_assert_eq(mkdirat(s.fd, "sys", 0755), 0);
	cr_assert_eq(mkdirat(s.fd, "sys/net", 0755), 0);
	cr_assert_eq(mkdirat(s.fd, "sys/net/ipv4", 0755), 0);
	cr_assert_eq(mkdirat(s.fd, "sys/net/ipv4/eth0.1", 0755), 0);
	cr_assert_eq(symlinkat("loop", s.fd, "sys/net/loop"), 0);
	cr_assert_eq(symlinkat("loop", s.fd, "sys/net/link"), 0);
	scratch_put(&s, "sys/net/ipv4/forward", "0");
	scratch_put(&s, "sys/net/ipv4/eth0.1/rp", "0");
	return s;
}

ParameterizedTest(struct key *k, run, sysctl_writes)
{
	autoscratch struct scratch s = proc_tree();
	const struct spec_pair pair = { k->key, "7" };
	const struct plan pl = { .sysctl = { &pair, 1 } };
	struct run r = bare_run(NULL, NULL);
	char text[sizeof(struct err)];
	struct err e = { 0 };
	int got;

	r.proc = s.fd;
	got = do_sysctl(&r, &pl, &e);
	error_text(&e, text, sizeof(text));
	cr_expect_str_eq(text, k->text, "%s", text);
	cr_expect_eq(got, k->text[0] == '\0' ? 0 : -1);
	if (k->path[0] != '\0') {
		peek_text(s.fd, k->path, text, sizeof(text));
		cr_expect_str_eq(text, "7");
	}
	peek_text(s.fd, "secret", text, sizeof(text));
	cr_expect_str_eq(text, "0");
}

static void set_hostname_by_sysctl(char *told, size_t size)
{
	const struct spec_pair pair = { "kernel.hostname", "caisson-test" };
	const struct plan pl = { .sysctl = { &pair, 1 } };
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };
	char name[65] = "";

	if (unshare(CLONE_NEWUTS) < 0)
		TELL("unshare");
	else if (do_sysctl(&r, &pl, &e) < 0)
		error_text(&e, told, size);
	else if (gethostname(name, sizeof(name)) < 0 || !str_eq(name, "caisson-test"))
		TELL("found %s", name);
}

Test(run, sysctl_reaches_the_namespace_that_we_are_in)
{
	cr_expect_str_eq(in_child(set_hostname_by_sysctl).text, "");
}

/* ---- proc_files.c ---- */

/* A tmpfs on /proc/sys: the private procfs does not have it, the mounted one refuses it. */
static void cover_proc(char *told, size_t size)
{
	struct run own = bare_run(NULL, NULL), mounted = own;
	struct err e = { 0 };
	int a, b;

	if (!own_mounts(told, size))
		return;
	if (mount("none", "/proc/sys", "tmpfs", 0, NULL) < 0) {
		TELL("mount: %s", strerror(errno));
		return;
	}
	mounted.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (private_proc(&own, &e) < 0) {
		error_text(&e, told, size);
		return;
	}
	a = proc_open(&own, "sys/kernel/ostype", O_RDONLY);
	b = proc_open(&mounted, "sys", O_RDONLY);
	if (a < 0 || b != -EXDEV || proc_open(&own, "self/root/etc", O_RDONLY) != -ELOOP ||
	    proc_open(&own, "thread-self/attr/current", O_RDONLY) == -ELOOP)
		TELL("own %d, mounted %d", a, b);
}

Test(run, private_proc_is_not_covered)
{
	cr_expect_str_eq(in_child(cover_proc).text, "");
}

Test(run, private_proc_is_made_once)
{
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };
	int was;

	cr_assert_eq(private_proc(&r, &e), 0, "%s", e.text);
	was = r.proc;
	cr_expect_eq(private_proc(&r, &e), 0);
	cr_expect_eq(r.proc, was);
	(void)close(r.proc);
}

/* ---- lsm.c ---- */

struct label {
	const char *apparmor, *selinux, *written;
};

Test(run, label_is_written_as_each_module_wants_it)
{
	static const struct label labels[] = {
		{ "unconfined", NULL, "exec unconfined" },
		{ NULL, "system_u:system_r:x_t:s0", "system_u:system_r:x_t:s0" },
	};

	for (size_t i = 0; i < COUNT(labels); i++) {
		const struct plan pl = { .process = { .apparmor_profile = labels[i].apparmor,
						      .selinux_label = labels[i].selinux } };
		struct run r = bare_run(NULL, NULL);
		struct err e = { 0 };
		char text[64] = "";
		int ends[2];

		cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
		r.exec_label = ends[1];
		cr_expect_eq(do_label(&r, &pl, &e), 0, "%s", e.text);
		cr_expect_eq(r.exec_label, -1);
		cr_expect_gt(read(ends[0], text, sizeof(text) - 1), 0);
		cr_expect_str_eq(text, labels[i].written);
		(void)close(ends[0]);
	}
}

Test(run, label_that_the_kernel_refuses_is_an_error)
{
	const struct plan pl = { .process = { .apparmor_profile = "none" } };
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };

	r.exec_label = open("/dev/full", O_WRONLY | O_CLOEXEC);
	cr_expect_eq(do_label(&r, &pl, &e), -1);
	cr_expect_str_eq(e.text, "process.apparmorProfile: write \"none\" to "
				 "`/proc/thread-self/attr/exec`");
}

static void join_keyring(char *told, size_t size)
{
	const struct plan pl = { .id = "t1" };
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };
	char text[128] = "";
	long n;

	if (do_keyring(&r, &pl, &e) < 0) {
		error_text(&e, told, size);
		return;
	}
	/* KEYCTL_DESCRIBE of KEY_SPEC_SESSION_KEYRING */
	n = syscall(SYS_keyctl, 6, -3, text, sizeof(text));
	if ((n < 0 && errno != ENOSYS) || (n >= 0 && !str_ends(text, ";3f3f0000;_ses.t1")))
		TELL("%s", text);
}

Test(run, keyring_is_a_new_one_with_the_id_in_its_name)
{
	cr_expect_str_eq(in_child(join_keyring).text, "");
}

/* ---- limits.c ---- */

static void limit_self(char *told, size_t size)
{
	const struct spec_rlimit want[] = { { RLIMIT_NOFILE, 100, 200 },
					    { RLIMIT_CORE, 0, RLIM_INFINITY } };
	const struct plan pl = {
		.process = { .rlimits = want,
			     .rlimits_n = COUNT(want),
			     .scheduler = { .present = true, .policy = SCHED_BATCH, .nice = 3 },
			     .io_priority = { true, IOPRIO_CLASS_BE, 6 },
			     .personality = PER_LINUX32,
			     .umask = 0123 },
	};
	struct run r = bare_run(NULL, NULL);
	struct rlimit files = { 0, 0 };
	struct err e = { 0 };
	long io;

	if (do_scheduler(&r, &pl, &e) < 0 || do_io_priority(&r, &pl, &e) < 0 ||
	    do_personality(&r, &pl, &e) < 0 || do_umask(&r, &pl, &e) < 0 ||
	    do_rlimits(&r, &pl, &e) < 0) {
		error_text(&e, told, size);
		return;
	}
	(void)getrlimit(RLIMIT_NOFILE, &files);
	io = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	if (files.rlim_cur != 100 || files.rlim_max != 200 ||
	    sched_getscheduler(0) != SCHED_BATCH || getpriority(PRIO_PROCESS, 0) != 3 ||
	    io != ((IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT) | 6) ||
	    personality(0xffffffff) != PER_LINUX32 || umask(0) != 0123)
		TELL("files %lu io %ld", (unsigned long)files.rlim_cur, io);
}

Test(run, limits_are_set)
{
	cr_expect_str_eq(in_child(limit_self).text, "");
}

/* As somebody who may raise nothing. */
static void limit_too_high(char *told, size_t size)
{
	const struct spec_rlimit want[] = { { RLIMIT_CORE, 0, 0 },
					    { RLIMIT_NOFILE, 5, 1ULL << 40 } };
	const struct plan pl = { .process = { .rlimits = want, .rlimits_n = 2 } };
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };

	if (do_rlimits(&r, &pl, &e) == 0)
		return;
	error_text(&e, told, size);
}

Test(run, limit_that_is_refused_has_its_index_and_name)
{
	cr_expect_str_eq(in_child(limit_too_high).text,
			 "process.rlimits[1]: set RLIMIT_NOFILE to 5, at most 1099511627776: "
			 "operation not permitted");
}

static void schedule_badly(char *told, size_t size)
{
	const struct plan pl = {
		.process.scheduler = { .present = true, .policy = SCHED_FIFO, .priority = 1000 }
	};
	struct run r = bare_run(NULL, NULL);
	struct err e = { 0 };

	if (do_scheduler(&r, &pl, &e) == 0)
		return;
	TELL("%s", e.text);
}

Test(run, scheduler_that_is_refused_has_a_remedy)
{
	cr_expect_str_eq(in_child(schedule_badly).text,
			 "process.scheduler: set policy 1, nice 0, priority 1000\n"
			 "the priority must fit the policy, and a deadline lie between runtime "
			 "and period: see sched(7)");
}

static void score_self(char *told, size_t size)
{
	struct err e = { 0 };
	char text[16] = "";

	if (write_oom_score(getpid(), 321, &e) < 0)
		error_text(&e, told, size);
	else if (file_peek_at(AT_FDCWD, "/proc/self/oom_score_adj", text, sizeof(text)) < 0 ||
		 !str_eq(text, "321"))
		TELL("found %s", text);
}

Test(run, oom_score_is_set)
{
	struct err e = { 0 };

	cr_expect_str_eq(in_child(score_self).text, "");
	cr_expect_eq(write_oom_score(getpid(), 5000, &e), -1);
	cr_expect_eq(e.sys, EINVAL);
}

/* ---- namespaces that are joined by path ---- */

static const struct spec_pair ttl = { "net.ipv4.ip_default_ttl", "77" };
static const struct spec_pair shm = { "kernel.shmmax", "77" };

static const struct {
	enum spec_ns kind;
	const char *path, *hostname, *domainname;
	struct spec_pairs sysctl;
	const char *text; /* NULL: may be joined */
} own[] = {
	{ NS_NETWORK,
	  "/proc/self/ns/net",
	  NULL,
	  NULL,
	  { &ttl, 1 },
	  "linux.sysctl: expected the network namespace of a container for it: found the "
	  "runtime's own at /proc/self/ns/net" },
	{ NS_IPC,
	  "/proc/thread-self/ns/ipc",
	  NULL,
	  NULL,
	  { &shm, 1 },
	  "linux.sysctl: expected the ipc namespace of a container for it: found the runtime's "
	  "own at /proc/thread-self/ns/ipc" },
	{ NS_UTS,
	  "/proc/self/ns/uts",
	  "not this one",
	  NULL,
	  { NULL, 0 },
	  "hostname: expected the uts namespace of a container for it: found the runtime's own "
	  "at /proc/self/ns/uts" },
	{ NS_UTS,
	  "/proc/self/ns/uts",
	  NULL,
	  "not this one",
	  { NULL, 0 },
	  "domainname: expected the uts namespace of a container for it: found the runtime's "
	  "own at /proc/self/ns/uts" },
	{ NS_NETWORK, "/proc/self/ns/net", "not this one", NULL, { &shm, 1 }, NULL },
	{ NS_UTS, "/proc/self/ns/uts", NULL, NULL, { &ttl, 1 }, NULL },
};

Test(run, our_own_namespaces_are_not_changed)
{
	for (size_t i = 0; i < COUNT(own); i++) {
		struct plan pl = { .hostname = own[i].hostname,
				   .domainname = own[i].domainname,
				   .sysctl = own[i].sysctl };
		struct run r = bare_run(NULL, NULL);
		struct err e = { 0 };

		pl.ns.join[own[i].kind] = own[i].path;
		cr_expect_eq(open_namespaces(&r, &pl, &e), own[i].text == NULL ? 0 : -1, "%zu",
			     i);
		cr_expect_str_eq(e.text, own[i].text != NULL ? own[i].text : "");
		(void)close(r.ns_fd[own[i].kind]);
	}
}

Test(run, our_own_name_may_be_set_again)
{
	struct plan pl = { 0 };
	struct run r = bare_run(NULL, NULL);
	struct utsname now;
	struct err e = { 0 };

	cr_assert_eq(uname(&now), 0);
	pl.hostname = now.nodename;
	pl.ns.join[NS_UTS] = "/proc/self/ns/uts";
	cr_expect_eq(open_namespaces(&r, &pl, &e), 0, "%s", e.text);
	(void)close(r.ns_fd[NS_UTS]);
}
