/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/kind.h"
#include "audit/who.h"
#include "base/auto.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/unit/scratch.h"

static const struct audit_facts facts = {
	.wall_ns = 1795313641123456789ULL,
	.boot_ns = 77000000001ULL,
	.sequence = 12,
	.hostname = "host",
	.boot_id = "0e7a",
	.user = "root",
	.uid = 0,
	.login_uid = (uid_t)-1,
	.caller = 4711,
};

Test(audit, a_line_is_canonical_and_complete)
{
	autoarena struct arena a = { 0 };
	const char *const argv[] = { "/bin/sh", "-c", "echo 'a b'", "", NULL };
	const struct audit_subject who = {
		.id = "web",
		.bundle = "/b/web",
		.labels = { .engine = "podman", .image = "busybox:latest" },
		.pid = 4712,
		.argv = argv,
		.policy_name = "container",
		.policy_digest = "ab12",
	};
	const struct audit_result ok = { .exit_code = -1 };

	cr_expect_str_eq(
		audit_line(&a, &facts, AUDIT_CREATE, &who, &ok),
		"{\"activity_id\":1,\"actor\":{\"process\":{\"pid\":4711},\"user\":{\"name\":"
		"\"root\",\"uid\":\"0\"}},\"app\":{\"name\":\"web\"},\"category_uid\":6,"
		"\"class_"
		"uid\":6002,\"container\":{\"image\":{\"name\":\"busybox:latest\"},\"name\":"
		"\"web\",\"orchestrator\":\"podman\",\"runtime\":\"caisson\",\"uid\":\"web\"},"
		"\"device\":{\"boot_uid\":\"0e7a\",\"hostname\":\"host\",\"type_id\":0},"
		"\"event\":"
		"\"container."
		"create\",\"message\":\"container web created\",\"metadata\":{\"log_name\":"
		"\"audit\",\"product\":{\"name\":\"caisson\",\"vendor_name\":\"caisson\","
		"\"version\":\"" PACKAGE_VERSION
		"\"},\"profiles\":[\"container\"],\"sequence\":12,\"uid\":\"18ea3c3e9f93a715-"
		"1267-c\",\"version\":\"1.8.0\"},\"policy\":{\"name\":\"container\",\"uid\":"
		"\"ab12\"},\"process\":{\"cmd_line\":\"/bin/sh -c 'echo '\\\\''a b'\\\\''' "
		"''\",\"pid\":4712},\"severity_id\":1,\"status_id\":1,\"time\":1795313641123,"
		"\"type_uid\":600201,\"unmapped\":{\"boot_ns\":\"77000000001\",\"bundle\":\"/b/"
		"web\",\"wall_ns\":\"1795313641123456789\"}}");
}

/* The text of a member by its path of keys. */
static const char *text_at(const struct json *v, const char *const *keys)
{
	for (; *keys != NULL && v != NULL; keys++)
		v = json_get(v, *keys);
	return v != NULL ? v->text : NULL;
}

static struct json *parse(struct arena *a, const char *line)
{
	struct json *doc = NULL;
	struct err e = { 0 };

	cr_assert_eq(json_parse(a, "line", line, strlen(line), &doc, &e), 0, "%s", e.text);
	return doc;
}

#define AT(v, ...) text_at((v), (const char *const[]){ __VA_ARGS__, NULL })

struct kind {
	enum audit_event what;
	const char *event, *type, *message;
};

Test(audit, each_event_has_its_numbers)
{
	static const struct kind kinds[] = {
		{ AUDIT_CREATE, "container.create", "600201", "container x created" },
		{ AUDIT_START, "container.start", "600203", "container x started" },
		{ AUDIT_EXIT, "container.exit", "600204", "container x ended" },
		{ AUDIT_DELETE, "container.delete", "600202", "container x deleted" },
		{ AUDIT_KILL, "container.kill", "600299", "container x signalled" },
	};
	const struct audit_subject who = { .id = "x" };
	const struct audit_result ok = { .exit_code = -1 };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		autoarena struct arena a = { 0 };
		struct json *v = parse(&a, audit_line(&a, &facts, kinds[i].what, &who, &ok));

		cr_expect_str_eq(AT(v, "event"), kinds[i].event);
		cr_expect_str_eq(AT(v, "type_uid"), kinds[i].type);
		cr_expect_str_eq(AT(v, "message"), kinds[i].message);
		cr_expect_null(json_get(v, "process"));
	}
}

