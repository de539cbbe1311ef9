/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "systemd/unit_wire.h"

TestSuite(systemd, .timeout = 30);

/* ---- names ---- */

Test(systemd, a_place_is_a_slice_and_a_scope)
{
	static const struct {
		const char *text, *slice, *name, *path;
	} cases[] = {
		{ "system.slice:crio:one", "system.slice", "crio-one.scope",
		  "/system.slice/crio-one.scope" },
		{ "a-b-c.slice:p:n", "a-b-c.slice", "p-n.scope",
		  "/a.slice/a-b.slice/a-b-c.slice/p-n.scope" },
		{ "-.slice:p:n", "-.slice", "p-n.scope", "/p-n.scope" },
		{ ":p:n", "user.slice", "p-n.scope", "/user.slice/p-n.scope" },
		{ "m.slice::n_1.2@x", "m.slice", "n_1.2@x.scope", "/m.slice/n_1.2@x.scope" },
		{ "kubepods-besteffort-pod1_2.slice:cri-containerd:0a",
		  "kubepods-besteffort-pod1_2.slice", "cri-containerd-0a.scope",
		  "/kubepods.slice/kubepods-besteffort.slice/"
		  "kubepods-besteffort-pod1_2.slice/cri-containerd-0a.scope" },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct unit_place at = { 0 };
		struct err e = { 0 };

		cr_assert_eq(unit_place_parse(&a, cases[i].text, "user.slice", &at, &e), 0,
			     "%s", e.text);
		cr_expect_str_eq(at.slice, cases[i].slice);
		cr_expect_str_eq(at.name, cases[i].name);
		cr_expect_str_eq(at.path, cases[i].path);
	}
}

#define SLICE_TEXT(name) "expected the name of a slice, as \"a-b.slice\": found \"" name "\""
#define UNIT_TEXT(name)                                                                      \
	"expected the name of a unit, at most 255 letters, digits and -_.\\@: found \"" name \
	"\""

Test(systemd, a_place_that_is_none_is_refused)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "expected SLICE:PREFIX:NAME: found \"\"" },
		{ "/a/b", "expected SLICE:PREFIX:NAME: found \"/a/b\"" },
		{ "a.slice:b", "expected SLICE:PREFIX:NAME: found \"a.slice:b\"" },
		{ "a.slice:b:c:d", "expected SLICE:PREFIX:NAME: found \"a.slice:b:c:d\"" },
		{ "a.slice:b:../c", "expected SLICE:PREFIX:NAME: found \"a.slice:b:../c\"" },
		{ "a:b:c", SLICE_TEXT("a") },
		{ ".slice:b:c", SLICE_TEXT(".slice") },
		{ "-a.slice:b:c", SLICE_TEXT("-a.slice") },
		{ "a--b.slice:b:c", SLICE_TEXT("a--b.slice") },
		{ "a-.slice:b:c", SLICE_TEXT("a-.slice") },
		{ "a b.slice:b:c", SLICE_TEXT("a b.slice") },
		{ "a.slice:b:", UNIT_TEXT("b-.scope") },
		{ "a.slice:b:c+d", UNIT_TEXT("b-c+d.scope") },
		{ "a.slice::.c", UNIT_TEXT(".c.scope") },
		{ "a.slice:b:c.slice",
		  "expected the name of a scope: found the slice \"c.slice\"\n"
		  "a slice holds units, no processes: name the slice first, as "
		  "SLICE:PREFIX:NAME" },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct unit_place at = { 0 };
		struct err e = { 0 };

		cr_expect_eq(unit_place_parse(&a, cases[i].text, "s.slice", &at, &e), -1, "%s",
			     cases[i].text);
		cr_expect_str_eq(e.text, cases[i].error);
	}
}

Test(systemd, a_name_has_no_more_than_255_characters)
{
	autoarena struct arena a = { 0 };
	char text[300] = "a.slice:p:";
	struct unit_place at;
	struct err e = { 0 };

	memset(text + 10, 'x', 247);
	cr_expect_eq(unit_place_parse(&a, text, "", &at, &e), 0, "%s", e.text);
	text[257] = 'x';
	cr_expect_eq(unit_place_parse(&a, text, "", &at, &e), -1);
}

/* ---- values ---- */

