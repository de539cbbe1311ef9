/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/read.h"
#include "spec/spec.h"
#include "spec/words.h"

/* MAX_ERRNO: the kernel cuts the data of SECCOMP_RET_ERRNO to it. */
#define ERRNO_MAX 4095

static const char *need_word(const struct jat *up, const char *key, const struct word *table,
			     const char *want)
{
	const struct jat at = j_key(up, key);
	uint64_t ignored;

	if (!j_required(&at, want) || !read_word(&at, table, want, &ignored))
		return NULL;
	return at.v->text;
}

static struct spec_strings read_words(const struct jat *up, const char *key, struct arena *a,
				      const struct word *table, const char *want)
{
	const struct jat at = j_key(up, key);
	struct spec_strings out = read_strings(up, key, a);
	uint64_t ignored;

	if (out.n == 0)
		return out;
	for (struct jat it = { 0 }; j_next(&at, &it);)
		(void)read_word(&it, table, want, &ignored);
	return out;
}

/* config-linux.md#seccomp: "When the action doesn't support an errno, the runtime MUST print
 * and error and fail." */
static int64_t read_errno(const struct jat *up, const char *key, const char *action)
{
	const struct jat at = j_key(up, key);
	int64_t n = read_int(up, key, 0, ERRNO_MAX);

	if (n != SPEC_UNSET && action != NULL && !str_eq(action, "SCMP_ACT_ERRNO") &&
	    !str_eq(action, "SCMP_ACT_TRACE"))
		j_say(&at, "expected nothing, because %s has no errno, found %jd", action,
		      (intmax_t)n);
	return n;
}

static void read_arg(struct arena *a, const struct jat *at, void *out)
{
	struct spec_seccomp_arg *arg = out;
	const struct jat value = j_key(at, "value");
	int64_t index = need_int(at, "index", 0, 5);

	(void)a;
	arg->index = index == SPEC_UNSET ? 0 : (uint32_t)index;
	(void)j_required(&value, "integer");
	arg->value = read_uint(at, "value", UINT64_MAX);
	arg->value_two = read_uint(at, "valueTwo", UINT64_MAX);
	arg->op = need_word(at, "op", words_seccomp_operators, "a seccomp operator");
}

static void read_rule(struct arena *a, const struct jat *at, void *out)
{
	struct spec_seccomp_rule *r = out;
	const struct jat names = j_key(at, "names");

	r->names = read_strings(at, "names", a);
	if (j_required(&names, "at least one name") && names.v != NULL &&
	    names.v->kind == JSON_ARRAY && names.v->n == 0)
		j_say(&names, "expected at least one name, found an empty array");
	r->action = need_word(at, "action", words_seccomp_actions, "a seccomp action");
	r->errno_ret = read_errno(at, "errnoRet", r->action);
	r->args =
		read_list(at, "args", a, sizeof(struct spec_seccomp_arg), read_arg, &r->args_n);
}

/* config-linux.md#seccomp: the metadata is for the agent at listenerPath. */
static void read_listener(const struct jat *at, struct spec_seccomp *out)
{
	const struct jat metadata = j_key(at, "listenerMetadata");

	out->listener_path = read_path(at, "listenerPath");
	out->listener_metadata = read_text(at, "listenerMetadata");
	if (out->listener_metadata != NULL && out->listener_path == NULL)
		j_say(&metadata, "expected nothing, because there is no listenerPath, "
				 "found string");
}

void read_seccomp(struct arena *a, const struct jat *at, struct spec_seccomp *out)
{
	static const char *const none[] = { NULL };
	const struct jat flags = j_key(at, "flags");

	out->default_errno_ret = SPEC_UNSET;
	out->architectures.v = out->flags.v = none;
	if (!j_object(at))
		return;
	out->present = true;
	out->default_action =
		need_word(at, "defaultAction", words_seccomp_actions, "a seccomp action");
	out->default_errno_ret = read_errno(at, "defaultErrnoRet", out->default_action);
	out->architectures = read_words(at, "architectures", a, words_seccomp_archs,
					"a seccomp architecture");
	out->has_flags = flags.v != NULL;
	out->flags = read_words(at, "flags", a, words_seccomp_flags, "a seccomp filter flag");
	read_listener(at, out);
	out->rules = read_list(at, "syscalls", a, sizeof(struct spec_seccomp_rule), read_rule,
			       &out->rules_n);
}
