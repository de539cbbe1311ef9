/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/policy_oci.h"
#include "cmd/policy_tool.h"

struct compile_options {
	struct tool_want want;
	bool bpf, c, dot, listing, oci, json, no_verify;
	const char *output;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct compile_options, bpf, "bpf", 0, OPT_FLAG, NULL,
	    "write the instructions, 8 bytes each"),
	OPT(struct compile_options, c, "c", 0, OPT_FLAG, NULL,
	    "write a header for C: instructions, verdicts, digest"),
	OPT(struct compile_options, dot, "dot", 0, OPT_FLAG, NULL,
	    "write the program as a graph for dot(1)"),
	OPT(struct compile_options, listing, "listing", 0, OPT_FLAG, NULL,
	    "write an instruction a line, and what it is there for"),
	OPT(struct compile_options, oci, "oci", 0, OPT_FLAG, NULL,
	    "write the linux.seccomp of a config.json, for any engine"),
	TOOL_JSON(struct compile_options),
	OPT(struct compile_options, output, "output", 'o', OPT_STRING, "FILE",
	    "write there, and not to stdout"),
	TOOL_WANT(struct compile_options),
	OPT_END,
};
/* clang-format on */

/* What is written, in memory. */
struct product {
	const char *data;
	size_t len;
};

static struct product text_product(const char *text)
{
	return (struct product){ text, strlen(text) };
}

static void digest_of(const struct filter *f, char out[DIGEST_HEX])
{
	digest_hex(f->insns, f->n * sizeof(*f->insns), out);
}

static const char *shown_name(const struct tool_input *in)
{
	const char *name = in->policy != NULL ? policy_name(in->policy) : "";

	return name[0] != '\0' ? name : in->name;
}

static const char *const *targets(struct arena *a, const struct policy *p)
{
	const char **names;
	size_t n = 0;

	while (p != NULL && policy_arch(p, n) != 0)
		n++;
	names = arena_array(a, n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = policy_arch_name(policy_arch(p, i));
	return names;
}

static const char *const *flags_of(struct arena *a, const struct policy *p)
{
	const char **names = arena_array(a, 32 + 1, sizeof(*names));
	size_t n = 0;

	for (const struct word *w = policy_flag_words(); w->name != NULL; w++)
		if (p != NULL && (policy_flags(p) & w->value) != 0)
			names[n++] = w->name;
	return names;
}

/* ---- the summary ---- */

static const char *joined(struct arena *a, const char *const *words)
{
	const char *text = "";

	for (size_t i = 0; words[i] != NULL; i++)
		text = arena_printf(a, "%s%s%s", text, i > 0 ? ", " : "", words[i]);
	return text;
}

static struct product summary_text(struct arena *a, const struct tool_input *in)
{
	const struct policy_image *image = &in->image;
	const char *flags = joined(a, flags_of(a, in->policy));
	const char *text;
	char digest[DIGEST_HEX];

	digest_of(&image->filter, digest);
	text = arena_printf(a, "%s\n  targets       %s\n  instructions  %u (%zu bytes)\n",
			    shown_name(in), joined(a, targets(a, in->policy)), image->filter.n,
			    image->filter.n * sizeof(*image->filter.insns));
	if (image->verdicts.n > 0)
		text = arena_printf(a, "%s  verdicts      %zu, found by %u instructions\n",
				    text, image->rows_n, image->verdicts.n);
	if (flags[0] != '\0')
		text = arena_printf(a, "%s  flags         %s\n", text, flags);
	if (image->cells > 0)
		text = arena_printf(a, "%s  verified      %zu cells%s\n", text, image->cells,
				    image->pairwise ? ", pairs of arguments only" : "");
	if (in->policy != NULL && policy_skipped(in->policy) > 0)
		text = arena_printf(a, "%s  skipped       %zu unknown optional names\n", text,
				    policy_skipped(in->policy));
	return text_product(arena_printf(a, "%s  digest        sha256:%s\n", text, digest));
}

static struct product summary_json(struct arena *a, const struct tool_input *in)
{
	const struct policy_image *image = &in->image;
	struct json *o = json_object(a);
	char digest[DIGEST_HEX];

	digest_of(&image->filter, digest);
	json_set(o, "name", json_string(a, shown_name(in)));
	json_set(o, "targets", tool_words_json(a, targets(a, in->policy)));
	json_set(o, "flags", tool_words_json(a, flags_of(a, in->policy)));
	json_set(o, "instructions", json_uint(a, image->filter.n));
	json_set(o, "verdicts", json_uint(a, image->rows_n));
	json_set(o, "verdictInstructions", json_uint(a, image->verdicts.n));
	json_set(o, "cells", json_uint(a, image->cells));
	json_set(o, "pairwise", json_bool(a, image->pairwise));
	json_set(o, "skipped",
		 json_uint(a, in->policy != NULL ? policy_skipped(in->policy) : 0));
	json_set(o, "sha256", json_string(a, arena_strdup(a, digest)));
	return text_product(arena_printf(a, "%s\n", json_print(a, o, JSON_CANONICAL, NULL)));
}

/* ---- C ---- */

struct c_text {
	FILE *to;
	const char *name; /* an identifier */
};

static const char *identifier(struct arena *a, const char *name)
{
	char *out = arena_printf(a, "%s%s", name[0] >= '0' && name[0] <= '9' ? "_" : "", name);

	for (char *c = out; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9')))
			*c = '_';
	return out;
}

/* A reason is whatever the policy's author wrote. "??" would begin a trigraph. */
static void write_c_string(FILE *to, const char *s)
{
	(void)fputc('"', to);
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '?')
			(void)fprintf(to, "\\%03o", c);
		else
			(void)fputc(c, to);
	}
	(void)fputc('"', to);
}