Test(audit, a_failure_says_why)
{
	autoarena struct arena a = { 0 };
	struct err why = { .step = "mounts" };
	const struct audit_subject who = { .id = "x" };
	const struct audit_result bad = { .err = &why, .exit_code = -1 };
	struct json *v;

	fail_sys(&why, ENOENT, "/data: open");
	hint(&why, "make it");
	v = parse(&a, audit_line(&a, &facts, AUDIT_CREATE, &who, &bad));
	cr_expect_str_eq(AT(v, "status_id"), "2");
	cr_expect_str_eq(AT(v, "severity_id"), "2");
	cr_expect_str_eq(AT(v, "status_code"), "system");
	cr_expect_str_eq(AT(v, "status_detail"),
			 "mounts: /data: open: no such file or directory");
	cr_expect_str_eq(AT(v, "message"), "container x not created: mounts: /data: open: no "
					   "such file or directory");
	cr_expect_str_eq(AT(v, "unmapped", "step"), "mounts");
}

Test(audit, an_exit_carries_its_verdict)
{
	autoarena struct arena a = { 0 };
	struct json *verdict = parse(&a, "{\"reason\":\"oom\",\"peak\":[1,2]}"), *v;
	const struct audit_subject who = { .id = "x" };
	const struct audit_result r = { .verdict = verdict, .exit_code = 137 };

	for (int i = 0; i < 2; i++) { /* twice: the verdict is not used up */
		v = parse(&a, audit_line(&a, &facts, AUDIT_EXIT, &who, &r));
		cr_expect_str_eq(AT(v, "unmapped", "verdict", "reason"), "oom");
		cr_expect_str_eq(AT(v, "process", "exit_code"), "137");
		cr_expect_str_eq(AT(v, "severity_id"), "2");
		cr_expect_str_eq(AT(v, "message"), "container x ended: oom");
	}
}

/* Of many alike, each has to say which call, which resource, which answer it was. */
Test(audit, a_message_says_which)
{
	static const struct {
		enum audit_event what;
		const char *said, *message;
	} rows[] = {
		{ AUDIT_DENIED, "{\"syscall\":\"mount\"}",
		  "container x was refused a call: mount" },
		{ AUDIT_LET_PASS, "{\"syscall\":\"mount\"}", "container x made a call: mount" },
		{ AUDIT_PROCESS_EXEC, "{\"path\":\"/bin/sh\",\"syscall\":\"execve\"}",
		  "container x executes a program: /bin/sh" },
		{ AUDIT_WARNING, "{\"resource\":\"pids\"}",
		  "container x is near its limit: pids" },
		{ AUDIT_PIDS, "{\"resource\":\"pids\"}", "container x wanted more processes" },
		{ AUDIT_ALERT, "{\"response_to\":\"limit.pids\"}",
		  "container x needs a look: limit.pids" },
		{ AUDIT_END, "{\"response_to\":\"limit.pids\",\"dry_run\":true}",
		  "container x ended: limit.pids (dry run)" },
		{ AUDIT_KILL, "{\"signal\":9}", "container x signalled: 9" },
		{ AUDIT_LOG_UNDELIVERED, "{\"sink\":\"syslog\"}",
		  "log did not reach a sink: syslog" },
		{ AUDIT_DENIED, "{\"syscall\":\"\"}", "container x was refused a call" },
	};
	const struct audit_subject who = { .id = "x" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		autoarena struct arena a = { 0 };
		const unsigned has = audit_kinds[rows[i].what].has;
		const struct json *said = parse(&a, rows[i].said);
		const struct audit_result r = {
			.exit_code = -1,
			.asked = has & HAS_ASKED ? said : NULL,
			.call = has & HAS_SECCOMP ? said : NULL,
			.limit = has & HAS_LIMIT ? said : NULL,
			.log = has & HAS_LOG ? said : NULL,
		};
		struct json *v = parse(&a, audit_line(&a, &facts, rows[i].what, &who, &r));

		cr_expect_str_eq(AT(v, "message"), rows[i].message, "%s", AT(v, "message"));
	}
}

Test(audit, hostile_text_stays_one_line_and_one_record)
{
	autoarena struct arena a = { 0 };
	const char *const argv[] = { "sh", "\n{\"event\":\"container.delete\"}\n", "\033[2J",
				     "\xff\xfe", NULL };
	const struct audit_subject who = { .id = "a\nb\"sequence\":99", .argv = argv };
	const struct audit_result ok = { .exit_code = -1 };
	const char *line = audit_line(&a, &facts, AUDIT_START, &who, &ok);
	struct json *v = parse(&a, line);

	cr_expect_null(strpbrk(line, "\n\r\033"));
	cr_expect_str_eq(AT(v, "event"), "container.start");
	cr_expect_str_eq(AT(v, "container", "uid"), "a\nb\"sequence\":99");
	cr_expect_str_eq(AT(v, "process", "cmd_line"),
			 "sh '\n{\"event\":\"container.delete\"}\n' '\033[2J' '\xef\xbf\xbd"
			 "\xef\xbf\xbd'");
}

