/* SPDX-License-Identifier: Apache-2.0 */
/* samples - a line for each event: bare, with all that it can say, failed, and in a log. */
#include <stdio.h>

#include "audit/kind.h"
#include "base/auto.h"
#include "base/json.h"

static const struct audit_facts bare = {
	.wall_ns = 1795313641123456789ULL,
	.boot_ns = 77000000001ULL,
	.sequence = 1,
	.hostname = "host",
	.login_uid = (uid_t)-1,
	.caller = 4711,
};
static const struct audit_facts full = {
	.wall_ns = 1795313641123456789ULL,
	.boot_ns = 77000000001ULL,
	.sequence = 12,
	.chain = "0a4f9a0e-7d38-4e0a-93ce-1f3d3f3f7d11",
	.previous = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	.hostname = "host",
	.boot_id = "0e7a",
	.user = "anna",
	.uid = 1000,
	.login_uid = 1000,
	.caller = 4711,
};

static struct json *parsed(struct arena *a, const char *text, size_t len)
{
	struct err e = { 0 };
	struct json *v;

	return json_parse(a, "sample", text, len, &v, &e) == 0 ? v : json_object(a);
}
#define PARSED(a, text) parsed((a), (text), sizeof(text) - 1)

static struct audit_result result_of(struct arena *a, unsigned has)
{
	struct audit_result r = { .exit_code = -1 };

	if (has & HAS_LIMIT)
		r.limit =
			PARSED(a,
			       "{\"resource\":\"memory\",\"limit\":9,\"peak\":9,\"count\":1}");
	if (has & HAS_SECCOMP)
		r.call = PARSED(a, "{\"syscall\":\"mount\",\"nr\":165,\"args\":{\"flags\":\"MS_"
				   "BIND\"},"
				   "\"errno\":\"EPERM\",\"rule\":\"a.policy:7\",\"count\":1}");
	if (has & HAS_ASKED)
		r.asked = PARSED(a, "{\"signal\":15,\"limits\":{\"pids.limit\":-1,"
				    "\"cpu.cpus\":\"0-1\"}}");
	if (has & HAS_LOG)
		r.log = PARSED(a, "{\"first\":1,\"last\":2,\"fingerprint\":\"ab\"}");
	if (has & HAS_VERDICT)
		r.verdict = PARSED(a, "{\"reason\":\"oom\",\"exit_code\":null,\"killed_by\":"
				      "{\"uid\":0,\"caller_pid\":7}}");
	if (has & HAS_EXIT)
		r.exit_code = 137;
	return r;
}

static void print(const struct audit_facts *f, enum audit_event what,
		  const struct audit_subject *who, bool failed)
{
	autoarena struct arena a = { 0 };
	struct audit_result r = result_of(&a, audit_kinds[what].has);
	struct err why = { .step = "mounts" };

	if (failed) {
		(void)!fail(&why, ERR_SPEC, "wanted this: found that");
		r.err = &why;
	}
	(void)puts(audit_line(&a, f, what, who, &r));
}

int main(void)
{
	static const char *const argv[] = { "sh", "-c", "echo \n\xff\033[2J", NULL };
	autoarena struct arena a = { 0 };
	const struct audit_subject id = { .id = "web" };
	struct audit_subject all = {
		.id = "web",
		.bundle = "/b",
		.pid = 4712,
		.argv = argv,
		.policy_name = "container",
		.policy_digest = "ab12",
	};

	audit_labels_add(&a, &all.labels, "io.container.manager", "cri-o");
	audit_labels_add(&a, &all.labels, "io.kubernetes.pod.name", "web-0");
	audit_labels_add(&a, &all.labels, "io.kubernetes.pod.namespace", "shop");
	audit_labels_add(&a, &all.labels, "io.kubernetes.pod.uid", "11-22");
	audit_labels_add(&a, &all.labels, "io.kubernetes.cri-o.ImageName", "web:1");
	for (enum audit_event i = 0; i < AUDIT_EVENTS; i++) {
		print(&bare, i, &id, false);
		print(&full, i, &all, false);
		print(&full, i, &all, true);
	}
	return 0;
}
