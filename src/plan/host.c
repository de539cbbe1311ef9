/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/host.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/str.h"

/* "6.12.38+deb13-amd64": the first two numbers. */
static uint32_t kernel_version(void)
{
	struct utsname u;
	unsigned long major, minor;
	char *end;

	if (uname(&u) < 0)
		return 0;
	major = strtoul(u.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return (uint32_t)((major & 0xffff) << 16 | (minor & 255) << 8);
}

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };

	if (capget(&h, d) < 0)
		return 0;
	return (uint64_t)d[1].effective << 32 | d[0].effective;
}

/* prctl(2) PR_CAPBSET_READ refuses a number that the kernel does not know: cheaper than to read
 * /proc/sys/kernel/cap_last_cap. */
static uint64_t known_caps(void)
{
	int last = CAP_LAST_CAP;

	while (last > 0 && prctl(PR_CAPBSET_READ, last, 0, 0, 0) < 0)
		last--;
	while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	return last >= 63 ? UINT64_MAX : (UINT64_C(1) << (last + 1)) - 1;
}

/* engines call us with an empty PATH: newuidmap is looked for where distributions put it. */
static const char *find_helper(const char *const *paths)
{
	for (; *paths != NULL; paths++)
		if (access(*paths, X_OK) == 0)
			return *paths;
	return NULL;
}

static void probe_exe(struct host *out)
{
	struct statvfs vfs;
	struct stat st;

	out->exe_owner = 0;
	if (stat("/proc/self/exe", &st) == 0)
		out->exe_owner = st.st_uid;
	out->exe_hidden = statvfs("/proc/self/exe", &vfs) == 0 && (vfs.f_flag & ST_RDONLY) != 0;
}

void host_probe(struct host *out)
{
	static const char *const newuidmap[] = { "/usr/bin/newuidmap",
						 "/usr/local/bin/newuidmap", "/bin/newuidmap",
						 NULL };
	static const char *const newgidmap[] = { "/usr/bin/newgidmap",
						 "/usr/local/bin/newgidmap", "/bin/newgidmap",
						 NULL };
	struct err ignored = { 0 };

	*out = (struct host){ .uid = geteuid(), .gid = getegid() };
	out->kernel = kernel_version();
	out->in_init_user_ns = proc_in_init_user_ns();
	out->caps_effective = effective_caps();
	out->caps_known = known_caps();
	out->privileged = out->uid == 0 && (out->caps_effective >> CAP_SYS_ADMIN & 1) != 0;
	cg_probe(&out->cgroup);
	if (!out->cgroup.v2 ||
	    cg_self_path(out->self_cgroup, sizeof(out->self_cgroup), &ignored) < 0)
		(void)snprintf(out->self_cgroup, sizeof(out->self_cgroup), "/");
	out->apparmor = access("/sys/kernel/security/apparmor", F_OK) == 0;
	out->selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
	if (!out->privileged) {
		out->newuidmap = find_helper(newuidmap);
		out->newgidmap = find_helper(newgidmap);
	}
	probe_exe(out);
}

static bool is_octal(const char *s)
{
	return strspn(s, "01234567") >= 3;
}

/* "\040" is a blank there. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

char *host_next_mount(char **mountinfo, const char **type)
{
	char *line;

	while ((line = strsep(mountinfo, "\n")) != NULL) {
		char *tail = strstr(line, " - "), *where = NULL;

		if (tail == NULL)
			continue;
		*tail = '\0';
		tail += 3;
		for (int i = 0; i < 5; i++)
			where = strsep(&line, " ");
		if (where == NULL)
			continue;
		*type = strsep(&tail, " ");
		unescape(where);
		return where;
	}
	return NULL;
}

char *host_mount_of(char *mountinfo, const char *type)
{
	const char *found;
	char *where;

	while ((where = host_next_mount(&mountinfo, &found)) != NULL)
		if (str_eq(found, type))
			return where;
	return NULL;
}

void host_find_resctrl(struct arena *a, struct host *out)
{
	struct err ignored = { 0 };
	autofree char *text = NULL;
	const char *where;
	size_t len;

	if (file_read_at(AT_FDCWD, "/proc/self/mountinfo", JSON_MAX, "mountinfo", &text, &len,
			 &ignored) < 0)
		return;
	where = host_mount_of(text, "resctrl");
	out->resctrl = where != NULL ? arena_strdup(a, where) : NULL;
}