Test(systemd, a_value_has_the_type_that_it_says)
{
	static const struct {
		const char *text, *type, *json;
	} cases[] = {
		{ "15", "i", "15" },
		{ "-15", "i", "-15" },
		{ "0", "i", "0" },
		{ "uint64 10000000", "t", "10000000" },
		{ "uint64 18446744073709551615", "t", "18446744073709551615" },
		{ "int64 -9223372036854775808", "x", "-9223372036854775808" },
		{ "byte 255", "y", "255" },
		{ "int16 -1", "n", "-1" },
		{ "uint16 65535", "q", "65535" },
		{ "@t 5", "t", "5" },
		{ "true", "b", "true" },
		{ " false ", "b", "false" },
		{ "'inactive-or-failed'", "s", "\"inactive-or-failed\"" },
		{ "\"it's\"", "s", "\"it's\"" },
		{ "'it\\'s \\\\ \\n'", "s", "\"it's \\\\ \\n\"" },
		{ "''", "s", "\"\"" },
		{ "objectpath '/a'", "o", "\"/a\"" },
		{ "['a', 'b']", "as", "[\"a\",\"b\"]" },
		{ "[1,2]", "ai", "[1,2]" },
		{ "[uint64 1, uint64 2]", "at", "[1,2]" },
		{ "@as []", "as", "[]" },
		{ "@as [ ]", "as", "[]" },
		{ "@as ['a']", "as", "[\"a\"]" },
		{ "('a', uint64 1)", "(st)", "[\"a\",1]" },
		{ "(1,)", "(i)", "[1]" },
		{ "[('a', 'b')]", "a(ss)", "[[\"a\",\"b\"]]" },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json *value = NULL;
		struct err e = { 0 };
		const char *type = NULL;

		cr_assert_eq(unit_value_parse(&a, cases[i].text, &type, &value, &e), 0,
			     "%s: %s", cases[i].text, e.text);
		cr_expect_str_eq(type, cases[i].type, "%s is %s", cases[i].text, type);
		cr_expect_str_eq(json_print(&a, value, JSON_LINE, NULL), cases[i].json);
	}
}

#define AT(wanted, n, rest) \
	"expected " wanted " at character " #n ": found \"" rest "\" (GVariant's text form)"

Test(systemd, a_value_with_another_meaning_or_none_is_refused)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", AT("a decimal number", 1, "") },
		{ "abc", AT("a decimal number", 1, "abc") },
		{ "15s", AT("the end", 3, "s") },
		{ "010", AT("a decimal number", 1, "010") },
		{ "0x10", AT("the end", 2, "x10") },
		{ "1.5", AT("the end", 2, ".5") },
		{ "2147483648", AT("a number of type int32", 1, "2147483648") },
		{ "uint64 -1", AT("a number of type uint64", 8, "-1") },
		{ "byte 256", AT("a number of type byte", 6, "256") },
		{ "uint64", AT("a decimal number", 7, "") },
		{ "1-2", AT("a number of type int32", 1, "1-2") },
		{ "truely", AT("a decimal number", 1, "truely") },
		{ "'a", AT("the end of a string", 3, "") },
		{ "'\\u0041'", AT("one of abfnrtv\\'\" behind a backslash", 3, "u0041'") },
		{ "'\\", AT("one of abfnrtv\\'\" behind a backslash", 3, "") },
		{ "'a' 'b'", AT("the end", 5, "'b'") },
		{ "[]",
		  AT("the type of an empty array, as in \"@as []\", before this", 3, "") },
		{ "[1,'a']", AT("elements of one type before this", 7, "]") },
		{ "[1", AT("\",\" or \"]\"", 3, "") },
		{ "[1,]", AT("a decimal number", 4, "]") },
		{ "()", AT("something in a tuple before this", 3, "") },
		{ "@as [1]", AT("a value of its type before this", 8, "") },
		{ "@v 1", AT("a simple type, or an array of one, behind \"@\"", 2, "v 1") },
		{ "@aas []",
		  AT("a simple type, or an array of one, behind \"@\"", 2, "aas []") },
		{ "{'a': 1}", AT("a decimal number", 1, "{'a': 1}") },
		{ "<1>", AT("a decimal number", 1, "<1>") },
		{ "nothing", AT("a decimal number", 1, "nothing") },
		{ "[[[[[[[[[1]]]]]]]]]", AT("fewer levels", 9, "[1]]]]]]]]]") },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json *value = NULL;
		struct err e = { 0 };
		const char *type = NULL;

		cr_expect_eq(unit_value_parse(&a, cases[i].text, &type, &value, &e), -1, "%s",
			     cases[i].text);
		cr_expect_str_eq(e.text, cases[i].error);
	}
}

/* ---- properties from outside ---- */

static struct unit_props parsed(struct arena *a, const char *name, const char *text, int wanted,
				struct err *e)
{
	struct unit_props p = { .arena = a };

