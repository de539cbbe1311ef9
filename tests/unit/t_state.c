/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/proc.h"
#include "state/state.h"
#include "tests/unit/scratch.h"

static const struct state_pair pairs[] = {
	{ "org.caisson.profile", "high" },
	{ "odd\n\"key\"", "" },
};

static const struct state sample = {
	.version = STATE_VERSION,
	.id = "web",
	.oci_version = "1.3.0",
	.bundle = "/b/web",
	.rootfs = "/b/web/rootfs",
	.owner = "root",
	.pid = 4711,
	.start_time = UINT64_MAX,
	.status = ST_RUNNING,
	.created_ns = 1795313641123456789ULL,
	.owner_uid = 7,
	.cgroup = "/machine/web",
	.cgroup_manager = "systemd",
	.unit = "web.scope",
	.cgroup_inode = UINT64_MAX,
	.device_program = UINT32_MAX,
	.own_pid_ns = true,
	.resctrl = "/sys/fs/resctrl",
	.rdt_group = "web",
	.rdt_made = true,
	.rdt_monitor = "web/mon_groups/web",
	.annotations = pairs,
	.annotations_n = 2,
	.verdict = "{\"reason\":\"oom\"}",
};

/* text */

Test(state, text_is_read_back_whole)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	struct state s;
	size_t len;
	const char *text = state_text(&a, &sample, &len);

	cr_assert_eq(state_parse(&a, text, len, &s, &e), 0, "%s", e.text);
	cr_expect_eq(s.start_time, UINT64_MAX);
	cr_expect_eq(s.created_ns, sample.created_ns);
	cr_expect_eq(s.status, ST_RUNNING);
	cr_expect_eq(s.pid, 4711);
	cr_expect(s.own_pid_ns);
	cr_expect_str_eq(s.unit, "web.scope");
	cr_expect_eq(s.device_program, UINT32_MAX);
	cr_expect_eq(s.cgroup_inode, UINT64_MAX);
	cr_expect(s.rdt_made);
	cr_expect_null(s.config_digest);
	cr_expect_eq(s.annotations_n, 2);
	cr_expect_str_eq(s.annotations[1].key, "odd\n\"key\"");
	cr_expect_str_eq(state_text(&a, &s, &len), text);
}

#define GOOD                                                                               \
	"\"version\":1,\"id\":\"x\",\"ociVersion\":\"1.3.0\",\"bundle\":\"/b\",\"pid\":1," \
	"\"created\":1"

struct refusal {
	char text[256];
	char why[128]; /* what we answer, to the letter */
};

