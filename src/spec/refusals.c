/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/refusals.h"

#include <stddef.h>

const struct spec_refusal spec_refusals[] = {
	{ "solaris", "settings for Solaris, and this is Linux" },
	{ "windows", "settings for Windows, and this is Linux" },
	{ "vm", "settings for a virtual machine, and a container has none" },
	{ "zos", "settings for z/OS, and this is Linux" },
	{ "freebsd", "settings for FreeBSD, and this is Linux" },
	{ "process.commandLine", "a command line for Windows: Linux takes args" },
	{ "process.user.username", "a user of Windows: Linux takes uid and gid" },
	{ NULL, NULL },
};