Test(audit, a_long_line_is_shortened_with_a_marker)
{
	autoarena struct arena a = { 0 };
	char *big = malloc(200001), *path = malloc(200001);
	const char *const argv[] = { "x", big, NULL };
	struct json *verdict = json_object(&a);
	struct audit_subject who = { .id = "x", .argv = argv };
	const struct audit_result r = { .verdict = verdict, .exit_code = 0 };
	const char *pairs[AUDIT_PAIRS_MAX * 2 + 1] = { NULL };
	const char *line;

	memset(big, 'y', 200000);
	memset(path, 1, 200000);
	big[200000] = path[200000] = '\0';
	line = audit_line(&a, &facts, AUDIT_CREATE, &who, &r);
	cr_expect_lt(strlen(line), AUDIT_LINE);
	cr_expect(str_ends(AT(parse(&a, line), "process", "cmd_line"),
			   "yyy...[183618 bytes cut]"),
		  "%s", AT(parse(&a, line), "process", "cmd_line") + 16380);
	for (size_t i = 0; i < AUDIT_PAIRS_MAX * 2; i++)
		pairs[i] = path;
	/* all that is not ours is huge, of bytes that become six each */
	json_set(verdict, "reason", json_string(&a, path));
	who = (struct audit_subject){ .id = path,
				      .bundle = path,
				      .labels = { .engine = path,
						  .name = path,
						  .image = path,
						  .pod = path,
						  .pod_namespace = path,
						  .pod_uid = path,
						  .pod_container = path,
						  .sandbox = path,
						  .pairs = pairs },
				      .argv = argv,
				      .policy_name = path,
				      .policy_digest = path };
	memset(big, 1, 200000);
	line = audit_line(&a, &facts, AUDIT_EXIT, &who, &r);
	cr_expect_lt(strlen(line), AUDIT_LINE, "%zu", strlen(line));
	cr_expect_str_eq(AT(parse(&a, line), "unmapped", "verdict"), "[cut]");
	free(big);
	free(path);
}

/* the file */

static struct audit *open_in(const struct scratch *s, const char *name)
{
	struct audit *au = NULL;
	struct err e = { 0 };
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", s->path, name);
	cr_assert_eq(audit_open(path, &au, &e), 0, "%s", e.text);
	return au;
}

static int write_one(struct audit *au, const char *id, struct err *e)
{
	autoarena struct arena a = { 0 };
	const struct audit_subject who = { .id = id };
	const struct audit_result ok = { .exit_code = -1 };

	return audit_write(au, &a, AUDIT_CREATE, &who, &ok, e);
}

static void append_many(const struct scratch *s, int writer, int n)
{
	struct audit *au = open_in(s, "log/audit.jsonl");
	struct err e = { 0 };
	char id[600];

	for (int i = 0; i < n; i++) {
		/* lengths differ, so that a torn line cannot go unseen */
		(void)snprintf(id, sizeof(id), "w%d-%d-%0*d", writer, i, 1 + i % 500, i);
		if (write_one(au, id, &e) < 0)
			_exit(1);
	}
	_exit(0);
}

Test(audit, concurrent_writers_tear_nothing_and_count_on, .timeout = 60)
{
	enum {
		WRITERS = 8,
		LINES = 500
	};
	autoscratch struct scratch s = scratch_open();
	autofree char *text = NULL;
	size_t len = 0;
	struct err e = { 0 };
	uint64_t want = 0;
	char *next;

	for (int w = 0; w < WRITERS; w++)
		if (fork() == 0)
			append_many(&s, w, LINES);
	for (int w = 0, status; w < WRITERS; w++) {
		cr_assert_gt(wait(&status), 0);
		cr_assert_eq(status, 0);
	}
	cr_assert_eq(file_read_at(s.fd, "log/audit.jsonl", 64u << 20, "log", &text, &len, &e),
		     0, "%s", e.text);
	for (char *line = text; *line != '\0'; line = next) {
		autoarena struct arena a = { 0 };
		uint64_t n = 0;

		next = strchr(line, '\n');
		cr_assert_not_null(next);
		*next++ = '\0';
		cr_assert(str_uint64(AT(parse(&a, line), "metadata", "sequence"), UINT64_MAX,
				     &n));
		cr_assert_eq(n, ++want);
	}
	cr_expect_eq(want, 1 + WRITERS * LINES);
}