/* clang-format off */
static struct refusal refusals[] = {
	{ "[]", "state.json: expected object, found array" },
	{ "{}", "state.json: version: expected integer, found nothing" },
	{ "{\"version\":2}", "state.json: version: expected 1, found 2: written by another version of caisson" },
	{ "{" GOOD "}", "state.json: status: expected string, found nothing" },
	{ "{" GOOD ",\"status\":\"stopped\"}",
	  "state.json: status: expected creating, created or running, found \"stopped\"" },
	{ "{" GOOD ",\"status\":1}", "state.json: status: expected string, found number" },
	{ "{" GOOD ",\"status\":\"running\",\"pid\":2}", "state.json: pid: expected integer, found two values" },
	{ "{" GOOD ",\"status\":\"running\",\"startTime\":-1}",
	  "state.json: startTime: expected 0 to 18446744073709551615, found -1" },
	{ "{" GOOD ",\"status\":\"running\",\"cgroup\":\"/a/../../b\"}",
	  "state.json: cgroup: expected a path without \"..\"" },
	{ "{" GOOD ",\"status\":\"running\",\"cgroup\":\"..\"}",
	  "state.json: cgroup: expected a path without \"..\"" },
	{ "{" GOOD ",\"status\":\"running\",\"resctrl\":\"/a\",\"rdtGroup\":\"../b\"}",
	  "state.json: rdtGroup: expected a path without \"..\"" },
	{ "{" GOOD ",\"status\":\"running\",\"resctrl\":\"/a\",\"rdtGroup\":\"b\",\"rdtMonitor\":\"b/..\"}",
	  "state.json: rdtMonitor: expected a path without \"..\"" },
	{ "{" GOOD ",\"status\":\"running\",\"rdtGroup\":\"b\"}",
	  "state.json: rdtGroup: expected both resctrl and rdtGroup" },
	{ "{" GOOD ",\"status\":\"running\",\"rdtMade\":true}",
	  "state.json: rdtGroup: expected both resctrl and rdtGroup" },
	{ "{" GOOD ",\"status\":\"running\",\"cgroupManager\":\"x\"}",
	  "state.json: cgroupManager: expected cgroupfs, systemd or disabled, found \"x\"" },
	{ "{" GOOD ",\"status\":\"running\",\"unit\":\"sshd.service\"}",
	  "state.json: unit: expected the name of a scope" },
	{ "{" GOOD ",\"status\":\"running\",\"unit\":\"../a.scope\"}",
	  "state.json: unit: expected the name of a scope" },
	{ "{" GOOD ",\"status\":\"running\",\"deviceProgram\":-1}",
	  "state.json: deviceProgram: expected 0 to 4294967295, found -1" },
	{ "{" GOOD ",\"status\":\"running\",\"annotations\":{\"a\":1}}",
	  "state.json: annotations.a: expected string, found number" },
	{ "{" GOOD ",\"status\":\"running\",\"annotations\":{\"a\":null}}",
	  "state.json: annotations.a: expected string, found null" },
	{ "{" GOOD ",\"status\":\"running\",\"policy\":\"[]\"}",
	  "state.json: policy: expected the text of an object" },
	{ "{" GOOD ",\"status\":\"running\",\"policy\":\"{\"}",
	  "state.json: policy: expected the text of an object" },
	{ "{" GOOD ",\"status\":\"running\",\"ownPidNs\":1}", "state.json: ownPidNs: expected boolean, found number" },
	{ "{\"version\":1,\"id\":\"../x\",\"ociVersion\":\"1\",\"bundle\":\"/\",\"pid\":1,\"created\":1,\"status\":\"created\"}",
	  "state.json: id: expected the name of a container" },
	{ "{\"version\":1,\"id\":\"x\",\"ociVersion\":\"1\",\"bundle\":\"/\",\"pid\":-1,\"created\":1,\"status\":\"created\"}",
	  "state.json: pid: expected 0 to 4194304, found -1" },
};
/* clang-format on */

ParameterizedTestParameters(state, refuses)
{
	return cr_make_param_array(struct refusal, refusals, COUNT(refusals));
}

ParameterizedTest(struct refusal *t, state, refuses)
{
	autoarena struct arena a = { 0 };
	struct state s = { .pid = 42 };
	struct err e = { 0 };

	cr_expect_eq(state_parse(&a, t->text, strlen(t->text), &s, &e), -1);
	cr_expect_eq(e.kind, ERR_STATE);
	cr_expect_str_eq(e.text, t->why);
	cr_expect_eq(s.pid, 42);
}

Test(state, text_that_is_too_long_is_refused)
{
	autoarena struct arena a = { 0 };
	struct state s;
	struct err e = { 0 };

	cr_expect_eq(state_parse(&a, "{}", STATE_MAX + 1, &s, &e), -1);
	cr_expect_str_eq(e.text, "state.json: expected at most 1048576 bytes, found 1048577");
}

Test(state, what_could_not_be_read_back_is_not_written)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { -1, -1, 0 };
	char *value = arena_alloc(&a, STATE_MAX);
	const struct state_pair pair = { "a", value };
	struct state st = sample, got;
	struct err e = { 0 };
	size_t len;

	st.annotations = &pair;
	st.annotations_n = 1;
	memset(value, 'x', STATE_MAX);
	value[0] = '\0';
	(void)state_text(&a, &st, &len);
	memset(value, 'x', STATE_MAX - len);
	value[STATE_MAX - len] = '\0';
	cr_assert_eq(state_make(s.fd, "web", &d, &e), 0, "%s", e.text);
	cr_expect_eq(state_save(&d, &st, &e), 0, "%s", e.text);
	cr_expect_eq(state_load(&a, &d, "web", &got, &e), 0, "%s", e.text);
	value[STATE_MAX - len] = 'x';
	value[STATE_MAX - len + 1] = '\0';
	cr_expect_eq(state_save(&d, &st, &e), -1);
	cr_expect_str_eq(e.text, "state.json: expected at most 1048576 bytes, found 1048577\n"
				 "the annotations of config.json are kept there: shorten them");
}

