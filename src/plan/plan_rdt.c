/* SPDX-License-Identifier: Apache-2.0 */
/* plan_rdt.c - linux.intelRdt: which group of the resctrl file system, and what is written to
 * it. */
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "plan/plan.h"

/* The lines of a text, but those of a resource that another property speaks for. */
static const char *add_lines(struct arena *a, const char *all, const char *text,
			     const char *but)
{
	while (*text != '\0') {
		const size_t n = strcspn(text, "\n");

		if (n > 0 && (but == NULL || str_after(text, but) == NULL))
			all = arena_printf(a, "%s%.*s\n", all, (int)n, text);
		text += n + (text[n] == '\n');
	}
	return all;
}

/* "If l3CacheSchema contains a line beginning with MB:, the value written to schemata file MUST
 * be the non-MB: line(s) in l3CacheSchema and the line in memBWSchema." One text, for the
 * kernel takes it as a whole or not at all; NULL: nothing is to be written. */
const char *plan_schemata(struct arena *a, const struct spec_intel_rdt *s)
{
	const char *all = "";

	if (s->l3_cache_schema != NULL)
		all = add_lines(a, all, s->l3_cache_schema,
				s->mem_bw_schema != NULL ? "MB:" : NULL);
	if (s->mem_bw_schema != NULL)
		all = add_lines(a, all, s->mem_bw_schema, NULL);
	for (size_t i = 0; i < s->schemata.n; i++)
		all = add_lines(a, all, s->schemata.v[i], NULL);
	return all[0] != '\0' ? all : NULL;
}

/* "If closID is not set, runtimes MUST use the container ID". A named class may be there
 * already, and has to be where nothing says what it should be like. */
static enum plan_rdt_group which_group(const struct spec_intel_rdt *s, const char *schemata)
{
	if (s->clos_id == NULL)
		return RDT_NEW;
	if (str_eq(s->clos_id, "/"))
		return RDT_THERE;
	return schemata != NULL ? RDT_EITHER : RDT_THERE;
}

int plan_rdt(struct arena *a, const struct spec *s, const struct host *h, struct plan *p,
	     struct err *e)
{
	const struct spec_intel_rdt *from = &s->linux_.intel_rdt;
	const char *group = from->clos_id != NULL ? from->clos_id : p->id;

	if (!from->present)
		return 0;
	if (h->resctrl == NULL) {
		(void)fail(e, ERR_HOST,
			   "linux.intelRdt: expected a resctrl file system: found none");
		return hint(e, "mount -t resctrl resctrl /sys/fs/resctrl, where processor and "
			       "kernel have it (CONFIG_X86_CPU_RESCTRL)");
	}
	if (strlen(group) > NAME_MAX || strlen(p->id) > NAME_MAX)
		return fail(e, ERR_SPEC,
			    "linux.intelRdt: expected a name of at most %d bytes: found %zu",
			    NAME_MAX, strlen(group));
	p->rdt.root = h->resctrl;
	p->rdt.schemata = plan_schemata(a, from);
	p->rdt.which = which_group(from, p->rdt.schemata);
	p->rdt.group = str_eq(group, "/") ? "." : group;
	if (from->enable_monitoring)
		p->rdt.monitor = arena_printf(a, "%s/mon_groups/%s", p->rdt.group, p->id);
	return 0;
}
