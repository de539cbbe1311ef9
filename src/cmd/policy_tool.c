/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/policy_tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* https://no-color.org: set and not empty */
bool tool_colour(FILE *to)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(to)) && (no == NULL || no[0] == '\0') && term != NULL &&
	       !str_eq(term, "dumb");
}

void tool_print_diags(FILE *to, const struct policy_diags *d)
{
	const bool colour = tool_colour(to);

	for (const struct policy_diag *one = d->first; one != NULL; one = one->next)
		(void)fprintf(to, "%s\n", policy_diag_text(d->arena, one, colour));
	if (d->dropped > 0)
		(void)fprintf(to, "and %zu more\n", d->dropped);
}

static void set_text(struct arena *a, struct json *o, const char *key, const char *text)
{
	if (text != NULL)
		json_set(o, key, json_string(a, text));
}

static struct json *diag_json(struct arena *a, const struct policy_diag *d)
{
	static const char *const levels[] = {
		[POLICY_ERROR] = "error", [POLICY_WARNING] = "warning", [POLICY_NOTE] = "note"
	};
	struct json *o = json_object(a);

	json_set(o, "level", json_string(a, levels[d->level]));
	set_text(a, o, "code", d->code);
	set_text(a, o, "text", d->text);
	set_text(a, o, "hint", d->hint);
	if (d->at.file != NULL)
		json_set(o, "at", tool_place_json(a, &d->at));
	return o;
}

struct json *tool_diags_json(const struct policy_diags *d)
{
	struct json *array = json_array(d->arena);

	for (const struct policy_diag *one = d->first; one != NULL; one = one->next)
		json_add(array, diag_json(d->arena, one));
	return array;
}

struct json *tool_words_json(struct arena *a, const char *const *words)
{
	struct json *array = json_array(a);

	for (size_t i = 0; words[i] != NULL; i++)
		json_add(array, json_string(a, words[i]));
	return array;
}

void tool_print_json(struct arena *a, const struct json *o)
{
	(void)puts(json_print(a, o, JSON_CANONICAL, NULL));
}

const char *tool_place(struct arena *a, const struct policy_place *at)
{
	if (at->file == NULL)
		return "";
	if (at->line == 0)
		return at->file;
	return arena_printf(a, "%s:%u", at->file, at->line);
}

struct json *tool_place_json(struct arena *a, const struct policy_place *at)
{
	struct json *o = json_object(a);

	set_text(a, o, "file", at->file);
	if (at->line > 0) {
		json_set(o, "line", json_uint(a, at->line));
		json_set(o, "column", json_uint(a, at->column));
	}
	return o;
}

const char *tool_action(struct arena *a, const struct policy_decision *d)
{
	return policy_action_text(a, d->action, d->audit, d->audit_errno);
}

/* Registers as text: a JSON number holds 53 bits only. */
struct json *tool_call_json(struct arena *a, const struct seccomp_data *call)
{
	struct json *o = json_object(a), *args = json_array(a);
	const char *arch = policy_arch_name(call->arch);

	json_set(o, "arch",
		 json_string(a, arch != NULL ? arch : arena_printf(a, "0x%x", call->arch)));
	json_set(o, "nr", json_uint(a, (uint32_t)call->nr));
	set_text(a, o, "name", syscall_name(call->arch, call->nr));
	set_text(a, o, "text", policy_call_text(a, call));
	for (unsigned i = 0; i < SYSCALL_ARGS; i++)
		json_add(args, json_string(a, arena_printf(a, "0x%" PRIx64,
							   (uint64_t)call->args[i])));
	json_set(o, "args", args);
	return o;
}

uint16_t tool_kernel(const char *word)
{
	const char *dot = strchr(word, '.');
	char major[4] = "";
	uint64_t high, low;

	if (dot == NULL || (size_t)(dot - word) >= sizeof(major))
		return 0;
	memcpy(major, word, (size_t)(dot - word));
	if (!str_uint64(major, 255, &high) || !str_uint64(dot + 1, 255, &low))
		return 0;
	return (uint16_t)(high << 8 | low);
}

const char *tool_kernel_text(struct arena *a, uint16_t kernel)
{
	return arena_printf(a, "%d.%d", kernel >> 8, kernel & 255);
}

const char *tool_whys(enum policy_why why)
{
	static const char *const words[] = {
		[POLICY_BY_RULE] = "a rule",
		[POLICY_BY_DEFAULT] = "the default: no rule matches",
		[POLICY_BY_UNKNOWN] = "unknown: no such call in the policy's kernel",
		[POLICY_BY_X32] = "x32: always refused",
		[POLICY_BY_ARCH] = "an architecture that the policy is not for",
	};

	return words[why];
}