/* clang-format off */
static const struct refusal no_remains[] = {
	{ "{", "state.json: line 1: parse error: premature EOF" },
	{ "{\"version\":2,\"id\":\"web\",\"startTime\":1}", "state.json: pid: expected integer, found nothing" },
	{ "{\"version\":2,\"id\":\"web\",\"pid\":1}", "state.json: startTime: expected integer, found nothing" },
	{ "{\"pid\":1,\"startTime\":1}", "state.json: id: expected string, found nothing" },
	{ "{\"id\":\"web\",\"pid\":1,\"startTime\":1,\"cgroup\":\"/..\"}", "state.json: cgroup: expected a path without \"..\"" },
	{ "{\"id\":\"db\",\"pid\":1,\"startTime\":1}", "state.json: id: expected \"web\", found \"db\"" },
};
/* clang-format on */

static int load_remains(const struct scratch *s, struct arena *a, const char *text,
			struct state *out, struct err *e)
{
	autostate struct state_dir d = { -1, -1, 0 };

	if (faccessat(s->fd, "web", F_OK, 0) < 0)
		cr_assert_eq(state_make(s->fd, "web", &d, e), 0, "%s", e->text);
	else
		cr_assert_eq(state_open(s->fd, "web", false, &d, e), 0, "%s", e->text);
	scratch_put(s, "web/state.json", text);
	return state_load_remains(a, &d, "web", out, e);
}

Test(state, remains_are_enough_to_end_a_container)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	struct state got;

	cr_expect_eq(load_remains(&s, &a,
				  "{\"version\":2,\"id\":\"web\",\"pid\":7,\"startTime\":8,"
				  "\"cgroup\":\"/a\",\"status\":\"new\",\"annotations\":[]}",
				  &got, &e),
		     0, "%s", e.text);
	cr_expect(got.pid == 7 && got.start_time == 8 && got.status == ST_CREATED);
	cr_expect_str_eq(got.cgroup, "/a");
	cr_expect_eq(load_remains(&s, &a, "{\"id\":\"web\",\"pid\":0,\"startTime\":0}", &got,
				  &e),
		     0, "%s", e.text);
	cr_expect_eq(got.status, ST_CREATING);
	for (size_t i = 0; i < COUNT(no_remains); i++) {
		e = (struct err){ 0 };
		cr_expect_eq(load_remains(&s, &a, no_remains[i].text, &got, &e), -1, "%zu", i);
		cr_expect_str_eq(e.text, no_remains[i].why);
	}
}

static const char *printed(struct arena *a, enum state_status now, bool full)
{
	return json_print(a, state_json(a, &sample, now, full), JSON_LINE, NULL);
}

Test(state, hooks_get_the_state_of_the_specification)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(printed(&a, ST_CREATED, false),
			 "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":4711,\"status\":"
			 "\"created\",\"bundle\":\"/b/web\",\"annotations\":{\"org.caisson."
			 "profile\":\"high\",\"odd\\n\\\"key\\\"\":\"\"}}");
}

Test(state, the_command_prints_all)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(
		printed(&a, ST_STOPPED, true),
		"{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":0,\"status\":\"stopped\","
		"\"bundle\":\"/b/web\",\"rootfs\":\"/b/web/"
		"rootfs\",\"created\":\"2026-11-22T02:"
		"14:01.123456789Z\",\"annotations\":{\"org.caisson.profile\":\"high\",\"odd\\n"
		"\\\"key\\\"\":\"\"},\"owner\":\"root\",\"caisson\":{\"verdict\":{\"reason\":"
		"\"oom\"}}}");
}

/* names */

struct name {
	char id[32];
	char why[96]; /* "": good */
};

