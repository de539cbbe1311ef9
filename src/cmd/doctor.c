/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/program.h"
#include "base/str.h"
#include "cmd/cmd.h"

#define WIDTH_MIN 60
#define WIDTH     100 /* where stdout is no terminal */

struct doctor_options {
	bool json;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct doctor_options, json, "json", 0, OPT_FLAG, NULL,
	    "print {\"ok\": ..., \"checks\": [...]}"),
	OPT_END,
};
/* clang-format on */

struct report {
	struct arena *arena;
	struct json *checks; /* NULL: a table is printed */
	int indent, width;   /* of the table */
	const char *missing; /* " NAME..." of what is needed */
};

static int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return WIDTH;
	return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

static int longest_name(void)
{
	size_t n = 0;

	for (const struct doctor_probe *p = doctor_probes; p->name != NULL; p++)
		if (strlen(p->name) > n)
			n = strlen(p->name);
	return (int)n;
}

/* A paragraph whose lines after the first begin at `indent'. */
static void print_wrapped(const struct report *r, const char *text)
{
	int at = r->indent;

	for (; *text != '\0'; text += strspn(text, " ")) {
		int n = (int)strcspn(text, " ");

		if (at + n >= r->width && at > r->indent)
			at = printf("\n%*s", r->indent, "") - 1;
		at += printf("%s%.*s", at > r->indent ? " " : "", n, text);
		text += n;
	}
	(void)putchar('\n');
}

static void print_row(const struct report *r, const struct doctor_probe *p,
		      const struct doctor_finding *f)
{
	(void)printf("%-9s%-*s", doctor_state_names[f->state], r->indent - 9, p->name);
	print_wrapped(r, f->found);
	if (f->state == DOCTOR_OK)
		return;
	(void)printf("%*s", r->indent, "");
	print_wrapped(r, arena_printf(r->arena, "so: %s", p->means));
	if (f->remedy[0] == '\0')
		return;
	(void)printf("%*s", r->indent, "");
	print_wrapped(r, arena_printf(r->arena, "remedy: %s", f->remedy));
}

static void add_row(const struct report *r, const struct doctor_probe *p,
		    const struct doctor_finding *f, bool needed)
{
	struct arena *a = r->arena;
	struct json *o = json_object(a);

	json_set(o, "name", json_string(a, p->name));
	json_set(o, "state", json_string(a, doctor_state_names[f->state]));
	json_set(o, "needed", json_bool(a, needed));
	json_set(o, "found", json_string(a, arena_strdup(a, f->found)));
	json_set(o, "means", json_string(a, p->means));
	if (f->remedy[0] != '\0')
		json_set(o, "remedy", json_string(a, arena_strdup(a, f->remedy)));
	json_add(r->checks, o);
}

static void look_at_all(const struct doctor *d, struct report *r)
{
	for (const struct doctor_probe *p = doctor_probes; p->name != NULL; p++) {
		bool needed = doctor_needs(d, p);
		struct doctor_finding f;

		doctor_look(d, p, &f);
		if (needed && f.state == DOCTOR_MISSING)
			r->missing = arena_printf(r->arena, "%s %s", r->missing, p->name);
		if (r->checks != NULL)
			add_row(r, p, &f, needed);
		else
			print_row(r, p, &f);
	}
}

static void conclude(const struct doctor *d, const struct report *r)
{
	const char *who = d->privileged ? "root" : "a user";
	struct json *o;

	if (r->checks == NULL) {
		if (r->missing[0] == '\0')
			(void)printf("\nall that containers of %s need is here\n", who);
		else
			(void)printf("\nmissing, and needed by containers of %s:%s\n", who,
				     r->missing);
		return;
	}
	o = json_object(r->arena);
	json_set(o, "ok", json_bool(r->arena, r->missing[0] == '\0'));
	json_set(o, "for", json_string(r->arena, d->privileged ? "root" : "user"));
	json_set(o, "checks", r->checks);
	(void)puts(json_print(r->arena, o, JSON_PRETTY, NULL));
}

static int doctor_main(const struct call *c, struct err *e)
{
	const struct doctor_options *o = c->options;
	struct report r = { .arena = c->arena, .missing = "", .width = terminal_width() };
	struct doctor d = { .arena = c->arena };

	(void)e;
	r.indent = 9 + longest_name() + 2;
	r.checks = o->json ? json_array(c->arena) : NULL;
	d.policy_program = program_find(c->arena, "caisson-policy");
	d.libseccomp_program = program_find(c->arena, "caisson-libseccomp");
	(void)fflush(stdout); /* what is buffered must not be written by a child too */
	doctor_begin(&d);
	look_at_all(&d, &r);
	doctor_end(&d);
	conclude(&d, &r);
	*c->exit_code = r.missing[0] == '\0' ? EXIT_SUCCESS : EXIT_FAILURE;
	return 0;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.args = "",
	.help = "say what this host can enforce and what not, by trying it; changes nothing",
	.options = options,
	.options_size = sizeof(struct doctor_options),
	.run = doctor_main,
};
