/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "audit/export.h"
#include "base/str.h"

static const char *exported(struct arena *a, enum audit_format format, const char *text)
{
	struct err e = { 0 };
	struct json *event;

	cr_assert_eq(json_parse(a, "event", text, strlen(text), &event, &e), 0, "%s", e.text);
	return audit_export(a, format, event);
}

static const char ended[] =
	"{\"actor\":{\"process\":{\"auid\":1000,\"pid\":7},\"user\":{\"name\":\"anna\",\"uid\":"
	"\"1000\"}},\"container\":{\"image\":{\"name\":\"web:1\"},\"name\":\"k8s_web\","
	"\"runtime\":"
	"\"caisson\",\"uid\":\"c0ffee\"},\"device\":{\"boot_uid\":\"0e7a\",\"hostname\":"
	"\"host\"},"
	"\"event\":\"container.exit\",\"message\":\"container c0ffee ended: "
	"oom\",\"metadata\":{"
	"\"sequence\":12,\"uid\":\"18ea-c\"},\"process\":{\"exit_code\":137,\"pid\":42},"
	"\"severity_id\":2,\"status_id\":1,\"time\":1795313641123,\"unmapped\":{\"pod\":{"
	"\"name\":"
	"\"web-0\",\"namespace\":\"shop\"},\"verdict\":{\"reason\":\"oom\",\"wall_ms\":1500}}}";

struct golden {
	enum audit_format format;
	const char *want;
};

static const struct golden goldens[] = {
	{ FORMAT_ECS,
	  "{\"@timestamp\":\"2026-11-22T02:14:01.123Z\",\"caisson\":{\"pod\":{\"name\":\"web-"
	  "0\","
	  "\"namespace\":\"shop\"},\"verdict\":{\"reason\":\"oom\",\"wall_ms\":1500}},"
	  "\"container\":"
	  "{\"id\":\"c0ffee\",\"image\":{\"name\":\"web:1\"},\"name\":\"k8s_web\",\"runtime\":"
	  "\"caisson\"},\"ecs\":{\"version\":\"9.0.0\"},\"event\":{\"action\":\"container."
	  "exit\","
	  "\"category\":[\"process\"],\"dataset\":\"caisson.audit\",\"duration\":1500000000,"
	  "\"id\":"
	  "\"18ea-c\",\"kind\":\"event\",\"module\":\"caisson\",\"outcome\":\"success\","
	  "\"reason\":"
	  "\"oom\",\"sequence\":12,\"severity\":2,\"type\":[\"end\"]},\"host\":{\"boot\":{"
	  "\"id\":"
	  "\"0e7a\"},\"hostname\":\"host\"},\"log\":{\"level\":\"notice\"},\"message\":"
	  "\"container "
	  "c0ffee ended: oom\",\"orchestrator\":{\"namespace\":\"shop\",\"resource\":{\"name\":"
	  "\"web-0\",\"type\":\"pod\"},\"type\":\"kubernetes\"},\"process\":{\"exit_code\":137,"
	  "\"pid\":42},\"related\":{\"hosts\":[\"host\"],\"user\":["
	  "\"anna\"]},"
	  "\"user\":{\"id\":\"1000\",\"name\":\"anna\"}}" },
	{ FORMAT_FALCO,
	  "{\"hostname\":\"host\",\"output\":\"2026-11-22T02:14:01.123Z: Notice container "
	  "c0ffee "
	  "ended: oom (event=container.exit)\",\"output_fields\":{\"caisson.exit_code\":137,"
	  "\"caisson.reason\":\"oom\",\"caisson.sequence\":12,\"container.id\":\"c0ffee\","
	  "\"container.image.repository\":\"web:1\",\"container.name\":\"k8s_web\",\"evt."
	  "time\":"
	  "1795313641123000000,\"k8s.ns.name\":\"shop\",\"k8s.pod.name\":\"web-0\",\"proc."
	  "pid\":42,"
	  "\"user.loginuid\":1000,\"user.name\":\"anna\",\"user.uid\":1000},\"priority\":"
	  "\"Notice\","
	  "\"rule\":\"caisson "
	  "container.exit\",\"source\":\"caisson\",\"tags\":[\"caisson\",\"container\"],"
	  "\"time\":\"2026-11-22T02:14:01.123Z\"}" },
};

