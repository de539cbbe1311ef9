/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "base/error.h"

/* By length: the lead byte under its mask, and the least code point that needs the length. */
static const struct form {
	unsigned char mask, lead;
	uint32_t least;
} forms[] = {
	{ 0x80, 0x00, 0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

static size_t form_length(unsigned char first)
{
	for (size_t i = 0; i < COUNT(forms); i++)
		if ((first & forms[i].mask) == forms[i].lead)
			return i + 1;
	return 0;
}

size_t utf8_next(const char *s, size_t left, uint32_t *point)
{
	size_t n = left == 0 ? 0 : form_length((unsigned char)*s);
	uint32_t c;

	if (n == 0 || n > left)
		return 0;
	c = (unsigned char)*s & (uint32_t)(unsigned char)~forms[n - 1].mask;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < forms[n - 1].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*point = c;
	return n;
}