/* clang-format off */
static struct name names[] = {
	{ "web", "" }, { "a", "" }, { "A_b+c.d-9", "" }, { "a..b", "" }, { "-a", "" },
	{ "", "container ID: expected 1 to 1024 characters, found none" },
	{ ".", "invalid container ID \".\": expected no dot in front" },
	{ "..", "invalid container ID \"..\": expected no dot in front" },
	{ ".a", "invalid container ID \".a\": expected no dot in front" },
	{ "a/b", "invalid container ID \"a/b\": expected letters, digits and _ + . -: found invalid character 0x2f" },
	{ "a b", "invalid container ID \"a b\": expected letters, digits and _ + . -: found invalid character 0x20" },
	{ "a\n", "invalid container ID \"a\n\": expected letters, digits and _ + . -: found invalid character 0x0a" },
	{ "\xc3\xa4", "invalid container ID \"\xc3\xa4\": expected letters, digits and _ + . -: found invalid character 0xc3" },
};
/* clang-format on */

ParameterizedTestParameters(state, checks_names)
{
	return cr_make_param_array(struct name, names, COUNT(names));
}

ParameterizedTest(struct name *n, state, checks_names)
{
	struct err e = { 0 };

	cr_expect_eq(state_id_check(n->id, &e), n->why[0] != '\0' ? -1 : 0, "%s", n->id);
	cr_expect_str_eq(e.text, n->why);
}

Test(state, a_name_too_long_is_refused)
{
	char id[1026];
	struct err e = { 0 };

	memset(id, 'a', sizeof(id));
	id[1024] = '\0';
	cr_expect_eq(state_id_check(id, &e), 0);
	id[1024] = 'a';
	id[1025] = '\0';
	cr_expect_eq(state_id_check(id, &e), -1);
	cr_expect_str_eq(e.text, "container ID: expected 1 to 1024 characters, found more");
}

/* disk */

Test(state, a_container_lives_from_make_to_remove)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	struct state_dir d, again;
	struct state got;
	struct err e = { 0 }, e2 = { 0 }, e3 = { 0 };
	char *config = NULL;
	size_t len;

	cr_assert_eq(state_make(s.fd, "web", &d, &e), 0, "%s", e.text);
	cr_assert_eq(state_save(&d, &sample, &e), 0, "%s", e.text);
	cr_assert_eq(state_save_config(&d, "{\"a\":1}", 7, &e), 0, "%s", e.text);
	cr_expect_eq(state_make(s.fd, "web", &again, &e2), -1);
	cr_expect_eq(e2.kind, ERR_STATE);
	cr_expect_str_eq(e2.text, "container with given ID already exists");
	state_dir_close(&d);
	cr_expect_eq(d.fd, -1);

	cr_assert_eq(state_open(s.fd, "web", true, &d, &e), 0, "%s", e.text);
	cr_assert_eq(state_load(&a, &d, "web", &got, &e), 0, "%s", e.text);
	cr_expect_str_eq(got.bundle, "/b/web");
	cr_assert_eq(state_load_config(&d, &config, &len, &e), 0, "%s", e.text);
	cr_expect_str_eq(config, "{\"a\":1}");
	free(config);
	cr_assert_eq(mkdirat(d.fd, "notify", 0700), 0);
	scratch_put(&s, "web/notify/x", "");
	scratch_put(&s, "web/.state.json.left", "");
	cr_assert_eq(state_remove(s.fd, "web", &d, &e), 0, "%s", e.text);
	cr_expect_eq(d.lock, -1);
	cr_expect_eq(rmdir(s.path), 0, "something was left");
	cr_expect_eq(state_open(s.fd, "web", false, &d, &e3), -1);
	cr_expect_str_eq(e3.text, "container web does not exist");
	cr_expect_eq(e3.kind, ERR_MISSING);
	cr_expect_eq(e3.sys, 0);
}

Test(state, removing_what_is_gone_succeeds)
{
	autoscratch struct scratch s = scratch_open();
	struct state_dir d;
	struct err e = { 0 };

	cr_assert_eq(state_make(s.fd, "web", &d, &e), 0);
	cr_assert_eq(unlinkat(d.fd, "status", 0), 0);
	cr_assert_eq(unlinkat(s.fd, "web", AT_REMOVEDIR), 0);
	cr_expect_eq(state_remove(s.fd, "web", &d, &e), 0, "%s", e.text);
	d = (struct state_dir){ -1, -1, 0 };
	cr_expect_eq(state_remove(s.fd, "web", &d, &e), 0, "%s", e.text);
}

