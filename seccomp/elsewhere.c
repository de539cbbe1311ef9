/* SPDX-License-Identifier: Apache-2.0 */
/* elsewhere.c - rules that another process compiles: asked in JSON, answered by instructions.
 * What comes back is checked as any program is before it is used. */
#include "seccomp/elsewhere.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/sys.h"

#define TIMEOUT_MS 30000

static struct json *strings(struct arena *a, const char *const *list)
{
	struct json *out = json_array(a);

	for (; *list != NULL; list++)
		json_add(out, json_string(a, *list));
	return out;
}

static struct json *arg_json(struct arena *a, const struct policy_arg *arg)
{
	struct json *out = json_object(a);

	json_set(out, "index", json_uint(a, arg->index));
	json_set(out, "op", json_uint(a, (uint64_t)arg->op));
	json_set(out, "value", json_uint(a, arg->value));
	json_set(out, "mask", json_uint(a, arg->mask));
	return out;
}

static struct json *rule_json(struct arena *a, const struct policy_rule *rule)
{
	struct json *out = json_object(a);
	struct json *args = json_array(a);

	for (size_t i = 0; i < rule->args_n; i++)
		json_add(args, arg_json(a, &rule->args[i]));
	json_set(out, "names", strings(a, rule->names));
	json_set(out, "action", json_uint(a, rule->action));
	json_set(out, "args", args);
	return out;
}

const char *elsewhere_write(struct arena *a, const struct policy_rules *r, size_t *len)
{
	struct json *out = json_object(a);
	struct json *rules = json_array(a);

	for (size_t i = 0; i < r->rules_n; i++)
		json_add(rules, rule_json(a, &r->rules[i]));
	json_set(out, "default", json_uint(a, r->default_action));
	json_set(out, "archs", strings(a, r->archs));
	json_set(out, "rules", rules);
	return json_print(a, out, JSON_LINE, len);
}

static struct policy_arg read_arg(const struct jat *at)
{
	const struct jat index = j_key(at, "index"), op = j_key(at, "op");
	const struct jat value = j_key(at, "value"), mask = j_key(at, "mask");
	struct policy_arg out = { 0 };
	uint32_t number = 0;

	if (j_required(&index, "integer") && j_required(&op, "integer") &&
	    j_uint32(&index, &out.index) && j_uint32(&op, &number) &&
	    j_uint64(&value, UINT64_MAX, &out.value) && j_uint64(&mask, UINT64_MAX, &out.mask))
		out.op = (enum policy_op)number;
	return out;
}

static void read_rule(struct arena *a, const struct jat *at, struct policy_rule *out)
{
	static const char *const none[] = { NULL };
	const struct jat names = j_key(at, "names"), action = j_key(at, "action");
	const struct jat args = j_key(at, "args");
	struct policy_arg *list;

	out->names = none;
	(void)j_strings(&names, a, &out->names, NULL);
	if (j_required(&action, "integer"))
		(void)j_uint32(&action, &out->action);
	if (!j_array(&args))
		return;
	list = arena_array(a, args.v->n, sizeof(*list));
	for (struct jat it = { 0 }; j_next(&args, &it); out->args_n++)
		list[out->args_n] = read_arg(&it);
	out->args = list;
}

int elsewhere_read(struct arena *a, const char *text, size_t len, struct policy_rules *out,
		   struct err *e)
{
	static const char *const none[] = { NULL };
	struct complaints bad = { .arena = a };
	struct policy_rules r = { .archs = none };
	struct policy_rule *list;
	struct json *doc;

	if (json_parse(a, "rules", text, len, &doc, e) < 0)
		return -1;

	const struct jat root = j_root(doc, &bad);
	const struct jat action = j_key(&root, "default"), archs = j_key(&root, "archs");
	const struct jat rules = j_key(&root, "rules");

	if (j_required(&action, "integer"))
		(void)j_uint32(&action, &r.default_action);
	(void)j_strings(&archs, a, &r.archs, NULL);
	if (j_required(&rules, "array") && j_array(&rules)) {
		list = arena_array(a, rules.v->n, sizeof(*list));
		for (struct jat it = { 0 }; j_next(&rules, &it); r.rules_n++)
			read_rule(a, &it, &list[r.rules_n]);
		r.rules = list;
	}
	if (complaints_fail(&bad, ERR_POLICY, e) < 0)
		return -1;
	*out = r;
	return 0;
}

static int take_program(struct arena *a, int fd, struct filter *out, struct err *e)
{
	struct filter f = { 0 };
	struct sock_filter *insns;
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, errno, "seccomp filter: stat");
	size = (size_t)st.st_size;
	if (size == 0 || size % sizeof(*insns) != 0 || size / sizeof(*insns) > BPF_MAXINSNS)
		return fail(e, ERR_POLICY, "seccomp filter: 1 to %d instructions: %zu bytes",
			    BPF_MAXINSNS, size);
	insns = arena_alloc(a, size);
	if (pread(fd, insns, size, 0) != st.st_size)
		return fail_sys(e, EIO, "seccomp filter: read back");
	f.insns = insns;
	f.n = (uint16_t)(size / sizeof(*insns));
	if (filter_check(&f, e) < 0)
		return -1;
	*out = f;
	return 0;
}

int policy_build_elsewhere(struct arena *a, const char *program, const struct policy_rules *r,
			   struct filter *out, struct err *e)
{
	struct proc_job job = { .path = program, .timeout_ms = TIMEOUT_MS, .root = -1 };
	struct proc_result done;
	autofd int fd = sys_memfd("seccomp", 1U /* MFD_CLOEXEC */);

	if (fd < 0)
		return fail_sys(e, -fd, "seccomp filter: memfd_create");
	job.input = elsewhere_write(a, r, &job.input_len);
	job.output = fd;
	if (proc_run(&job, &done, e) < 0)
		return -1;
	if (done.timed_out || done.exit_code != 0)
		return fail(e, ERR_POLICY, "%s: a filter: %s", program,
			    done.timed_out ? "nothing within 30 s" : done.said);
	return take_program(a, fd, out, e);
}
