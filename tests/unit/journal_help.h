/* SPDX-License-Identifier: Apache-2.0 */
/* journal_help.h - what systemd's journal reads in a message of its native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL), and no more than that. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_FIELDS 32

struct journal_entry {
	struct journal_field {
		char name[65];
		const char *value; /* into the message; not NUL-ended */
		size_t len;
	} fields[JOURNAL_FIELDS];
	size_t n;
};

/* NULL, or what is wrong with it: all of the message has to be fields, their names such that
 * the journal keeps them, and none twice. */
const char *journal_read(const char *bytes, size_t n, struct journal_entry *out);
/* Has it that field, with this value? */
bool journal_has(const struct journal_entry *entry, const char *name, const char *value);