	cr_expect_eq(unit_props_parse(&p, name, text, e), wanted, "%s=%s: %s", name, text,
		     e->text);
	return p;
}

Test(systemd, seconds_become_microseconds)
{
	static const struct {
		const char *name, *text, *out, *json;
	} cases[] = {
		{ "TimeoutStopSec", "10", "TimeoutStopUSec", "10000000" },
		{ "TimeoutStopSec", "uint64 10", "TimeoutStopUSec", "10000000" },
		{ "RuntimeMaxSec", "2.5", "RuntimeMaxUSec", "2500000" },
		{ "RuntimeMaxSec", "0.000001", "RuntimeMaxUSec", "1" },
		{ "TimeoutStopUSec", "uint64 10", "TimeoutStopUSec", "10" },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		struct unit_props p = parsed(&a, cases[i].name, cases[i].text, 0, &e);

		cr_assert_eq(p.n, 1);
		cr_expect_str_eq(p.v[0].name, cases[i].out);
		cr_expect_str_eq(p.v[0].type, "t");
		cr_expect_str_eq(json_print(&a, p.v[0].value, JSON_LINE, NULL), cases[i].json);
	}
}

Test(systemd, a_property_that_is_not_the_annotations_matter_is_refused)
{
	static const struct {
		const char *name, *text, *error;
	} cases[] = {
		{ "", "1", "expected a property's name, letters and digits: found \"\"" },
		{ "a b", "1", "expected a property's name, letters and digits: found \"a b\"" },
		{ "PIDs", "[uint32 1]", "expected a property that is not the runtime's own" },
		{ "Slice", "'a.slice'", "expected a property that is not the runtime's own" },
		{ "Delegate", "false", "expected a property that is not the runtime's own" },
		{ "DevicePolicy", "'auto'",
		  "expected a property that is not the runtime's own" },
		{ "StopSec", "soon", "expected a number of seconds: found \"soon\"" },
		{ "StopSec", "1.", "expected a number of seconds: found \"1.\"" },
		{ "StopSec", "-1", "expected a number of seconds: found \"-1\"" },
		{ "StopSec", "1.0000001", "expected a number of seconds: found \"1.0000001\"" },
		{ "StopSec", "99999999999999999999",
		  "expected a number of seconds: found \"99999999999999999999\"" },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		struct unit_props p = parsed(&a, cases[i].name, cases[i].text, -1, &e);

		cr_expect_eq(p.n, 0);
		cr_expect_str_eq(e.text, cases[i].error);
	}
}

/* ---- the wire ---- */

Test(systemd, a_call_arrives_as_it_was_sent)
{
	autoarena struct arena a = { 0 };
	struct unit_props p = { .arena = &a };
	struct unit_call c = {
		.op = UNIT_STOP, .bus = "unix:path=/b", .unit = "u.scope", .pid = 7
	};
	struct unit_call got;
	struct err e = { 0 };
	const char *text;
	size_t len;

	for (int i = 0; i < 100; i++)
		unit_props_uint(&p, "TasksMax", UINT64_MAX)->optional = i % 2 == 1;
	unit_props_string(&p, "Slice", "a \"b\".slice");
	c.props = p.v;
	c.props_n = p.n;
	text = unit_wire_call(&a, &c, &len);
	cr_assert_eq(unit_wire_read_call(&a, text, len, &got, &e), 0, "%s", e.text);
	cr_expect_eq(got.op, UNIT_STOP);
	cr_expect_eq(got.pid, 7);
	cr_expect_str_eq(got.bus, "unix:path=/b");
	cr_expect_str_eq(got.unit, "u.scope");
	cr_assert_eq(got.props_n, 101);
	cr_expect_str_eq(got.props[1].value->text, "18446744073709551615");
	cr_expect(got.props[1].optional && !got.props[0].optional);
	cr_expect_str_eq(got.props[100].value->text, "a \"b\".slice");
	cr_expect_str_eq(unit_wire_call(&a, &c, &len), text, "it can be sent again");
}

Test(systemd, a_call_that_is_none_is_refused)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "{}", "op: expected string, found nothing" },
		{ "{\"op\":\"dance\",\"bus\":\"b\",\"unit\":\"u\"}",
		  "op: expected the name of a call" },
		{ "{\"op\":\"stop\",\"bus\":\"b\",\"unit\":7}",
		  "unit: expected string, found number" },
		{ "[]", "op: expected string, found nothing" },
	};
	autoarena struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct unit_call got;
		struct err e = { 0 };

		cr_expect_eq(unit_wire_read_call(&a, cases[i].text, strlen(cases[i].text), &got,
						 &e),
			     -1);
		cr_expect(str_after(e.text, cases[i].error) != NULL, "%s", e.text);
	}
}

