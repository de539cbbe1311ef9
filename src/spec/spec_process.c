/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/sched.h>

#include "spec/read.h"
#include "spec/spec.h"
#include "spec/words.h"

/* struct winsize has unsigned shorts. */
static void read_console(const struct jat *process, struct spec_process *out)
{
	const struct jat at = j_key(process, "consoleSize");

	if (!j_object(&at))
		return;
	out->console_height = (uint32_t)read_uint(&at, "height", UINT16_MAX);
	out->console_width = (uint32_t)read_uint(&at, "width", UINT16_MAX);
}

static void read_gids(struct arena *a, const struct jat *user, struct spec_user *out)
{
	const struct jat at = j_key(user, "additionalGids");
	uint32_t *all;

	if (!j_array(&at))
		return;
	all = arena_array(a, at.v->n, sizeof(*all));
	for (struct jat it = { 0 }; j_next(&at, &it);) {
		uint64_t id = 0;

		if (j_required(&it, "integer") && j_uint64(&it, ID_MAX, &id))
			all[it.i] = (uint32_t)id;
	}
	out->additional_gids = all;
	out->additional_gids_n = at.v->n;
}

/* config.md#posix-platform-user */
static void read_user(struct arena *a, const struct jat *process, struct spec_user *out)
{
	const struct jat at = j_key(process, "user");
	const struct jat umask = j_key(&at, "umask");
	uint64_t bits = 0;

	if (!j_object(&at))
		return;
	out->uid = read_id(&at, "uid");
	out->gid = read_id(&at, "gid");
	out->has_umask = j_uint64(&umask, 0777, &bits);
	out->umask = (uint32_t)bits;
	read_gids(a, &at, out);
}

static uint64_t read_cap_set(const struct jat *caps, const char *key)
{
	const struct jat at = j_key(caps, key);
	uint64_t set = 0;

	if (!j_array(&at))
		return 0;
	for (struct jat it = { 0 }; j_next(&at, &it);) {
		const char *s;
		int n;

		if (!j_required(&it, "a capability") || !j_string(&it, &s))
			continue;
		n = word_capability(s);
		if (n < 0)
			j_say(&it, "expected a capability, found \"%s\"", s);
		else
			set |= UINT64_C(1) << n;
	}
	return set;
}

/* config.md#linux-process */
static void read_caps(const struct jat *process, struct spec_caps *out)
{
	const struct jat at = j_key(process, "capabilities");

	if (!j_object(&at))
		return;
	out->present = true;
	out->bounding = read_cap_set(&at, "bounding");
	out->effective = read_cap_set(&at, "effective");
	out->inheritable = read_cap_set(&at, "inheritable");
	out->permitted = read_cap_set(&at, "permitted");
	out->ambient = read_cap_set(&at, "ambient");
}

static uint64_t need_limit(const struct jat *at, const char *key)
{
	const struct jat limit = j_key(at, key);

	(void)j_required(&limit, "integer");
	return read_uint(at, key, UINT64_MAX);
}

/* config.md#posix-process */
static void read_rlimit(struct arena *a, const struct jat *at, void *out)
{
	struct spec_rlimit *r = out;
	const struct jat type = j_key(at, "type");
	const struct jat soft = j_key(at, "soft");
	uint64_t resource = UINT64_MAX;

	(void)a;
	if (j_required(&type, "a resource limit"))
		(void)read_word(&type, words_rlimits, "a resource limit", &resource);
	r->resource = (int)resource;
	r->soft = need_limit(at, "soft");
	r->hard = need_limit(at, "hard");
	if (r->soft > r->hard)
		j_say(&soft, "expected no more than hard, %ju, found %ju", (uintmax_t)r->hard,
		      (uintmax_t)r->soft);
}

static void check_rlimits(const struct jat *process, const struct spec_process *p)
{
	const struct jat at = j_key(process, "rlimits");
	uint64_t seen = 0;

	if (p->rlimits_n == 0)
		return;
	for (struct jat it = { 0 }; j_next(&at, &it);) {
		const struct jat type = j_key(&it, "type");
		int resource = p->rlimits[it.i].resource;

		if (type.v == NULL || resource < 0)
			continue;
		if (seen & UINT64_C(1) << resource)
			j_say(&type, "expected each limit once, found a second %s",
			      type.v->text);
		seen |= UINT64_C(1) << resource;
	}
}