Test(audit_export, an_event_in_the_words_of_others)
{
	for (size_t i = 0; i < COUNT(goldens); i++) {
		autoarena struct arena a = { 0 };

		cr_expect_str_eq(exported(&a, goldens[i].format, ended), goldens[i].want);
	}
}

Test(audit_export, an_envelope_has_the_event_as_it_is)
{
	autoarena struct arena a = { 0 };
	const char *got = exported(&a, FORMAT_CLOUDEVENTS, ended);

	cr_expect_eq(strncmp(got, "{\"data\":{\"actor\":", 17), 0);
	cr_expect_eq(strncmp(got + 8, ended, strlen(ended)), 0);
	cr_expect_str_eq(
		got + 8 + strlen(ended),
		",\"datacontenttype\":\"application/json\",\"id\":\"18ea-c\",\"source\":"
		"\"/caisson/host\",\"specversion\":\"1.0\",\"subject\":\"c0ffee\",\"time\":"
		"\"2026-11-22T02:14:01.123Z\",\"type\":\"org.caisson.container.exit\"}");
	cr_expect_str_eq(exported(&a, FORMAT_OCSF, ended), ended);
}

/* Who is refused a call has not had it, whatever became of the event. */
Test(audit_export, a_refused_call_is_a_failure_of_its_caller)
{
	autoarena struct arena a = { 0 };
	const char *got = exported(
		&a, FORMAT_ECS,
		"{\"action_id\":2,\"actor\":{\"process\":{\"pid\":7}},\"event\":\"seccomp."
		"denied\",\"process\":{\"pid\":42},\"status_id\":1,\"unmapped\":{\"seccomp\":"
		"{\"comm\":\"sh\",\"exe\":\"/bin/busybox\"}}}");

	cr_expect_not_null(strstr(got, "\"outcome\":\"failure\""), "%s", got);
	cr_expect_not_null(strstr(got, "\"process\":{\"executable\":\"/bin/busybox\",\"name\":"
				       "\"sh\",\"pid\":42}"),
			   "%s", got);
}

struct kind {
	const char *event, *want;
};

Test(audit_export, kinds_are_those_of_ecs)
{
	static const struct kind kinds[] = {
		{ "container.start", "\"type\":[\"start\"]" },
		{ "container.exec", "\"type\":[\"start\"]" },
		{ "container.exec_end", "\"type\":[\"end\"]" },
		{ "container.pause", "\"type\":[\"change\"]" },
		{ "alert.raised", "\"kind\":\"alert\"" },
		{ "seccomp.denied", "\"category\":[\"intrusion_detection\"]" },
		{ "log.rotated", "\"category\":[\"configuration\"]" },
		{ "of.another.version", "\"type\":[\"info\"]" },
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		autoarena struct arena a = { 0 };
		const char *got =
			exported(&a, FORMAT_ECS,
				 arena_printf(&a, "{\"event\":\"%s\"}", kinds[i].event));

		cr_expect_not_null(strstr(got, kinds[i].want), "%s: %s", kinds[i].event, got);
	}
}

/* Whoever can write the log can have written anything. */
Test(audit_export, nothing_in_an_event_is_believed)
{
	static const char *const events[] = {
		"{}",
		"{\"event\":{},\"time\":\"x\",\"severity_id\":99,\"container\":[],\"unmapped\":"
		"1}",
		"{\"event\":\"\",\"actor\":null,\"process\":{\"pid\":-1,\"exit_code\":1e9}}",
		"{\"time\":18446744073709551615,\"unmapped\":{\"verdict\":\"[cut]\"}}",
		"{\"event\":\"a\\n\\u001b[2J\",\"message\":\"\\u0000x\"}",
	};

	for (size_t i = 0; i < COUNT(events); i++)
		for (int f = FORMAT_OCSF; f <= FORMAT_CLOUDEVENTS; f++) {
			autoarena struct arena a = { 0 };
			struct err e = { 0 };
			struct json *event;
			const char *got;

			if (json_parse(&a, "event", events[i], strlen(events[i]), &event, &e) <
			    0)
				continue;
			got = audit_export(&a, (enum audit_format)f, event);
			cr_expect_null(strpbrk(got, "\n\033"));
			cr_expect_eq(json_parse(&a, "again", got, strlen(got), &event, &e), 0);
		}
}
