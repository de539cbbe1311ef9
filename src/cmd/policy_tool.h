/* SPDX-License-Identifier: Apache-2.0 */
/* policy_tool.h - caisson-policy: what its commands share.
 *
 * One file a command, as in caisson. Diagnostics of a policy, with the line and a caret, are
 * printed by tool_print_diags only; any other error by main alone. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/policy_find.h"
#include "seccomp/policy.h"

/* ---- exit codes ---- */

enum {
	TOOL_YES = 0,
	TOOL_NO = 1, /* errors in a policy, sides that differ, an expectation that failed */
	TOOL_TROUBLE = 2,   /* the command line, a file: nothing was found out */
	TOOL_NOT_RUN = 125, /* run: as env(1) has them */
	TOOL_NOT_EXECUTABLE = 126,
	TOOL_NOT_FOUND = 127,
	TOOL_SIGNAL = 128
};

/* ---- what to compile for: the same options for all commands ---- */

struct tool_want {
	const char *policy; /* of the file */
	const char *arch, *kernel;
	struct opt_strings caps, params;
};

#define TOOL_WANT(type)                                                       \
	OPT(type, want.policy, "policy", 0, OPT_STRING, "NAME",               \
	    "the policy of that name, and not the last one of the file"),     \
		OPT(type, want.arch, "arch", 0, OPT_STRING, "ARCH[,ARCH...]", \
		    "for these architectures, whatever the policy says"),     \
		OPT(type, want.kernel, "kernel", 0, OPT_STRING, "VERSION",    \
		    "what kernel() compares with, as 6.12"),                  \
		OPT(type, want.caps, "cap", 0, OPT_STRINGS, "CAP",            \
		    "a capability that cap() is true for; may be repeated"),  \
		OPT(type, want.params, "param", 0, OPT_STRINGS, "NAME=VALUE", \
		    "sets a parameter of the policy; may be repeated")

#define TOOL_JSON(type) \
	OPT(type, json, "json", 0, OPT_FLAG, NULL, "print one object of canonical JSON")

/* ---- what a command is given: a policy, an engine's JSON, or a program ---- */

struct tool_input {
	const char *name; /* as it was given */
	enum tool_kind {
		INPUT_POLICY, /* text */
		INPUT_RULES, /* a linux.seccomp object, a config.json, or an engine's profile */
		INPUT_PROGRAM /* instructions: .policy is NULL, .image has nothing but them */
	} kind;
	struct policy_source source;
	struct policy_finder finder;
	struct policy_env env;
	struct policy_diags diags;
	const struct policy *policy;
	struct policy_image image;
};

/* Finds and reads; *out has no policy yet, but all for policy_parse. */
int tool_open(struct arena *a, const struct tool_want *w, const char *name,
	      struct tool_input *out, struct err *e) CHECK;
/* The policy of the file; diagnostics are kept, errors fail with ERR_POLICY. */
int tool_parse(struct arena *a, const char *which, struct tool_input *in, struct err *e) CHECK;
/* The same for an engine's JSON. */
int tool_parse_rules(struct arena *a, const struct tool_want *w, struct tool_input *in,
		     struct err *e) CHECK;
/* All of it, up to the program. Diagnostics are printed on stderr if there is an error among
 * them; else they are kept. */
int tool_load(struct arena *a, const struct tool_want *w, const char *name, bool notes,
	      struct tool_input *out, struct err *e) CHECK;

/* Calls back with each policy of a file, unless it has errors. All diagnostics, also those that
 * the visitor adds to its input's, end in *all, each once. -1 for what is no policy's fault. */
struct tool_visitor {
	int (*visit)(void *ctx, struct tool_input *in, struct err *e);
	void *ctx;
};
int tool_each(const struct tool_visitor *v, const struct tool_want *w, const char *name,
	      struct policy_diags *all, struct err *e) CHECK;
/* An error without a line, such as a program of too many instructions. */
void tool_add_err(struct policy_diags *all, const char *file, const struct err *e);

/* AUDIT_ARCH_* of the first architecture that was asked for, else ours, else x86-64's. */
uint32_t tool_arch(const struct tool_want *w);

/* The rules of a JSON document; of a profile with conditions, those that hold. */
int tool_read_rules(struct arena *a, const struct tool_want *w, const struct policy_source *s,
		    struct policy_rules *out, struct err *e) CHECK;
/* "6.12"; 0: the word is none. */
uint16_t tool_kernel(const char *word);
const char *tool_kernel_text(struct arena *a, uint16_t kernel);

/* ---- showing ---- */

bool tool_colour(FILE *to);
void tool_print_diags(FILE *to, const struct policy_diags *d);
struct json *tool_diags_json(const struct policy_diags *d);

struct json *tool_words_json(struct arena *a, const char *const *words);
void tool_print_json(struct arena *a, const struct json *o);
/* "FILE:LINE"; FILE alone where there is no line; "" without a place. */
const char *tool_place(struct arena *a, const struct policy_place *at);
struct json *tool_place_json(struct arena *a, const struct policy_place *at);
/* "a rule", "the default: ..." */
const char *tool_whys(enum policy_why why);
const char *tool_action(struct arena *a, const struct policy_decision *d);
struct json *tool_call_json(struct arena *a, const struct seccomp_data *call);

extern const struct command tool_compile, tool_decompile, tool_check, tool_explain, tool_diff,
	tool_test, tool_run, tool_learn, tool_why;
