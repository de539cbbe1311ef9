/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/cmd.h"

struct spec_options {
	const char *bundle, *file;
	bool rootless;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct spec_options, bundle, "bundle", 'b', OPT_STRING, "DIR",
	    "write there (default: the current directory)"),
	OPT(struct spec_options, file, "file", 'f', OPT_STRING, "FILE",
	    "the file's name, or its path from there (default: config.json)"),
	OPT(struct spec_options, rootless, "rootless", 0, OPT_FLAG, NULL,
	    "for a user without privileges: the caller's ids in a user namespace"),
	OPT_END,
};

/* A shell at a terminal with little more than it needs. The places: options of devpts, the
 * mount of /sys, the rest of the namespaces, and what stands beside them. */
#define CAPS "[\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"]"

static const char shape[] =
	"{"
	"\"ociVersion\": \"" CMD_SPEC_VERSION "\","
	"\"process\": {"
		"\"terminal\": true,"
		"\"user\": {\"uid\": 0, \"gid\": 0},"
		"\"args\": [\"sh\"],"
		"\"env\": ["
			"\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\","
			"\"TERM=xterm\"],"
		"\"cwd\": \"/\","
		"\"capabilities\": {"
			"\"bounding\": " CAPS ", \"effective\": " CAPS ", \"permitted\": " CAPS "},"
		"\"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024}],"
		"\"noNewPrivileges\": true},"
	"\"root\": {\"path\": \"rootfs\", \"readonly\": true},"
	"\"hostname\": \"caisson\","
	"\"mounts\": ["
		"{\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\","
		" \"options\": [\"nosuid\", \"noexec\", \"nodev\"]},"
		"{\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\","
		" \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\"]},"
		"{\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\","
		" \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"%s]},"
		"{\"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\","
		" \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=65536k\"]},"
		"{\"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\","
		" \"options\": [\"nosuid\", \"noexec\", \"nodev\"]},"
		"%s,"
		"{\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\","
		" \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\"]}],"
	"\"linux\": {"
		"%s,"
		"\"namespaces\": ["
			"{\"type\": \"pid\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"},"
			"{\"type\": \"mount\"}, {\"type\": \"cgroup\"}, {\"type\": \"%s\"}],"
		"\"maskedPaths\": ["
			"\"/proc/acpi\", \"/proc/asound\", \"/proc/interrupts\", \"/proc/kcore\","
			"\"/proc/keys\", \"/proc/latency_stats\", \"/proc/timer_list\","
			"\"/proc/timer_stats\", \"/proc/sched_debug\", \"/proc/scsi\","
			"\"/sys/firmware\", \"/sys/devices/virtual/powercap\"],"
		"\"readonlyPaths\": ["
			"\"/proc/bus\", \"/proc/fs\", \"/proc/irq\", \"/proc/sys\","
			"\"/proc/sysrq-trigger\"]}"
	"}";

static const char sysfs_mount[] =
	"{\"destination\": \"/sys\", \"type\": \"sysfs\", \"source\": \"sysfs\","
	" \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"ro\"]}";

/* Whoever does not own the network namespace cannot mount sysfs; and the host's cgroups below
 * a bind of it must be closed too, hence rro (CVE-2023-25809). */
static const char sys_bind[] =
	"{\"destination\": \"/sys\", \"type\": \"none\", \"source\": \"/sys\","
	" \"options\": [\"rbind\", \"nosuid\", \"noexec\", \"nodev\", \"rro\"]}";

static const char no_devices[] =
	"\"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]}";
/* clang-format on */

static const char *text_of(struct arena *a, bool rootless)
{
	const char *maps;

	if (!rootless)
		return arena_printf(a, shape, ", \"gid=5\"", sysfs_mount, no_devices,
				    "network");
	maps = arena_printf(
		a,
		"\"uidMappings\": [{\"containerID\": 0, \"hostID\": %u, \"size\": 1}],"
		"\"gidMappings\": [{\"containerID\": 0, \"hostID\": %u, \"size\": 1}]",
		geteuid(), getegid());
	return arena_printf(a, shape, "", sys_bind, maps, "user");
}

static int write_new(int dir, const char *name, const char *shown, const char *text,
		     struct err *e)
{
	autofd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int rc;

	if (fd < 0 && errno == EEXIST)
		return fail(e, ERR_USAGE, "%s: exists already; remove it first", shown);
	if (fd < 0)
		return fail_sys(e, errno, "%s: create", shown);
	rc = write_all(fd, text, strlen(text));
	if (rc == 0)
		return 0;
	(void)unlinkat(dir, name, 0); /* half of one is worse than none */
	return fail_sys(e, -rc, "%s: write", shown);
}

static int spec_main(const struct call *c, struct err *e)
{
	const struct spec_options *o = c->options;
	const char *where = o->bundle != NULL ? o->bundle : ".";
	const char *text = text_of(c->arena, o->rootless);
	autofd int dir = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct json *doc;
	const char *name = o->file != NULL ? o->file : "config.json";
	const char *shown =
		name[0] == '/' ? name : arena_printf(c->arena, "%s/%s", where, name);

	if (dir < 0)
		return fail_sys(e, errno, "%s: open the bundle", where);
	if (json_parse(c->arena, "config.json", text, strlen(text), &doc, e) < 0)
		return -1;
	text = arena_printf(c->arena, "%s\n", json_print(c->arena, doc, JSON_PRETTY, NULL));
	return write_new(dir, name, shown, text, e);
}

const struct command cmd_spec = {
	.name = "spec",
	.args = "",
	.help = "write a config.json to begin with",
	.options = options,
	.options_size = sizeof(struct spec_options),
	.run = spec_main,
};
