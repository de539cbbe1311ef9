/* SPDX-License-Identifier: Apache-2.0 */
/* creds.c - who the process is and what it may. capabilities(7), credentials(7). */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "run/run_private.h"

/* The kernel forgets PDEATHSIG when ids change: prctl(2). */
static int keep_parent_death(struct err *e)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0
		       ? fail_sys(e, errno, "prctl PR_SET_PDEATHSIG")
		       : 0;
}

/* In a user namespace everything that follows is done as its root; where root is not mapped, as
 * the first id that is, with the capabilities that entering it gave: files that nobody owns
 * there cannot be made (EOVERFLOW). */
int become_root(struct run *r, const struct plan *pl, struct err *e)
{
	bool joined = pl->ns.join[NS_USER] != NULL; /* whose maps only the kernel knows */
	const uint32_t uid = pl->ids.uid.own_id, gid = pl->ids.gid.own_id;
	int err = sys_setresgid(gid, gid, gid);

	(void)r;
	if (err == 0)
		err = sys_setresuid(uid, uid, uid);
	if (err < 0 && !(joined && err == -EINVAL))
		return fail_sys(e, -err, "become user %u, group %u of the user namespace", uid,
				gid);
	return keep_parent_death(e);
}

int do_no_new_privs(struct run *r, const struct plan *pl, struct err *e)
{
	(void)r;
	(void)pl;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
		       ? fail_sys(e, errno, "prctl PR_SET_NO_NEW_PRIVS")
		       : 0;
}

int do_bounding(struct run *r, const struct plan *pl, struct err *e)
{
	uint64_t keep = pl->process.creds.caps.bounding;

	(void)r;
	for (int cap = 0; cap < 64; cap++) {
		if ((keep >> cap & 1) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* past the last one that the kernel knows */
			break;
		return fail_sys(e, errno, "process.capabilities.bounding: drop capability %d",
				cap);
	}
	return 0;
}

/* So that the user can open /dev/stdout and its like again: runc and crun do the same. Not a
 * file of the host, which would be given away with it; /dev/null stays everybody's, and a
 * terminal its group's. */
static void own_stdio(uint32_t uid, uint32_t gid)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0 && st.st_uid != uid &&
		    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fd)))
			(void)!fchown(fd, uid, S_ISCHR(st.st_mode) ? (gid_t)-1 : gid);
	}
}

int do_user(struct run *r, const struct plan *pl, struct err *e)
{
	const struct plan_creds *c = &pl->process.creds;
	int err;

	(void)r;
	/* or the change of uid would take the capabilities that the config gives */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail_sys(e, errno, "prctl PR_SET_KEEPCAPS");
	if (c->set_groups) {
		err = sys_setgroups(c->groups_n, c->groups);
		if (err < 0)
			return fail_sys(e, -err, "process.user.additionalGids: setgroups");
	}
	own_stdio(c->uid, c->gid);
	err = sys_setresgid(c->gid, c->gid, c->gid);
	if (err < 0)
		return fail_sys(e, -err, "process.user.gid: set %u", c->gid);
	err = sys_setresuid(c->uid, c->uid, c->uid);
	if (err < 0)
		return fail_sys(e, -err, "process.user.uid: set %u", c->uid);
	return keep_parent_death(e);
}

/* Inheritable is what the specification says and no more (CVE-2022-29162); it is empty unless
 * asked for. */
int do_capabilities(struct run *r, const struct plan *pl, struct err *e)
{
	const struct spec_caps *c = &pl->process.creds.caps;
	const uint64_t keep = filter_capability(pl);
	int err = sys_capset(c->effective, c->permitted | keep, c->inheritable);

	(void)r;
	if (err < 0 && keep != 0 &&
	    sys_capset(c->effective, c->permitted, c->inheritable) == 0) {
		(void)fail(e, ERR_HOST,
			   "linux.seccomp: expected CAP_SYS_ADMIN or noNewPrivileges to load "
			   "the filter: found neither");
		return hint(e, "set process.noNewPrivileges");
	}
	if (err < 0) {
		(void)fail_sys(e, -err, "process.capabilities: set");
		return hint(e, "a runtime cannot give what it does not hold itself");
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail_sys(e, errno, "prctl PR_CAP_AMBIENT_CLEAR_ALL");
	for (int cap = 0; cap < 64; cap++)
		if ((c->ambient >> cap & 1) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return fail_sys(e, errno,
					"process.capabilities.ambient: raise capability %d",
					cap);
	return 0;
}
