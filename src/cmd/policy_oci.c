/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_oci.h"

#include "base/str.h"
#include "spec/words.h"

/* config-linux.md#seccomp: only these two have a number. */
static void set_action(struct json *o, struct arena *a, uint32_t action, const char *key,
		       const char *errno_key)
{
	const uint32_t kind = action & SECCOMP_RET_ACTION_FULL;
	const char *word = word_name(words_seccomp_actions, kind);

	json_set(o, key, json_string(a, word != NULL ? word : "SCMP_ACT_KILL_PROCESS"));
	if (kind == SECCOMP_RET_ERRNO || kind == SECCOMP_RET_TRACE)
		json_set(o, errno_key, json_uint(a, action & SECCOMP_RET_DATA));
}

/* "value" of a masked compare is the mask. */
static struct json *arg_json(struct arena *a, const struct policy_arg *arg)
{
	const bool masked = arg->op == POLICY_MASKED_EQ;
	struct json *o = json_object(a);

	json_set(o, "index", json_uint(a, arg->index));
	json_set(o, "value", json_uint(a, masked ? arg->mask : arg->value));
	if (masked)
		json_set(o, "valueTwo", json_uint(a, arg->value));
	json_set(o, "op", json_string(a, word_name(words_seccomp_operators, arg->op)));
	return o;
}

static struct json *rule_json(struct arena *a, const struct policy_rule *r)
{
	struct json *o = json_object(a), *names = json_array(a), *args = json_array(a);

	for (size_t i = 0; r->names[i] != NULL; i++)
		json_add(names, json_string(a, r->names[i]));
	json_set(o, "names", names);
	set_action(o, a, r->action, "action", "errnoRet");
	for (size_t i = 0; i < r->args_n; i++)
		json_add(args, arg_json(a, &r->args[i]));
	if (r->args_n > 0)
		json_set(o, "args", args);
	return o;
}

/* "x86_64", as policy_rules has it, or any other spelling, to "SCMP_ARCH_X86_64"; i386 is X86.
 */
static const char *arch_word(struct arena *a, const char *name)
{
	const char *plain = str_eq(name, "i386") ? "x86" : name;
	char *upper = arena_strdup(a, plain);

	str_upper(upper);
	return arena_printf(a, "SCMP_ARCH_%s", upper);
}

struct json *oci_json(struct arena *a, const struct policy_rules *r, uint32_t flags)
{
	struct json *o = json_object(a), *archs = json_array(a), *words = json_array(a),
		    *rules = json_array(a);

	set_action(o, a, r->default_action, "defaultAction", "defaultErrnoRet");
	for (size_t i = 0; r->archs[i] != NULL; i++)
		json_add(archs, json_string(a, arch_word(a, r->archs[i])));
	if (r->archs[0] != NULL)
		json_set(o, "architectures", archs);
	for (const struct word *w = words_seccomp_flags; w->name != NULL; w++)
		if ((flags & w->value) != 0)
			json_add(words, json_string(a, w->name));
	json_set(o, "flags", words);
	for (size_t i = 0; i < r->rules_n; i++)
		json_add(rules, rule_json(a, &r->rules[i]));
	json_set(o, "syscalls", rules);
	return o;
}
