/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

/* moby takes the last line that has the word "version" in it, so that only the first may. */
void cmd_print_version(FILE *to)
{
	(void)fprintf(to,
		      "caisson version %s\n"
		      "commit: %s\n"
		      "spec: %s\n"
		      "+CAP +SECCOMP +APPARMOR +SELINUX +CGROUP2 +YAJL\n",
		      PACKAGE_VERSION, CAISSON_COMMIT, CMD_SPEC_VERSION);
}

static int version_main(const struct call *c, struct err *e)
{
	(void)c;
	(void)e;
	cmd_print_version(stdout);
	return 0;
}

static const struct opt options[] = { OPT_END };

const struct command cmd_version = {
	.name = "version",
	.args = "",
	.help = "print what this is",
	.options = options,
	.run = version_main,
};