Test(state, a_create_that_was_killed_is_recognised)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	struct state_dir d;
	struct state got;
	struct err e = { 0 };

	cr_assert_eq(mkdirat(s.fd, "web", 0700), 0);
	cr_assert_eq(state_open(s.fd, "web", true, &d, &e), 0, "%s", e.text);
	cr_assert_eq(state_load(&a, &d, "web", &got, &e), 0, "%s", e.text);
	cr_expect_eq(got.status, ST_CREATING);
	cr_expect_eq(got.pid, 0);
	cr_expect_str_eq(got.id, "web");
	cr_expect_eq(state_now(&got), ST_CREATING);
	cr_expect_gt(got.created_ns, 1700000000000000000ULL);
	state_dir_close(&d);
}

static int load_web(const struct scratch *s, struct err *e)
{
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { -1, -1, 0 };
	struct state got;

	if (state_open(s->fd, "web", false, &d, e) < 0)
		return -1;
	return state_load(&a, &d, "web", &got, e);
}

static void save_web(const struct scratch *s)
{
	autostate struct state_dir d = { -1, -1, 0 };
	struct err e = { 0 };

	cr_assert_eq(state_make(s->fd, "web", &d, &e), 0, "%s", e.text);
	cr_assert_eq(state_save(&d, &sample, &e), 0, "%s", e.text);
}

/* The message ends with the number of the user who runs the tests. */
static void expect_by_us(const char *text, const char *want)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "%s%u", want, geteuid());
	cr_expect_str_eq(text, whole);
}

Test(state, files_that_others_could_write_are_refused)
{
	autoscratch struct scratch s = scratch_open();
	struct err e[5] = { 0 };

	save_web(&s);
	cr_assert_eq(load_web(&s, &e[0]), 0, "%s", e[0].text);
	cr_assert_eq(fchmodat(s.fd, "web/state.json", 0620, 0), 0);
	cr_expect_eq(load_web(&s, &e[1]), -1);
	expect_by_us(e[1].text, "state.json: expected a file of ours that nobody else writes: "
				"found mode 0100620 of uid ");
	cr_assert_eq(unlinkat(s.fd, "web/state.json", 0), 0);
	cr_assert_eq(symlinkat("/etc/passwd", s.fd, "web/state.json"), 0);
	cr_expect_eq(load_web(&s, &e[2]), -1);
	cr_expect_eq(e[2].sys, ELOOP);
	cr_assert_eq(unlinkat(s.fd, "web/state.json", 0), 0);
	cr_assert_eq(mkfifoat(s.fd, "web/state.json", 0600), 0);
	cr_expect_eq(load_web(&s, &e[3]), -1);
	cr_assert_eq(fchmodat(s.fd, "web", 0770, 0), 0);
	cr_expect_eq(load_web(&s, &e[4]), -1);
	expect_by_us(e[4].text, "container web: expected a directory of ours that nobody else "
				"writes: found mode 0770 of uid ");
}

Test(state, a_file_of_another_user_is_refused)
{
	autoscratch struct scratch s = scratch_open();
	struct err e = { 0 };

	if (geteuid() != 0)
		cr_skip_test("needs root for chown");
	save_web(&s);
	cr_assert_eq(fchownat(s.fd, "web/state.json", 65534, 65534, 0), 0);
	cr_expect_eq(load_web(&s, &e), -1);
	cr_expect_str_eq(e.text, "state.json: expected a file of ours that nobody else writes: "
				 "found mode 0100600 of uid 65534");
}

Test(state, a_symlink_is_no_container)
{
	autoscratch struct scratch s = scratch_open();
	struct state_dir d;
	struct err e = { 0 };

	cr_assert_eq(symlinkat("/etc", s.fd, "web"), 0);
	cr_expect_eq(state_open(s.fd, "web", false, &d, &e), -1);
	cr_expect_str_eq(e.text, "container web: open its state directory");
}

Test(state, the_state_of_another_container_is_refused)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	autostate struct state_dir d = { -1, -1, 0 };
	struct state got;
	struct err e = { 0 };

	cr_assert_eq(state_make(s.fd, "other", &d, &e), 0);
	cr_assert_eq(state_save(&d, &sample, &e), 0);
	cr_expect_eq(state_load(&a, &d, "other", &got, &e), -1);
	cr_expect_str_eq(e.text, "state.json: id: expected \"other\", found \"web\"");
}

/* the root */

