/* SPDX-License-Identifier: Apache-2.0 */
/* plan_audit.c - which calls the watcher hears of: it then answers them in place of the filter,
 * as the policy would have. */
#include <linux/version.h>
#include <string.h>

#include "base/str.h"
#include "plan/plan_seccomp.h"
#include "plan/plan_text.h"

#define KEY      "org.caisson.seccomp.audit"
#define WHERE    "annotations." KEY ": "
#define WORD_MAX 16

const char *const plan_audit_annotation = KEY;

static const struct {
	const char *name;
	unsigned see;
} words[] = { { "deny", POLICY_SEE_DENIALS }, { "exec", POLICY_SEE_EXECS } };

static bool add_word(const char *text, size_t len, unsigned *see)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		if (strlen(words[i].name) != len || memcmp(words[i].name, text, len) != 0)
			continue;
		*see |= words[i].see;
		return true;
	}
	return false;
}

int plan_audit_read(const struct spec *s, unsigned *see, struct err *e)
{
	const char *text = spec_annotation(s, KEY), *at = text;

	*see = 0;
	if (text == NULL || str_eq(text, "off"))
		return 0;
	for (;;) {
		size_t len = strcspn(at, ",");

		if (!add_word(at, len, see))
			return fail(e, ERR_SPEC,
				    WHERE "expected off, deny, exec, or deny,exec: found "
					  "\"%.64s\"",
				    text);
		if (at[len] == '\0')
			return 0;
		at += len + 1;
	}
}

/* ---- what does not go together ---- */

/* A tree of processes has one listener (seccomp(2), EBUSY), and an agent of the user's would
 * have to tell us what it answered. */
int plan_audit_no_agent(const char *found, struct err *e)
{
	(void)fail(e, ERR_SPEC,
		   WHERE "expected no other listener, of which a process has one: found %s",
		   found);
	return hint(e, "have either the agent or the audit");
}

static int refuse_agent(const struct policy *policy, const struct spec_seccomp *s,
			struct err *e)
{
	if (policy_hands_on(policy))
		return plan_audit_no_agent("calls for SCMP_ACT_NOTIFY", e);
	return s->listener_path != NULL ? plan_audit_no_agent("linux.seccomp.listenerPath", e)
					: 0;
}

/* EPOLLHUP from a listener that nobody needs any more is of 5.9. */
static int need_kernel(const struct host *h, struct err *e)
{
	if (h->kernel == 0 || h->kernel >= KERNEL_VERSION(5, 9, 0))
		return 0;
	return fail(e, ERR_HOST, WHERE "expected Linux 5.9: found %u.%u", h->kernel >> 16,
		    h->kernel >> 8 & 0xff);
}

/* ---- what nobody sees ---- */

static bool may_pass(const struct policy *policy, uint32_t arch, const char *name)
{
	const int nr = syscall_number(arch, name);
	uint32_t action = 0;

	if (nr < 0)
		return false;
	if (policy_scope(policy, arch, nr, &action) == POLICY_DEPENDS)
		return true;
	action &= SECCOMP_RET_ACTION_FULL;
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* No filter sees what is asked for through a ring: neither to refuse nor to record it. */
static void warn_of_rings(const struct policy *policy, struct policy_diags *d)
{
	struct policy_diag *w;
	uint32_t arch;
	bool any = false;

	for (size_t i = 0; (arch = policy_arch(policy, i)) != 0; i++)
		any |= may_pass(policy, arch, "io_uring_setup");
	if (!any)
		return;
	w = arena_new(d->arena, struct policy_diag);
	w->level = POLICY_WARNING;
	w->code = "io-uring";
	w->text = "io_uring: what goes through a ring is neither refused nor recorded";
	w->hint = "deny io_uring_setup with ENOSYS: programs then do without";
	if (d->last != NULL)
		d->last->next = w;
	else
		d->first = w;
	d->last = w;
	d->warnings++;
	d->kept++;
}

/* ---- */

int plan_audit_make(const struct audit_sources *from, struct plan *p, struct err *e)
{
	const struct policy_image *image = from->image;

	if (image->verdicts.n == 0)
		return 0;
	if (refuse_agent(from->policy, from->config, e) < 0 || need_kernel(from->host, e) < 0)
		return -1;
	warn_of_rings(from->policy, from->diags);
	p->audit = (struct plan_audit){ .is_on = true,
					.verdicts = image->verdicts,
					.rows = image->rows,
					.rows_n = image->rows_n };
	return 0;
}

/* A signal that does not kill would have a call that waits for its answer begin anew, and be
 * told twice. */
uint32_t plan_audit_flags(const struct host *h)
{
	return h->kernel >= KERNEL_VERSION(5, 19, 0) ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
						     : 0;
}

int plan_audit_refuse(const struct spec *s, const char *what, struct err *e)
{
	unsigned see;

	if (plan_audit_read(s, &see, e) < 0)
		return -1;
	if (see == 0)
		return 0;
	return fail(e, ERR_SPEC, WHERE "%s", what);
}

void plan_print_audit(struct text *t, const struct plan *p)
{
	if (p->audit.is_on)
		text_add(t, "  calls that the watcher answers, and records: %zu rules\n",
			 p->audit.rows_n);
}
