/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "seccomp/policy.h"

/* moby takes the last line that has the word "version" in it, so that only the first may. */
void cmd_print_version(FILE *to, struct arena *a)
{
	(void)fprintf(to,
		      "caisson version %s\n"
		      "commit: %s\n"
		      "spec: %s\n"
		      "libseccomp: %s\n"
		      "+CAP +SECCOMP +APPARMOR +SELINUX +CGROUP2 +YAJL\n",
		      PACKAGE_VERSION, CAISSON_COMMIT, CMD_SPEC_VERSION,
		      policy_backend_version(a));
}

static int version_main(const struct call *c, struct err *e)
{
	(void)e;
	cmd_print_version(stdout, c->arena);
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
