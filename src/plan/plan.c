/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <sched.h>

#include "base/str.h"
#include "plan/plan_seccomp.h"

/* What spec/ reads and this version does not do: refused, never ignored. */
static int not_yet(const struct spec *s, struct err *e)
{
	const struct {
		const char *key;
		bool asked;
	} later[] = {
		{ "linux.netDevices", s->linux_.net_devices_n > 0 },
		{ "linux.memoryPolicy", s->linux_.memory_policy.present },
		{ "linux.intelRdt", s->linux_.intel_rdt.present },
		{ "process.execCPUAffinity", s->process.exec_affinity_initial != NULL ||
						     s->process.exec_affinity_final != NULL },
	};

	for (size_t i = 0; i < COUNT(later); i++)
		if (later[i].asked)
			return fail(e, ERR_HOST, "%s: not supported by this version of caisson",
				    later[i].key);
	return 0;
}

/* CVE-2019-5736: through /proc/self/exe a process that may write our binary as one of its own
 * ids could replace it. Not where the binary is on a read-only mount, or belongs to an id that
 * the container has no way to become. */
static bool must_hide_binary(const struct spec *s, const struct host *h, const struct plan *p)
{
	if (h->exe_hidden)
		return false;
	if (!p->ns.new_user)
		return true;
	for (size_t i = 0; i < s->linux_.uid_maps.n; i++) {
		const struct spec_idmap *m = &s->linux_.uid_maps.v[i];

		if (h->exe_owner >= m->host_id && h->exe_owner - m->host_id < m->size)
			return true;
	}
	return false;
}

int plan_make(struct arena *a, const struct spec *s, const struct host *h,
	      const struct plan_want *w, struct plan *p, struct err *e)
{
	*p = (struct plan){
		.id = w->id,
		.bundle = w->bundle,
		.oci_version = s->oci_version,
		.root = { .pivot = !w->no_pivot },
		.hostname = s->hostname,
		.domainname = s->domainname,
		.sysctl = s->linux_.sysctl,
		.annotations = s->annotations,
	};
	if (not_yet(s, e) < 0 || plan_namespaces(a, s, h, p, e) < 0 ||
	    plan_idmaps(a, s, h, p, e) < 0 || plan_filesystem(a, s, h, p, e) < 0 ||
	    plan_process_make(a, s, h, w, p, e) < 0 || plan_cgroup_make(a, s, h, w, p, e) < 0 ||
	    plan_seccomp(a, s, h, w, p, e) < 0)
		return -1;
	p->protect_self = must_hide_binary(s, h, p);
	return 0;
}
