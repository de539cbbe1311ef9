/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <sched.h>

#include "base/str.h"
#include "plan/plan_seccomp.h"

/* CVE-2019-5736: through /proc/self/exe a process that may write our binary as one of its own
 * ids could replace it. Not where the binary is on a read-only mount, or belongs to an id that
 * the container has no way to become. */
bool plan_hides_binary(const struct spec *s, const struct host *h)
{
	const struct spec_namespace *user = &s->linux_.ns[NS_USER];

	if (h->exe_hidden)
		return false;
	if (!user->present || user->path != NULL)
		return true;
	for (size_t i = 0; i < s->linux_.uid_maps.n; i++) {
		const struct spec_idmap *m = &s->linux_.uid_maps.v[i];

		if (h->exe_owner >= m->host_id && h->exe_owner - m->host_id < m->size)
			return true;
	}
	return false;
}

/* ---- the parts ---- */

struct making {
	struct arena *a;
	const struct spec *s;
	const struct host *h;
	const struct plan_want *w;
};

static int make_namespaces(const struct making *m, struct plan *p, struct err *e)
{
	return plan_namespaces(m->a, m->s, m->h, p, e);
}

static int make_idmaps(const struct making *m, struct plan *p, struct err *e)
{
	return plan_idmaps(m->a, m->s, m->h, p, e);
}

static int make_filesystem(const struct making *m, struct plan *p, struct err *e)
{
	return plan_filesystem(m->a, m->s, m->h, p, e);
}

static int make_process(const struct making *m, struct plan *p, struct err *e)
{
	return plan_process_make(m->a, m->s, m->h, m->w, p, e);
}

static int make_cgroup(const struct making *m, struct plan *p, struct err *e)
{
	return plan_cgroup_make(m->a, m->s, m->h, m->w, p, e);
}

static int make_net(const struct making *m, struct plan *p, struct err *e)
{
	return plan_net_devices(m->s, m->h, m->w, p, e);
}

static int make_rdt(const struct making *m, struct plan *p, struct err *e)
{
	return plan_rdt(m->a, m->s, m->h, p, e);
}

static int make_filter(const struct making *m, struct plan *p, struct err *e)
{
	return plan_seccomp(m->a, m->s, m->h, m->w, p, e);
}

static int make_watch(const struct making *m, struct plan *p, struct err *e)
{
	return plan_watch_make(m->a, m->s, p, e);
}

/* A part looks at what those before it have decided, at the namespaces above all, but not at
 * whether they refused. */
static int (*const parts[])(const struct making *m, struct plan *p, struct err *e) = {
	make_namespaces, make_idmaps, make_filesystem, make_process, make_net,
	make_rdt,        make_cgroup, make_watch,      make_filter,
};

static void begin(const struct making *m, struct plan *p)
{
	*p = (struct plan){
		.id = m->w->id,
		.bundle = m->w->bundle,
		.oci_version = m->s->oci_version,
		.root = { .pivot = !m->w->no_pivot },
		.hostname = m->s->hostname,
		.domainname = m->s->domainname,
		.sysctl = m->s->linux_.sysctl,
		.annotations = m->s->annotations,
		.protect_self = plan_hides_binary(m->s, m->h),
	};
}

int plan_make(struct arena *a, const struct spec *s, const struct host *h,
	      const struct plan_want *w, struct plan *p, struct err *e)
{
	const struct making m = { a, s, h, w };

	begin(&m, p);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i](&m, p, e) < 0)
			return -1;
	return 0;
}

const struct plan *plan_refusals(struct arena *a, const struct spec *s, const struct host *h,
				 const struct plan_want *w, bool of_host,
				 struct complaints *bad)
{
	const struct making m = { a, s, h, w };
	struct plan *p = arena_new(a, struct plan);

	begin(&m, p);
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct err e = { 0 };
		char text[sizeof(e.text) + 128];

		if (parts[i](&m, p, &e) == 0 || (e.kind == ERR_HOST && !of_host))
			continue;
		err_format(&e, text, sizeof(text));
		complain(bad, "%s", text);
	}
	return p;
}
