/* SPDX-License-Identifier: Apache-2.0 */
/* caisson-audit, which `caisson audit' executes: reads what the runtime has written. */
#include "cmd/audit_tool.h"
#include "cmd/tool.h"

static const struct command *const commands[] = {
	&audit_query, &audit_follow, &audit_report, &audit_verify_, &audit_rotate_,
	&audit_init,  &audit_seal_,  &audit_anchor, &audit_prove,   NULL
};

static int failure(const struct call *c, const struct err *e)
{
	(void)c;
	(void)e;
	return AUDIT_TROUBLE;
}

static const struct tool audit = {
	.name = "audit",
	.about = "Reads, sums up and verifies the audit log.",
	.page = "caisson-audit(1)",
	.commands = commands,
	.usage = AUDIT_TROUBLE,
	.failure = failure,
};

int main(int argc, char **argv)
{
	return tool_main(&audit, argc, argv);
}