static const char *slurp(const struct scratch *s, const char *name)
{
	char *text = NULL;
	size_t len;
	struct err e = { 0 };

	cr_assert_eq(file_read_at(s->fd, name, 1u << 20, name, &text, &len, &e), 0, "%s",
		     e.text);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

static size_t split_lines(struct arena *a, const char *text, const char **lines, size_t room)
{
	size_t n = 0;

	for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		cr_assert_lt(n, room);
		lines[n++] = arena_strndup(a, text, (size_t)(end - text));
	}
	cr_expect_str_empty(text);
	return n;
}

static const struct json *attestation(struct arena *a, const char *line)
{
	const struct json *list = json_get(parse(a, line), "attestation_list");

	cr_assert_not_null(list);
	return list->first;
}

static void expect_chain(struct arena *a, const char *const *lines, size_t n)
{
	const char *chain = AT(attestation(a, lines[0]), "chain_uid");
	char print[DIGEST_HEX];

	cr_expect_eq(strlen(chain), 36);
	cr_expect_null(json_get(attestation(a, lines[0]), "prev_event"));
	for (size_t i = 1; i < n; i++) {
		const struct json *v = attestation(a, lines[i]);

		digest_hex(lines[i - 1], strlen(lines[i - 1]), print);
		cr_expect_str_eq(AT(v, "chain_uid"), chain);
		cr_expect_str_eq(AT(v, "prev_event", "fingerprint", "value"), print);
		cr_expect_str_eq(AT(v, "prev_event", "fingerprint", "algorithm_id"), "3");
	}
}

Test(audit, half_a_line_is_cut_off_and_told)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	struct audit *au = open_in(&s, "log");
	struct err e = { 0 };
	int fd = openat(s.fd, "log", O_WRONLY | O_APPEND);
	char half[DIGEST_HEX];
	const char *lines[5];

	cr_assert_eq(write_one(au, "one", &e), 0);
	cr_assert_eq(write(fd, "{\"half", 6), 6);
	cr_assert_eq(write_one(au, "two", &e), 0, "%s", e.text);
	audit_close(au);
	cr_assert_eq(split_lines(&a, slurp(&s, "log"), lines, COUNT(lines)), 4);
	digest_hex("{\"half", 6, half);
	cr_expect_str_eq(AT(parse(&a, lines[2]), "event"), "log.recovered");
	cr_expect_str_eq(AT(parse(&a, lines[2]), "unmapped", "log", "removed_bytes"), "6");
	cr_expect_str_eq(AT(parse(&a, lines[2]), "unmapped", "log", "removed_sha256"), half);
	cr_expect_str_eq(AT(parse(&a, lines[3]), "container", "uid"), "two");
	expect_chain(&a, lines, 4);
}

Test(audit, the_lines_are_a_chain)
{
	autoscratch struct scratch s = scratch_open();
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	const char *lines[5];

	for (int i = 0; i < 3; i++) { /* each time by another program */
		struct audit *au = open_in(&s, "log");

		cr_assert_eq(write_one(au, "x", &e), 0);
		audit_close(au);
	}
	cr_assert_eq(split_lines(&a, slurp(&s, "log"), lines, COUNT(lines)), 4);
	cr_expect_str_eq(AT(parse(&a, lines[0]), "event"), "log.started");
	cr_expect_null(json_get(parse(&a, lines[0]), "container"));
	cr_expect_str_eq(AT(parse(&a, lines[0]), "type_uid"), "100803");
	expect_chain(&a, lines, 4);
}

