/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/pb.h"

TestSuite(pb);

static void expect_bytes(const struct pb *m, const char *bytes, size_t n)
{
	cr_assert_eq(m->n, n, "%zu bytes, expected %zu", m->n, n);
	cr_expect_arr_eq(m->p, bytes, n);
}

/* The examples of protobuf.dev, "Encoding". */
Test(pb, numbers_and_strings_have_their_published_form)
{
	autoarena struct arena a = { 0 };
	struct pb number = { .arena = &a }, text = { .arena = &a }, outer = { .arena = &a };

	pb_uint(&number, 1, 150);
	expect_bytes(&number, "\x08\x96\x01", 3);
	pb_string(&text, 2, "testing");
	expect_bytes(&text, "\x12\x07testing", 9);
	pb_message(&outer, 3, &number);
	expect_bytes(&outer, "\x1a\x03\x08\x96\x01", 5);
}

Test(pb, a_negative_number_takes_ten_bytes)
{
	autoarena struct arena a = { 0 };
	struct pb m = { .arena = &a };

	pb_int(&m, 1, -1);
	expect_bytes(&m, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
}

Test(pb, a_field_above_15_has_a_key_of_two_bytes)
{
	autoarena struct arena a = { 0 };
	struct pb m = { .arena = &a };

	pb_bool(&m, 34, true);
	expect_bytes(&m, "\x90\x02\x01", 3);
}

Test(pb, what_was_written_is_read)
{
	autoarena struct arena a = { 0 };
	struct pb m = { .arena = &a };
	struct pb_field f;
	struct pb_in in;
	char long_text[5000];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	pb_uint(&m, 7, UINT64_MAX);
	pb_string(&m, 900, long_text);
	pb_string(&m, 3, "");
	in = (struct pb_in){ m.p, m.p + m.n };
	cr_assert_eq(pb_next(&in, &f), 1);
	cr_expect(f.number == 7 && f.value == UINT64_MAX && f.bytes == NULL);
	cr_assert_eq(pb_next(&in, &f), 1);
	cr_expect(f.number == 900 && f.len == sizeof(long_text) - 1);
	cr_expect_eq(memcmp(f.bytes, long_text, f.len), 0);
	cr_assert_eq(pb_next(&in, &f), 1);
	cr_expect(f.number == 3 && f.len == 0 && f.bytes != NULL);
	cr_expect_eq(pb_next(&in, &f), 0);
}

static int read_all(const char *bytes, size_t n)
{
	struct pb_in in = { (const uint8_t *)bytes, (const uint8_t *)bytes + n };
	struct pb_field f;
	int got;

	while ((got = pb_next(&in, &f)) > 0)
		continue;
	return got;
}

Test(pb, what_is_no_message_is_refused)
{
	static const struct {
		const char *what, *bytes;
		size_t n;
	} bad[] = {
		{ "a key that ends", "\x80", 1 },
		{ "a number that ends", "\x08\x96", 2 },
		{ "a number of eleven bytes",
		  "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12 },
		{ "a number above 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
		  11 },
		{ "a string beyond the end", "\x12\x08testing", 9 },
		{ "a string of 2^64 - 1 bytes", "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x",
		  12 },
		{ "field 0", "\x00\x01", 2 },
		{ "a group", "\x0b\x08\x01\x0c", 4 },
		{ "a fixed number that ends", "\x0d\x01\x02\x03", 4 },
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect_eq(read_all(bad[i].bytes, bad[i].n), -1, "%s", bad[i].what);
	cr_expect_eq(read_all("\x0d\x01\x02\x03\x04", 5), 0, "a fixed number");
	cr_expect_eq(read_all("", 0), 0, "nothing");
}
