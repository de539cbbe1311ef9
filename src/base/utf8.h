/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - one character of UTF-8 at a time. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The number of bytes of the character at s, of which `left' are there, and its code point; 0
 * when it is no UTF-8 (RFC 3629: shortest form only, no surrogates, up to U+10FFFF). */
size_t utf8_next(const char *s, size_t left, uint32_t *point);
