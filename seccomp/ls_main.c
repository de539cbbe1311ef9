/* SPDX-License-Identifier: Apache-2.0 */
/* ls_main.c - caisson-libseccomp: rules on stdin (elsewhere.h), instructions on stdout. Not
 * for users; the runtime starts it for policy_build_elsewhere. */
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "seccomp/elsewhere.h"
#include "seccomp/ls.h"

static int build(struct arena *a, struct err *e)
{
	autofree char *text = NULL;
	struct policy_rules r;
	struct filter f = { 0 };
	size_t len, unknown;
	int err;

	if (file_read_fd(STDIN_FILENO, JSON_MAX, "rules", &text, &len, e) < 0 ||
	    elsewhere_read(a, text, len, &r, e) < 0 || ls_build(a, &r, &f, &unknown, e) < 0)
		return -1;
	err = write_all(STDOUT_FILENO, f.insns, f.n * sizeof(*f.insns));
	return err < 0 ? fail_sys(e, -err, "seccomp filter: write") : 0;
}

int main(void)
{
	autoarena struct arena a = { 0 };
	struct err e = { 0 };
	char text[sizeof(e.text) + 128];

	if (build(&a, &e) == 0)
		return 0;
	err_format(&e, text, sizeof(text));
	(void)fprintf(stderr, "%s\n", text);
	return 1;
}