Test(audit, a_line_longer_than_the_first_look_is_found)
{
	autoscratch struct scratch s = scratch_open();
	struct audit *au = open_in(&s, "log");
	struct err e = { 0 };
	char id[10000];

	memset(id, 'i', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	for (int i = 0; i < 3; i++)
		cr_assert_eq(write_one(au, id, &e), 0);
	audit_close(au);
	cr_expect_not_null(strstr(slurp(&s, "log"), "\"sequence\":4,"));
}

Test(audit, a_full_disk_leaves_no_half_line)
{
	autoscratch struct scratch s = scratch_open();
	struct audit *au = open_in(&s, "log");
	struct rlimit limit = { .rlim_cur = 1000, .rlim_max = RLIM_INFINITY };
	struct err e = { 0 }, e2 = { 0 };
	struct stat st;

	cr_assert_eq(write_one(au, "one", &e), 0);
	cr_assert_eq(fstatat(s.fd, "log", &st, 0), 0);
	limit.rlim_cur = (rlim_t)st.st_size + 100; /* stands in for the disk */
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(write_one(au, "two", &e2), -1);
	cr_expect_str_eq(e2.text, "audit log: append");
	cr_expect_eq(count(slurp(&s, "log"), "\n"), 2);
	cr_assert_eq(fstatat(s.fd, "log", &st, 0), 0);
	cr_expect_eq((rlim_t)st.st_size + 100, limit.rlim_cur);
	audit_close(au);
}

Test(audit, the_log_is_private_and_its_directories_too)
{
	autoscratch struct scratch s = scratch_open();
	struct audit *au = open_in(&s, "a/b/log");
	struct stat st;

	cr_assert_eq(fstatat(s.fd, "a/b/log", &st, 0), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(fstatat(s.fd, "a/b", &st, 0), 0);
	cr_expect_eq(st.st_mode & 07777, 0700);
	audit_close(au);
}

Test(audit, a_log_that_others_write_is_refused)
{
	autoscratch struct scratch s = scratch_open();
	struct audit *au = NULL;
	struct err e = { 0 }, e2 = { 0 }, e3 = { 0 };
	char path[128], want[256];

	scratch_put(&s, "log", "");
	cr_assert_eq(fchmodat(s.fd, "log", 0622, 0), 0);
	(void)snprintf(path, sizeof(path), "%s/log", s.path);
	(void)snprintf(want, sizeof(want),
		       "%s: expected a file of ours that nobody else writes, found mode "
		       "0100622 of uid %u",
		       path, geteuid());
	cr_expect_eq(audit_open(path, &au, &e), -1);
	cr_expect_str_eq(e.text, want);
	cr_assert_eq(fchmodat(s.fd, "log", 0600, 0), 0);
	if (geteuid() == 0) {
		cr_assert_eq(fchownat(s.fd, "log", 1000, 1000, 0), 0);
		cr_expect_eq(audit_open(path, &au, &e3), -1);
		cr_expect(str_ends(e3.text, "found mode 0100600 of uid 1000"), "%s", e3.text);
	}
	cr_assert_eq(mkfifoat(s.fd, "fifo", 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/fifo", s.path);
	cr_expect_eq(audit_open(path, &au, &e2), -1);
	cr_expect_null(au);
}

Test(audit, none_is_no_log)
{
	struct audit *au = NULL;
	struct err e = { 0 };

	cr_assert_eq(audit_open("none", &au, &e), 0);
	cr_expect_eq(write_one(au, "x", &e), 0);
	audit_close(au);
	audit_close(NULL);
}

Test(audit, a_held_lock_is_not_waited_for_without_end, .timeout = 20)
{
	autoscratch struct scratch s = scratch_open();
	struct audit *au = open_in(&s, "log");
	int other = openat(s.fd, "log", O_RDONLY);
	struct err e = { 0 };

	cr_assert_eq(flock(other, LOCK_EX), 0);
	cr_expect_eq(write_one(au, "x", &e), -1);
	cr_expect_str_eq(e.text,
			 "audit log: expected its lock within 5 s: another process holds it");
	audit_close(au);
}

Test(audit, names_come_from_passwd)
{
	struct audit_who self, other = { .uid = 1 };
	const struct passwd *pw = getpwuid(1);

	audit_who_self(&self);
	cr_expect_eq(self.uid, getuid());
	if (self.uid == 0)
		cr_expect_str_eq(self.name, "root");
	if (pw == NULL)
		cr_skip_test("no user 1 here");
	audit_who_user(&other);
	cr_expect_str_eq(other.name, pw->pw_name);
	cr_expect_str_eq(other.home, pw->pw_dir);
	cr_expect_eq(other.uid, 1);
}

/* As a user: the log is where the basedir specification puts it. */
static int open_as_user(const struct scratch *s, const char *key, const char *file)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct audit *au = NULL;
		struct err e = { 0 };

		(void)unsetenv("HOME");
		(void)unsetenv("XDG_STATE_HOME");
		(void)setenv(key, s->path, 1);
		if (getuid() == 0 &&
		    (chown(s->path, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
			_exit(1);
		if (audit_open(NULL, &au, &e) < 0 || write_one(au, "x", &e) < 0)
			_exit(2);
		_exit(faccessat(s->fd, file, F_OK, 0) == 0 ? 0 : 3);
	}
	(void)waitpid(pid, &status, 0);
	return status;
}

Test(audit, a_user_has_a_log_of_his_own)
{
	autoscratch struct scratch s = scratch_open();

	cr_expect_eq(open_as_user(&s, "XDG_STATE_HOME", "caisson/audit.jsonl"), 0);
	cr_expect_eq(open_as_user(&s, "HOME", ".local/state/caisson/audit.jsonl"), 0);
}
