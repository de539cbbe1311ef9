/* SPDX-License-Identifier: Apache-2.0 */
/* plan_print_process.c - the process as text: the names of what it has, no secrets. */
#include <inttypes.h>
#include <sys/capability.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "plan/plan_text.h"
#include "spec/words.h"

static void arguments(struct text *t, const struct plan_process *p)
{
	text_add(t, "  argv:");
	for (const char *const *arg = p->argv; arg != NULL && *arg != NULL; arg++) {
		text_add(t, " ");
		text_quoted(t, *arg);
	}
	text_add(t, "\n");
}

static void environment(struct text *t, const struct plan_process *p)
{
	size_t n = 0;

	while (p->envp != NULL && p->envp[n] != NULL)
		n++;
	text_add(t, "  environment: %zu, PATH %s, HOME %s\n", n,
		 p->path_env != NULL ? "given" : "not given",
		 p->home_from_passwd ? "from passwd" : "given");
}

static void terminal(struct text *t, const struct plan_process *p)
{
	text_add(t, "  terminal: %s", p->terminal ? "yes" : "no");
	if (p->rows != 0 || p->cols != 0)
		text_add(t, ", %u rows, %u columns", p->rows, p->cols);
	text_add(t, "\n");
}

static void user(struct text *t, const struct plan_process *p)
{
	const struct plan_creds *c = &p->creds;

	text_add(t, "  user: %u:%u\n  groups:", c->uid, c->gid);
	for (size_t i = 0; i < c->groups_n; i++)
		text_add(t, " %u", c->groups[i]);
	if (c->groups_n == 0)
		text_add(t, " %s", c->set_groups ? "none" : "the caller's");
	text_add(t, "\n");
	if (p->has_umask)
		text_add(t, "  umask: %04o\n", p->umask);
}

static void cap_set(struct text *t, const char *key, uint64_t set)
{
	const char *before = "";

	text_add(t, "  %s: %s", key, set == 0 ? "none" : "");
	for (unsigned n = 0; n < 64; n++) {
		char *name;

		if ((set >> n & 1) == 0)
			continue;
		name = cap_to_name((cap_value_t)n);
		if (name != NULL)
			text_add(t, "%s%s", before, name);
		else
			text_add(t, "%s%u", before, n);
		(void)cap_free(name);
		before = ", ";
	}
	text_add(t, "\n");
}

static void capabilities(struct text *t, const struct plan_creds *c)
{
	if (c->caps.present) {
		cap_set(t, "bounding", c->caps.bounding);
		cap_set(t, "effective", c->caps.effective);
		cap_set(t, "inheritable", c->caps.inheritable);
		cap_set(t, "permitted", c->caps.permitted);
		cap_set(t, "ambient", c->caps.ambient);
	} else {
		text_add(t, "  capabilities: none\n");
	}
	text_add(t, "  no new privileges: %s\n", c->no_new_privs ? "yes" : "no");
}

static void limit(struct text *t, uint64_t n)
{
	if (n == RLIM_INFINITY)
		text_add(t, " unlimited");
	else
		text_add(t, " %" PRIu64, n);
}

static void rlimits(struct text *t, const struct plan_process *p)
{
	for (size_t i = 0; i < p->rlimits_n; i++) {
		const struct spec_rlimit *r = &p->rlimits[i];
		const char *name = word_name(words_rlimits, (uint64_t)r->resource);

		text_add(t, "  %s:", name != NULL ? name : "RLIMIT_?");
		limit(t, r->soft);
		limit(t, r->hard);
		text_add(t, "\n");
	}
}

static void scheduler(struct text *t, const struct spec_scheduler *s)
{
	const char *name = word_name(words_policies, s->policy);

	if (!s->present)
		return;
	text_add(t, "  scheduler: %s, nice %d, priority %d\n", name != NULL ? name : "SCHED_?",
		 s->nice, s->priority);
	text_bits(t, "  ", "scheduler flags", words_sched_flags, s->flags);
	if (s->runtime != 0 || s->deadline != 0 || s->period != 0)
		text_add(t,
			 "  scheduler times: runtime %" PRIu64 ", deadline %" PRIu64
			 ", period %" PRIu64 "\n",
			 s->runtime, s->deadline, s->period);
}

static void priorities(struct text *t, const struct plan_process *p)
{
	const struct spec_io_priority *io = &p->io_priority;
	const char *class = word_name(words_io_classes, (uint64_t)io->class);

	if (p->oom_score_adj != SPEC_UNSET)
		text_add(t, "  oom score: %" PRId64 "\n", p->oom_score_adj);
	scheduler(t, &p->scheduler);
	if (io->present)
		text_add(t, "  io priority: %s, %d\n", class != NULL ? class : "IOPRIO_CLASS_?",
			 io->priority);
}

static void memory_policy(struct text *t, const struct spec_memory_policy *m)
{
	const char *mode = word_name(words_memory_modes, m->mode);

	if (!m->present)
		return;
	text_add(t, "  memory policy: %s\n", mode != NULL ? mode : "MPOL_?");
	text_bits(t, "  ", "memory policy flags", words_memory_flags, m->flags);
	text_numbers(t, "memory nodes", &m->nodes);
}

static void labels(struct text *t, const struct plan_process *p)
{
	text_field(t, "apparmor", p->apparmor_profile);
	text_field(t, "selinux", p->selinux_label);
	if (p->personality != SPEC_UNSET)
		text_field(t, "personality",
			   p->personality == PER_LINUX32 ? "LINUX32" : "LINUX");
	text_field(t, "keyring", p->new_keyring ? "new" : "inherited");
	text_field(t, "keyring label", p->keyring_label);
}

void plan_print_process(struct text *t, const struct plan *pl)
{
	const struct plan_process *p = &pl->process;

	text_add(t, "process\n");
	arguments(t, p);
	environment(t, p);
	text_field(t, "cwd", p->cwd);
	terminal(t, p);
	user(t, p);
	capabilities(t, &p->creds);
	rlimits(t, p);
	priorities(t, p);
	text_numbers(t, "processors at first", &p->affinity_initial);
	text_numbers(t, "processors", &p->affinity_final);
	memory_policy(t, &p->memory_policy);
	labels(t, p);
}