static void write_insns(const struct c_text *t, const char *what, const struct filter *f)
{
	(void)fprintf(t->to, "\nstatic const struct sock_filter %s_%s[%u] = {\n", t->name, what,
		      f->n);
	for (size_t i = 0; i < f->n; i++)
		(void)fprintf(t->to, "\t{ 0x%02x, %u, %u, 0x%08x },\n", f->insns[i].code,
			      f->insns[i].jt, f->insns[i].jf, f->insns[i].k);
	(void)fputs("};\n", t->to);
}

static void write_rows(const struct c_text *t, const struct policy_image *image)
{
	(void)fprintf(t->to,
		      "\n/* What the notified watcher answers: %s_verdicts returns the index. "
		      "*/\n"
		      "static const struct {\n\tint allow, err;\n\tconst char *reason;\n"
		      "} %s_rows[%zu] = {\n",
		      t->name, t->name, image->rows_n);
	for (size_t i = 0; i < image->rows_n; i++) {
		const struct policy_verdict *row = &image->rows[i];

		(void)fprintf(t->to, "\t{ %d, %u, ", row->allow, row->err);
		if (row->reason != NULL)
			write_c_string(t->to, row->reason);
		else
			(void)fputs("0", t->to);
		(void)fputs(" },\n", t->to);
	}
	(void)fputs("};\n", t->to);
}

static void write_c(const struct c_text *t, const struct tool_input *in)
{
	const struct policy_image *image = &in->image;
	char digest[DIGEST_HEX];

	digest_of(&image->filter, digest);
	(void)fputs("/* Made by caisson policy compile --c. Do not edit. */\n"
		    "#pragma once\n#include <linux/filter.h>\n\n",
		    t->to);
	(void)fprintf(t->to, "#define %s_sha256 \"%s\"\n", t->name, digest);
	(void)fprintf(t->to, "#define %s_flags 0x%xu\n", t->name,
		      in->policy != NULL ? policy_flags(in->policy) : 0);
	write_insns(t, "filter", &image->filter);
	if (image->verdicts.n == 0)
		return;
	write_insns(t, "verdicts", &image->verdicts);
	write_rows(t, image);
}

static int c_product(struct arena *a, const struct tool_input *in, struct product *out,
		     struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	const struct c_text t = { open_memstream(&text, &len), identifier(a, shown_name(in)) };
	int bad;

	if (t.to == NULL)
		return fail_sys(e, ENOMEM, "compile: memory for the header");
	write_c(&t, in);
	bad = fclose(t.to);
	if (bad == 0)
		*out = (struct product){ arena_strndup(a, text, len), len };
	free(text);
	return bad == 0 ? 0 : fail_sys(e, ENOMEM, "compile: memory for the header");
}

/* ---- rules for any engine ---- */

static int oci_product(struct arena *a, const struct tool_input *in, struct product *out,
		       struct err *e)
{
	struct policy_rules rules;
	const struct json *o;

	if (in->policy == NULL)
		return fail(e, ERR_POLICY, "%s: a policy, to write as rules: found a program",
			    in->name);
	if (policy_to_rules(a, in->policy, &rules, e) < 0)
		return -1;
	o = oci_json(a, &rules, policy_flags(in->policy));
	*out = text_product(arena_printf(a, "%s\n", json_print(a, o, JSON_PRETTY, NULL)));
	return 0;
}

/* ---- all of them ---- */

static int make(const struct call *c, const struct tool_input *in, struct product *out,
		struct err *e)
{
	const struct compile_options *o = c->options;
	const struct filter *f = &in->image.filter;

	if (o->c)
		return c_product(c->arena, in, out, e);
	if (o->oci)
		return oci_product(c->arena, in, out, e);
	if (o->bpf)
		*out = (struct product){ (const char *)f->insns, f->n * sizeof(*f->insns) };
	else if (o->dot)
		*out = text_product(policy_dot(c->arena, &in->image));
	else if (o->listing)
		*out = text_product(policy_listing(c->arena, &in->image));
	else if (o->json)
		*out = summary_json(c->arena, in);
	else
		*out = summary_text(c->arena, in);
	return 0;
}

static int write_product(const char *output, const struct product *p, struct err *e)
{
	if (output == NULL || str_eq(output, "-")) {
		(void)fwrite(p->data, 1, p->len, stdout);
		return 0;
	}
	return file_output_at(AT_FDCWD, output, p->data, p->len, 0644, e);
}

static int compile_main(const struct call *c, struct err *e)
{
	const struct compile_options *o = c->options;
	struct tool_input in = { 0 };
	struct product product = { 0 };

	if (o->bpf + o->c + o->dot + o->listing + o->oci + o->json > 1)
		return fail(e, ERR_USAGE,
			    "policy compile: one of --bpf, --c, --dot, --listing, --oci, "
			    "--json: "
			    "found more");
	if (tool_load(c->arena, &o->want, c->args[0], o->listing || o->dot, &in, e) < 0 ||
	    make(c, &in, &product, e) < 0)
		return -1;
	tool_print_diags(stderr, &in.diags);
	return write_product(o->output, &product, e);
}

const struct command tool_compile = {
	.name = "policy compile",
	.args = "POLICY",
	.help = "make a filter of a policy, proved to answer as the policy says",
	.options = options,
	.options_size = sizeof(struct compile_options),
	.args_min = 1,
	.args_max = 1,
	.run = compile_main,
};
