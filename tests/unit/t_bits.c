/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/bits.h"
#include "base/str.h"

#define W(n) (1UL << (n))

static const struct {
	const char *text;
	size_t n;
	unsigned long first, last;
} lists[] = {
	{ "0", 1, 1, 1 },
	{ "0-3,7", 1, 0x8f, 0x8f },
	{ "7,0-3", 1, 0x8f, 0x8f },
	{ " 1 - 2 , 4 ", 1, 0x16, 0x16 },
	{ "3-3,3", 1, 8, 8 },
	{ "0-63", 1, ~0UL, ~0UL },
	{ "63-64", 2, W(63), 1 },
	{ "1,130", 3, 2, 4 },
	{ "0-65535", 1024, ~0UL, ~0UL },
	{ "007", 1, 128, 128 },
};

Test(bits, of_a_list)
{
	for (size_t i = 0; i < COUNT(lists) && BITS_WORD == 64; i++) {
		autoarena struct arena a = { 0 };
		struct bits b = { 0 };

		cr_assert(bits_parse(&a, lists[i].text, &b), "%s", lists[i].text);
		cr_assert_eq(b.n, lists[i].n, "%s: %zu words", lists[i].text, b.n);
		cr_expect_eq(b.words[0], lists[i].first, "%s", lists[i].text);
		cr_expect_eq(b.words[b.n - 1], lists[i].last, "%s", lists[i].text);
	}
}

Test(bits, are_asked_one_by_one)
{
	autoarena struct arena a = { 0 };
	struct bits b = { 0 };

	cr_assert(bits_parse(&a, "2,64-66", &b));
	for (size_t i = 0; i < 300; i++)
		cr_expect_eq(bits_has(&b, i), i == 2 || (i >= 64 && i <= 66), "%zu", i);
	cr_expect_not(bits_has(&(struct bits){ 0 }, 0));
}

Test(bits, of_no_list_are_none)
{
	static const char *const texts[] = {
		"",     " ",   ",",       "-",     "1,",      ",1",
		"1,,2", "1-",  "-1",      "3-2",   "1-2-3",   "a",
		"0x1",  "1;2", "1\t",     "65536", "0-65536", "99999999999999999999",
		"1 2",  "+1",  "0-3:1/2",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		autoarena struct arena a = { 0 };
		struct bits b = { .n = 7 };

		cr_expect_not(bits_parse(&a, texts[i], &b), "\"%s\"", texts[i]);
		cr_expect_eq(b.n, 7, "\"%s\" left something behind", texts[i]);
	}
}
