/* SPDX-License-Identifier: Apache-2.0 */
/* lsm.c - AppArmor and SELinux labels, and the session keyring. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sys.h"
#include "run/run_private.h"

/* The name is in backticks: podman tells a security attribute's failure by that. */
#define ATTR "/proc/thread-self/attr/"

static int write_once(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n = write(fd, text, len);

	if (n < 0)
		return errno;
	return (size_t)n == len ? 0 : EIO;
}

/* ---- the label that execve gives ---- */

/* Below "apparmor" since Linux 5.8; the plain file belongs to the first module of the stack. */
static int open_exec_attr(const struct run *r, bool apparmor)
{
	int fd = apparmor ? proc_open(r, "thread-self/attr/apparmor/exec", O_WRONLY) : -ENOENT;

	return fd == -ENOENT ? proc_open(r, "thread-self/attr/exec", O_WRONLY) : fd;
}

int do_label_open(struct run *r, const struct plan *pl, struct err *e)
{
	const struct plan_process *p = &pl->process;

	if (p->apparmor_profile != NULL && p->selinux_label != NULL)
		return fail(e, ERR_HOST,
			    "process: expected one of apparmorProfile and selinuxLabel: found "
			    "both");
	if (p->apparmor_profile == NULL && p->selinux_label == NULL)
		return 0;
	if (private_proc(r, e) < 0)
		return -1;
	r->exec_label = open_exec_attr(r, p->apparmor_profile != NULL);
	if (r->exec_label >= 0)
		return 0;
	(void)fail_sys(e, -r->exec_label, "open `" ATTR "exec`");
	r->exec_label = -1;
	return -1;
}

static int label_failed(const struct plan_process *p, int err, struct err *e)
{
	if (p->selinux_label != NULL)
		return fail_sys(e, err, "process.selinuxLabel: write \"%s\" to `" ATTR "exec`",
				p->selinux_label);
	(void)fail_sys(e, err, "process.apparmorProfile: write \"%s\" to `" ATTR "exec`",
		       p->apparmor_profile);
	/* runc's words, which its tests look for */
	return err == ENOENT ? hint(e,
				    "apparmor profile \"%s\": profile not loaded: "
				    "apparmor_parser -r FILE",
				    p->apparmor_profile)
			     : -1;
}

int do_label(struct run *r, const struct plan *pl, struct err *e)
{
	const struct plan_process *p = &pl->process;
	char text[PATH_MAX];
	int err;

	if (r->exec_label < 0)
		return 0;
	err = snprintf(text, sizeof(text), "%s%s", p->selinux_label != NULL ? "" : "exec ",
		       p->selinux_label != NULL ? p->selinux_label : p->apparmor_profile);
	err = err < 0 || (size_t)err >= sizeof(text) ? ENAMETOOLONG
						     : write_once(r->exec_label, text);
	(void)close(take_fd(&r->exec_label));
	return err == 0 ? 0 : label_failed(p, err, e);
}

/* ---- the session keyring: keyrings(7) ---- */

/* The label of keys that this thread makes; "" is the default again. */
static int label_keys(struct run *r, const char *label, struct err *e)
{
	autofd int fd = -1;
	int err;

	if (private_proc(r, e) < 0)
		return -1;
	fd = proc_open(r, "thread-self/attr/keycreate", O_WRONLY);
	err = fd < 0 ? -fd : write_once(fd, label);
	return err == 0 ? 0 : fail_sys(e, err, "write \"%s\" to `" ATTR "keycreate`", label);
}

static int keyring_failed(const char *name, int err, struct err *e)
{
	(void)fail_sys(e, err, "keyring %s: join", name);
	if (err == EDQUOT)
		return hint(e, "raise kernel.keys.maxkeys and kernel.keys.maxbytes, or use "
			       "--no-new-keyring");
	return hint(e, "--no-new-keyring goes on with the keyring of the caller");
}

/* Without one of its own the container holds, and can read, the keys of who called us. */
static int join_keyring(const char *name, struct err *e)
{
	int err = -sys_keyctl_join_session(name);

	/* A new keyring can be searched by who possesses it only: not by the container's user
	 * once that has another id. */
	if (err <= 0)
		err = -sys_keyctl_set_owner_perms();
	/* a kernel without CONFIG_KEYS has no keys to protect */
	return err <= 0 || err == ENOSYS ? 0 : keyring_failed(name, err, e);
}

int do_keyring(struct run *r, const struct plan *pl, struct err *e)
{
	const char *label = pl->process.keyring_label;
	char name[1040]; /* an id has at most 1024 bytes */

	(void)snprintf(name, sizeof(name), "_ses.%s", pl->id);
	if (label != NULL && label_keys(r, label, e) < 0)
		return -1;
	if (join_keyring(name, e) < 0)
		return -1;
	return label != NULL ? label_keys(r, "", e) : 0;
}