Test(systemd, an_error_comes_back_whole)
{
	autoarena struct arena a = { 0 };
	struct err why = { 0 }, e = { 0 };
	const char *text;
	size_t len;

	(void)fail_sys(&why, 13, "systemd: u.scope: start: \"no\"");
	(void)hint(&why, "ask root");
	text = unit_wire_answer(&a, &why, &len);
	cr_expect_eq(unit_wire_read_answer(&a, text, len, &e), -1);
	cr_expect_eq(e.kind, ERR_SYSTEM);
	cr_expect_eq(e.sys, 13);
	cr_expect_str_eq(e.text, why.text);
	cr_expect_str_eq(err_hint(&e), "ask root");
	text = unit_wire_answer(&a, NULL, &len);
	cr_expect_eq(unit_wire_read_answer(&a, text, len, &e), 0);
}

Test(systemd, an_answer_is_bounded_and_printable)
{
	static const struct {
		const char *text, *error;
		enum err_kind kind;
	} cases[] = {
		{ "", "answer: ", ERR_HOST },
		{ "null", "done: expected bool", ERR_HOST },
		{ "{\"done\":1}", "done: expected bool", ERR_HOST },
		{ "{\"done\":false}", "text: expected string", ERR_HOST },
		{ "{\"done\":false,\"kind\":99,\"text\":\"a\"}", "a", ERR_HOST },
		{ "{\"done\":false,\"kind\":2,\"text\":\"a\\u001b[2Jb\\nc\\nd\"}",
		  "a?[2Jb\nc?d", ERR_SPEC },
	};
	autoarena struct arena a = { 0 };
	char longer[2000] = "{\"done\":false,\"text\":\"";
	struct err whole = { 0 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };

		cr_expect_eq(unit_wire_read_answer(&a, cases[i].text, strlen(cases[i].text),
						   &e),
			     -1);
		cr_expect_eq(e.kind, cases[i].kind, "%s: %u", cases[i].text, e.kind);
		cr_expect(str_after(e.text, cases[i].error) != NULL, "%s", e.text);
	}
	memset(longer + strlen(longer), 'x', 1500);
	(void)strcat(longer, "\"}");
	cr_expect_eq(unit_wire_read_answer(&a, longer, strlen(longer), &whole), -1);
	cr_expect_eq(strlen(whole.text), sizeof(whole.text) - 1);
}

/* ---- which bus ---- */

static void socket_at(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)strncpy(un.sun_path, path, sizeof(un.sun_path) - 1);
	cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0);
	(void)close(fd);
}

Test(systemd, a_users_bus_is_found_by_directory_or_address)
{
	autoarena struct arena a = { 0 };
	char dir[] = "/tmp/t_systemd a.XXXXXX";
	const char *why = NULL, *bus, *path;
	bool is_user = false;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		cr_skip("no other user");
	cr_assert_not_null(mkdtemp(dir));
	path = arena_printf(&a, "%s/bus", dir);
	(void)setenv("XDG_RUNTIME_DIR", dir, 1);
	(void)unsetenv("DBUS_SESSION_BUS_ADDRESS");
	cr_expect_null(unit_bus_find(&a, &is_user, &why));
	cr_expect(is_user);
	cr_expect_str_eq(why, "no socket \"bus\" in $XDG_RUNTIME_DIR, and no "
			      "$DBUS_SESSION_BUS_ADDRESS");
	(void)setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/else", 1);
	bus = unit_bus_find(&a, &is_user, &why);
	cr_expect_str_eq(bus, "unix:path=/else");
	socket_at(path);
	bus = unit_bus_find(&a, &is_user, &why);
	cr_expect_str_eq(bus, arena_printf(&a, "unix:path=/tmp/t_systemd%%20a.%s/bus",
					   dir + strlen("/tmp/t_systemd a.")));
	(void)unlink(path);
	(void)rmdir(dir);
}

Test(systemd, an_address_that_starts_a_program_is_none)
{
	static const char *const bad[] = { "unixexec:path=/bin/sh", "tcp:host=a,port=1",
					   "unix:path=/a;unixexec:path=/bin/sh", "" };
	autoarena struct arena a = { 0 };
	const char *why;
	bool is_user;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		cr_skip("no other user");
	(void)setenv("XDG_RUNTIME_DIR", "/nowhere", 1);
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)setenv("DBUS_SESSION_BUS_ADDRESS", bad[i], 1);
		cr_expect_null(unit_bus_find(&a, &is_user, &why), "%s", bad[i]);
	}
}
