/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - members of a line by their path, without a tree of the whole: a look at a million
 * lines has no time for that.
 *
 * The line is RFC 8785 where it is ours, so there are no blanks, and only controls are escaped
 * by number. One that has other things, or is no JSON at all, has no members: who wants to know
 * that for sure has json_parse. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As it stands there: of a string what is between the quotes. */
struct scan_text {
	const char *p; /* into the line */
	size_t len;
	bool is_string;
	bool escaped; /* a backslash is in it */
};

/* "container.uid" of the object that the text is. The first of several members of one name. */
bool scan_find(const char *text, size_t len, const char *path, struct scan_text *out);
/* Several in one go; .p is NULL where there is none. False: no object of ours; what is one is
 * JSON to its end. */
bool scan_all(const char *text, size_t len, const char *const *paths, size_t n,
	      struct scan_text *out);
/* Without escapes, and exactly that. */
bool scan_is(const struct scan_text *t, const char *what);
bool scan_number(const struct scan_text *t, uint64_t *out);

/* What every event has. */
struct scan_event {
	struct scan_text event;
	uint64_t time_ms;
};
bool scan_event(const char *text, size_t len, struct scan_event *out);
