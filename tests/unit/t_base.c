/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/error.h"
#include "base/str.h"

/* error */

Test(error, first_failure_is_kept)
{
	struct err e = { 0 };

	cr_expect_eq(fail(&e, ERR_SPEC, "mounts[%d]: expected a source", 3), -1);
	cr_expect_eq(fail_sys(&e, EIO, "later"), -1);
	cr_expect_eq(e.kind, ERR_SPEC);
	cr_expect_eq(e.sys, 0);
	cr_expect_str_eq(e.text, "mounts[3]: expected a source");
	cr_expect_str_eq(err_code(&e), "spec");
	cr_expect_null(err_hint(&e));
}

Test(error, formats_step_text_and_errno_without_the_hint)
{
	struct err e = { .step = "pivot-root" };
	char buf[128];

	fail_sys(&e, ENOENT, "/rootfs: open");
	hint(&e, "unpack an image there");
	hint(&e, "a second hint changes nothing");
	err_format(&e, buf, sizeof(buf));
	cr_expect_str_eq(buf, "pivot-root: /rootfs: open: no such file or directory");
	cr_expect_str_eq(err_hint(&e), "unpack an image there");
	cr_expect_str_eq(err_code(&e), "system");
}

Test(error, long_text_is_cut_and_ended)
{
	struct err e = { 0 };

	fail(&e, ERR_BUG, "%0600d", 1);
	cr_expect_eq(strlen(e.text), sizeof(e.text) - 1);
	hint(&e, "no room");
	cr_expect_null(err_hint(&e));
	e.kind = 1000;
	cr_expect_str_eq(err_code(&e), "bug");
}

/* arena */

Test(arena, gives_zeroed_aligned_memory_of_any_size)
{
	autoarena struct arena a = { 0 };

	for (size_t n = 1; n < 100000; n = n * 3 + 1) {
		unsigned char *p = arena_alloc(&a, n);

		cr_assert_eq((uintptr_t)p % _Alignof(uint64_t), 0);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 0xff, n);
	}
}

Test(arena, copies_text)
{
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(arena_strdup(&a, "whole"), "whole");
	cr_expect_str_eq(arena_strndup(&a, "part", 2), "pa");
	cr_expect_str_eq(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	for (int n = 120; n < 140; n++)
		cr_expect_eq(strlen(arena_printf(&a, "%*d", n, 7)), (size_t)n);
}

Test(arena, what_was_given_back_is_zeroed_again)
{
	autoarena struct arena a = { 0 };
	const struct arena_mark empty = arena_mark(&a);
	unsigned char *kept = arena_alloc(&a, 24);
	const struct arena_mark mark = arena_mark(&a);

	memset(kept, 0x55, 24);
	for (size_t n = 8; n < 100000; n *= 3) {
		unsigned char *p = arena_alloc(&a, n);

		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 0xff, n);
		arena_rewind(&a, mark);
	}
	for (size_t i = 0; i < 24; i++)
		cr_expect_eq(kept[i], 0x55);
	arena_rewind(&a, empty);
	cr_expect_null(a.top);
}

Test(arena, an_overflowing_size_ends_the_program, .exit_code = 1)
{
	autoarena struct arena a = { 0 };

	(void)arena_array(&a, SIZE_MAX / 2, 4);
}

/* str */

struct number {
	char text[32];
	int64_t lo, hi;
	bool ok;
	int64_t value;
};

/* clang-format off */
static struct number numbers[] = {
	{ "0", 0, 9, true, 0 },          { "9", 0, 9, true, 9 },   { "10", 0, 9, false, 0 },
	{ "-5", -5, 9, true, -5 },       { "-6", -5, 9, false, 0 }, { "", 0, 9, false, 0 },
	{ "-", -9, 9, false, 0 },        { "+1", 0, 9, false, 0 }, { " 1", 0, 9, false, 0 },
	{ "1 ", 0, 9, false, 0 },        { "1x", 0, 9, false, 0 }, { "--1", -9, 9, false, 0 },
	{ "007", 0, 9, true, 7 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
	{ "99999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
};
/* clang-format on */

ParameterizedTestParameters(str, parses_numbers)
{
	return cr_make_param_array(struct number, numbers, COUNT(numbers));
}

ParameterizedTest(struct number *n, str, parses_numbers)
{
	int64_t v = 42;

	cr_expect_eq(str_int64(n->text, n->lo, n->hi, &v), n->ok, "\"%s\"", n->text);
	cr_expect_eq(v, n->ok ? n->value : 42, "\"%s\"", n->text);
}

Test(str, parses_the_largest_unsigned_number)
{
	uint64_t v = 0;

	cr_expect(str_uint64("18446744073709551615", UINT64_MAX, &v));
	cr_expect_eq(v, UINT64_MAX);
	cr_expect_not(str_uint64("18446744073709551616", UINT64_MAX, &v));
	cr_expect_not(str_uint64("-1", UINT64_MAX, &v));
}

Test(str, compares)
{
	static const char *const list[] = { "a", "b", NULL };

	cr_expect(str_eq(NULL, NULL));
	cr_expect_not(str_eq("a", NULL));
	cr_expect_not(str_eq(NULL, "a"));
	cr_expect(str_eq("a", "a"));
	cr_expect_str_eq(str_after("rshared", "r"), "shared");
	cr_expect_null(str_after("shared", "r"));
	cr_expect_null(str_after(NULL, "r"));
	cr_expect(str_ends("a.scope", ".scope"));
	cr_expect_not(str_ends("scope", ".scope"));
	cr_expect(str_in("b", list));
	cr_expect_not(str_in("c", list));
	cr_expect_not(str_in(NULL, list));
}

Test(str, builder_says_when_it_was_cut)
{
	char buf[6];
	struct sbuf b = SBUF(buf);

	sbuf_add(&b, "%s", "abc");
	cr_expect_not(b.over);
	sbuf_add(&b, "%d", 12);
	cr_expect_not(b.over);
	cr_expect_str_eq(buf, "abc12");
	sbuf_add(&b, "%c", 'x');
	cr_expect(b.over);
	cr_expect_str_eq(buf, "abc12");
	sbuf_add(&b, "more");
	cr_expect_eq(b.n, 5);
}

Test(str, word_tables_are_read_both_ways)
{
	static const struct word words[] = { { "one", 1 }, { "two", 2 }, { NULL, 0 } };

	cr_expect_eq(word_find(words, "two")->value, 2);
	cr_expect_null(word_find(words, "tw"));
	cr_expect_str_eq(word_name(words, 1), "one");
	cr_expect_null(word_name(words, 3));
}
