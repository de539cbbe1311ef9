/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/str.h"

/* What is beyond the longest line is counted by one byte. */
static void read_all(struct policy_record *r, FILE *from, char *line)
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(from)) != EOF) {
		if (c == '\n') {
			policy_record_line(r, line, n);
			n = 0;
		} else if (n <= POLICY_LINE_MAX) {
			line[n++] = (char)c;
		}
	}
	if (n > 0)
		policy_record_line(r, line, n);
}

int policy_read_lines(struct policy_record *r, const char *file, struct err *e)
{
	const bool is_stdin = str_eq(file, "-");
	FILE *from = is_stdin ? stdin : fopen(file, "re");
	autofree char *line = malloc(POLICY_LINE_MAX + 1);
	int err = 0;

	if (from == NULL)
		return fail(e, ERR_USAGE, "%s: a record: %s", file,
			    errno == ENOENT ? "found no such file" : "it cannot be read");
	if (line == NULL)
		err = ENOMEM;
	if (err == 0) {
		policy_record_begin(r, file);
		read_all(r, from, line);
		err = ferror(from) ? EIO : 0;
		policy_record_end(r);
	}
	if (!is_stdin)
		(void)fclose(from);
	return err == 0 ? 0 : fail_sys(e, err, "%s: read", file);
}