static void check_scheduler(const struct jat *at, const struct spec_scheduler *s)
{
	const struct jat priority = j_key(at, "priority");
	bool real_time = s->policy == SCHED_FIFO || s->policy == SCHED_RR;

	if (!real_time && s->priority != 0)
		j_say(&priority,
		      "expected 0, as only SCHED_FIFO and SCHED_RR have one, "
		      "found %d",
		      s->priority);
	if (real_time && (s->priority < 1 || s->priority > 99))
		j_say(&priority, "expected 1 to 99, found %d", s->priority);
	if (s->policy != SCHED_DEADLINE && (s->runtime | s->deadline | s->period) != 0)
		j_say(at, "expected runtime, deadline and period with SCHED_DEADLINE only");
}

/* config.md#scheduler, sched_setattr(2) */
static void read_scheduler(const struct jat *process, struct spec_scheduler *out)
{
	const struct jat at = j_key(process, "scheduler");
	const struct jat policy = j_key(&at, "policy");
	uint64_t number = 0;
	int64_t n;

	if (!j_object(&at))
		return;
	out->present = true;
	if (j_required(&policy, "a scheduling policy"))
		(void)read_word(&policy, words_policies, "a scheduling policy", &number);
	out->policy = (uint32_t)number;
	n = read_int(&at, "nice", -20, 19);
	out->nice = n == SPEC_UNSET ? 0 : (int32_t)n;
	n = read_int(&at, "priority", INT32_MIN, INT32_MAX);
	out->priority = n == SPEC_UNSET ? 0 : (int32_t)n;
	out->flags = read_flags(&at, "flags", words_sched_flags, "a scheduler flag");
	out->runtime = read_uint(&at, "runtime", UINT64_MAX);
	out->deadline = read_uint(&at, "deadline", UINT64_MAX);
	out->period = read_uint(&at, "period", UINT64_MAX);
	check_scheduler(&at, out);
}

/* config.md#linux-process, ioprio_set(2) */
static void read_io_priority(const struct jat *process, struct spec_io_priority *out)
{
	const struct jat at = j_key(process, "ioPriority");
	const struct jat class = j_key(&at, "class");
	uint64_t number = 0;
	int64_t n;

	if (!j_object(&at))
		return;
	out->present = true;
	if (j_required(&class, "an I/O class"))
		(void)read_word(&class, words_io_classes, "an I/O class", &number);
	out->class = (int)number;
	n = read_int(&at, "priority", 0, 7);
	out->priority = n == SPEC_UNSET ? 0 : (int)n;
}

static void read_affinity(struct arena *a, const struct jat *process, struct spec_process *out)
{
	const struct jat at = j_key(process, "execCPUAffinity");

	if (!j_object(&at))
		return;
	out->exec_affinity_initial = read_bits(&at, "initial", a, "a list of processors");
	out->exec_affinity_final = read_bits(&at, "final", a, "a list of processors");
}

/* config.md#process: args may be absent there for Windows' sake only. */
static void read_args(struct arena *a, const struct jat *process, struct spec_process *out)
{
	const struct jat at = j_key(process, "args");

	out->args = read_strings(process, "args", a);
	if (j_required(&at, "at least one argument") && at.v != NULL &&
	    at.v->kind == JSON_ARRAY && at.v->n == 0)
		j_say(&at, "expected at least one argument, found an empty array");
}

void spec_read_process(struct arena *a, const struct jat *at, struct spec_process *out)
{
	static const char *const none[] = { NULL };

	*out = (struct spec_process){ .oom_score_adj = SPEC_UNSET };
	out->args.v = out->env.v = none;
	if (!j_object(at))
		return;
	out->present = true;
	out->terminal = read_bool(at, "terminal");
	read_console(at, out);
	read_user(a, at, &out->user);
	read_args(a, at, out);
	out->env = read_strings(at, "env", a);
	out->cwd = need_path(at, "cwd");
	read_caps(at, &out->caps);
	out->rlimits = read_list(at, "rlimits", a, sizeof(struct spec_rlimit), read_rlimit,
				 &out->rlimits_n);
	check_rlimits(at, out);
	out->no_new_privileges = read_bool(at, "noNewPrivileges");
	out->apparmor_profile = read_text(at, "apparmorProfile");
	out->selinux_label = read_text(at, "selinuxLabel");
	out->oom_score_adj = read_int(at, "oomScoreAdj", -1000, 1000);
	read_scheduler(at, &out->scheduler);
	read_io_priority(at, &out->io_priority);
	read_affinity(a, at, out);
	read_refused(at, "process.");
}