Test(state, the_root_is_made_private)
{
	autoscratch struct scratch s = scratch_open();
	char path[128], want[192];
	struct err e = { 0 }, e2 = { 0 };
	struct stat st;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/a/b", s.path);
	(void)snprintf(want, sizeof(want), "state directory %s does not exist", path);
	cr_expect_eq(state_root_open(path, false, &fd, &e2), -1);
	cr_expect_str_eq(e2.text, want);
	cr_expect_eq(e2.sys, 0);
	cr_assert_eq(state_root_open(path, true, &fd, &e), 0, "%s", e.text);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0700);
	cr_expect_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

Test(state, a_root_that_others_write_is_refused)
{
	autoscratch struct scratch s = scratch_open();
	char want[192];
	struct err e = { 0 }, e2 = { 0 };
	int fd;

	(void)snprintf(want, sizeof(want),
		       "%s: expected a directory that nobody else writes, found mode 0770",
		       s.path);
	cr_assert_eq(chmod(s.path, 0770), 0);
	cr_expect_eq(state_root_open(s.path, true, &fd, &e), -1);
	cr_expect_str_eq(e.text, want);
	cr_assert_eq(chmod(s.path, 01777), 0);
	cr_expect_eq(state_root_open(s.path, true, &fd, &e2), 0, "%s", e2.text);
}

Test(state, a_user_has_a_root_of_his_own)
{
	autoscratch struct scratch s = scratch_open();
	struct err e = { 0 }, e2 = { 0 };
	struct stat st;
	int fd;

	if (geteuid() == 0) {
		cr_assert_eq(chown(s.path, 65534, 65534), 0);
		cr_assert_eq(seteuid(65534), 0);
	}
	(void)setenv("XDG_RUNTIME_DIR", s.path, 1);
	cr_assert_eq(state_root_open(NULL, true, &fd, &e), 0, "%s", e.text);
	cr_assert_eq(fstatat(s.fd, "caisson", &st, 0), 0);
	cr_expect_eq(st.st_mode & 07777, 01700);
	(void)unsetenv("XDG_RUNTIME_DIR");
	cr_expect_eq(state_root_open(NULL, true, &fd, &e2), -1);
	cr_expect_str_eq(e2.text, "state directory: expected --root or XDG_RUNTIME_DIR: found "
				  "neither\nlog in by a session manager, or give --root DIR");
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
}

struct seen {
	int n, fail_at;
	int root;
	char last[16], order[64];
};

static int note(void *ctx, const char *id, struct err *e)
{
	struct seen *seen = ctx;

	seen->n++;
	(void)snprintf(seen->last, sizeof(seen->last), "%s", id);
	(void)strncat(seen->order, id, sizeof(seen->order) - strlen(seen->order) - 1);
	if (strcmp(id, "gone") == 0)
		(void)unlinkat(seen->root, id, AT_REMOVEDIR);
	return strcmp(id, "gone") == 0 || seen->n == seen->fail_at
		       ? fail(e, ERR_STATE, "at %s", id)
		       : 0;
}

Test(state, each_container_is_seen_and_nothing_else)
{
	autoscratch struct scratch s = scratch_open();
	struct seen all = { .root = s.fd }, one = { .fail_at = 1, .root = s.fd };
	struct err e = { 0 }, e2 = { 0 };
	char want[32];

	cr_assert_eq(mkdirat(s.fd, "b", 0700), 0);
	cr_assert_eq(mkdirat(s.fd, "gone", 0700), 0);
	cr_assert_eq(mkdirat(s.fd, "a", 0700), 0);
	cr_assert_eq(mkdirat(s.fd, ".cache", 0700), 0);
	cr_assert_eq(mkdirat(s.fd, "no id", 0700), 0);
	scratch_put(&s, "file", "");
	cr_expect_eq(state_each(s.fd, note, &all, &e), 0, "%s", e.text);
	cr_expect_eq(all.n, 3);
	cr_expect_str_eq(all.order, "abgone");
	cr_expect_eq(e.kind, ERR_NONE);
	cr_expect_eq(state_each(s.fd, note, &one, &e2), -1);
	(void)snprintf(want, sizeof(want), "at %s", one.last);
	cr_expect_str_eq(e2.text, want);
	cr_expect_eq(one.n, 1);
}
