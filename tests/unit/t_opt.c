/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/opt.h"

struct bag {
	bool flag, quiet;
	const char *dir, *form;
	unsigned count;
	struct opt_strings env;
};

/* clang-format off */
static const struct opt table[] = {
	OPT(struct bag, flag, "no-pivot", 'f', OPT_FLAG, NULL, "a flag"),
	OPT(struct bag, quiet, "quiet", 'q', OPT_FLAG, NULL, "another flag"),
	OPT(struct bag, dir, "bundle", 'b', OPT_STRING, "DIR", "a string"),
	OPT(struct bag, form, "format", 0, OPT_STRING, "text|json", "a choice"),
	OPT(struct bag, count, "preserve-fds", 0, OPT_UINT, "N", "a number"),
	OPT(struct bag, env, "env", 'e', OPT_STRINGS, "KEY=VALUE", "a string, more than once"),
	OPT(struct bag, flag, "secret", 0, OPT_FLAG, NULL, NULL),
	OPT_END,
};

/* What was found, as text: f q b=DIR form=WORD n=N e=A,B | arguments, "help" at the end */
struct grammar {
	const char *line, *want;
};

static const struct grammar rows[] = {
	{ "",                              "|" },
	{ "ID",                            "| ID" },
	{ "--bundle /b ID",                "b=/b | ID" },
	{ "--bundle=/b ID",                "b=/b | ID" },
	{ "-b /b ID",                      "b=/b | ID" },
	{ "-b/b ID",                       "b=/b | ID" },
	{ "-b=/b ID",                      "b=/b | ID" },
	{ "-bundle /b ID",                 "b=/b | ID" },
	{ "-bundle=/b ID",                 "b=/b | ID" },
	{ "ID --bundle /b",                "b=/b | ID" },
	{ "--bundle= ID",                  "b= | ID" },
	{ "--bundle a=b=c",                "b=a=b=c |" },
	{ "--bundle --quiet ID",           "b=--quiet | ID" },
	{ "--bundle - ID",                 "b=- | ID" },
	{ "--bundle /a --bundle /b",       "b=/b |" },
	{ "--no-pivot",                    "f |" },
	{ "-no-pivot",                     "f |" },
	{ "--no-pivot=true",               "f |" },
	{ "--no-pivot=1",                  "f |" },
	{ "--no-pivot --no-pivot=false",   "|" },
	{ "-f=true",                       "f |" },
	{ "-f -f=F",                       "|" },
	{ "-fq",                           "f q |" },
	{ "-fqb /b",                       "f q b=/b |" },
	{ "-fqb/b ID",                     "f q b=/b | ID" },
	{ "--no-pivot true",               "f | true" },
	{ "--format json",                 "form=json |" },
	{ "--format=text",                 "form=text |" },
	{ "--preserve-fds 3",              "n=3 |" },
	{ "--preserve-fds=4294967295",     "n=4294967295 |" },
	{ "-e A=1 --env B=2 --env=C -eD",  "e=A=1,B=2,C,D |" },
	{ "-",                             "| -" },
	{ "-- --bundle -f",                "| --bundle -f" },
	{ "-f -- ID -q",                   "f | ID -q" },
	{ "--secret",                      "f |" },
	{ "--help",                        "| help" },
	{ "-h",                            "| help" },
	{ "-help",                         "| help" },
	{ "-q --help --nonsense",          "q | --nonsense help" },
};

static const struct grammar stopping[] = {
	{ "ID -f",             "| ID -f" },
	{ "-f ID cmd -q",      "f | ID cmd -q" },
	{ "-f -- ID -q",       "f | ID -q" },
	{ "-b x ID --help",    "b=x | ID --help" },
	{ "--help ID",         "| ID help" },
};

static const struct grammar refusals[] = {
	{ "--bundle",            "t: --bundle: flag needs an argument\n--bundle DIR requires an argument" },
	{ "-b",                  "t: --bundle: flag needs an argument\n--bundle DIR requires an argument" },
	{ "-fqb",                "t: --bundle: flag needs an argument\n--bundle DIR requires an argument" },
	{ "ID --preserve-fds",   "t: --preserve-fds: flag needs an argument\n--preserve-fds N requires an argument" },
	{ "--bunlde /b",         "t: --bunlde: unknown option\ndid you mean --bundle?" },
	{ "--bunlde=/b",         "t: --bunlde: unknown option\ndid you mean --bundle?" },
	{ "-nopivot",            "t: -nopivot: unknown option\ndid you mean --no-pivot?" },
	{ "--zzz",               "t: --zzz: unknown option\ncaisson t --help lists the options" },
	{ "--secre",             "t: --secre: unknown option\ncaisson t --help lists the options" },
	{ "-x",                  "t: -x: unknown option\ncaisson t --help lists the options" },
	{ "-fx",                 "t: -fx: unknown option\ncaisson t --help lists the options" },
	{ "--f",                 "t: --f: unknown option\ncaisson t --help lists the options" },
	{ "---bundle x",         "t: ---bundle: unknown option\ndid you mean --bundle?" },
	{ "--no-pivot=yes",      "t: --no-pivot: expected true or false: found \"yes\"" },
	{ "--no-pivot=",         "t: --no-pivot: expected true or false: found \"\"" },
	{ "--format xml",        "t: --format: expected text|json: found \"xml\"" },
	{ "--format=",           "t: --format: expected text|json: found \"\"" },
	{ "--format tex",        "t: --format: expected text|json: found \"tex\"" },
	{ "--format text|json",  "t: --format: expected text|json: found \"text|json\"" },
	{ "--preserve-fds x",    "t: --preserve-fds: expected a number: found \"x\"" },
	{ "--preserve-fds -1",   "t: --preserve-fds: expected a number: found \"-1\"" },
	{ "--preserve-fds 4294967296",
	  "t: --preserve-fds: expected a number: found \"4294967296\"" },
};
/* clang-format on */

enum {
	MAX_WORDS = 16
};

static int parse(struct arena *a, const char *line, bool stop, struct bag *bag,
		 struct opt_found *found, struct err *e)
{
	const char **words = arena_array(a, MAX_WORDS, sizeof(*words));
	struct opt_words in = { "t", words, 0, stop };
	char *rest = arena_strdup(a, line);

	for (char *w = strsep(&rest, " "); w != NULL && line[0] != '\0'; w = strsep(&rest, " "))
		words[in.n++] = w;
	return opt_parse(a, table, &in, bag, found, e);
}

static void show(struct sbuf *b, const struct bag *bag, const struct opt_found *found)
{
	sbuf_add(b, "%s%s", bag->flag ? "f " : "", bag->quiet ? "q " : "");
	if (bag->dir != NULL)
		sbuf_add(b, "b=%s ", bag->dir);
	if (bag->form != NULL)
		sbuf_add(b, "form=%s ", bag->form);
	if (bag->count != 0)
		sbuf_add(b, "n=%u ", bag->count);
	for (size_t i = 0; i < bag->env.n; i++)
		sbuf_add(b, "%s%s%s", i == 0 ? "e=" : ",", bag->env.v[i],
			 bag->env.v[i + 1] == NULL ? " " : "");
	sbuf_add(b, "|");
	for (size_t i = 0; i < found->args_n; i++)
		sbuf_add(b, " %s", found->args[i]);
	cr_expect_null(found->args[found->args_n]);
	sbuf_add(b, "%s", found->help ? " help" : "");
}

static void expect_grammar(const struct grammar *g, bool stop)
{
	autoarena struct arena a = { 0 };
	struct bag bag = { 0 };
	struct opt_found found = { 0 };
	struct err e = { 0 };
	char text[256] = "";
	struct sbuf b = SBUF(text);

	cr_assert_eq(parse(&a, g->line, stop, &bag, &found, &e), 0, "%s: %s", g->line, e.text);
	show(&b, &bag, &found);
	cr_expect_str_eq(text, g->want, "\"%s\": got \"%s\", want \"%s\"", g->line, text,
			 g->want);
}

Test(opt, reads_what_callers_write)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_grammar(&rows[i], false);
}

Test(opt, stops_at_the_first_argument)
{
	for (size_t i = 0; i < COUNT(stopping); i++)
		expect_grammar(&stopping[i], true);
}

Test(opt, tells_how_far_it_read)
{
	autoarena struct arena a = { 0 };
	struct bag bag = { 0 };
	struct opt_found found = { 0 };
	struct err e = { 0 };

	cr_assert_eq(parse(&a, "-f -b /b create --bundle /c ID", true, &bag, &found, &e), 0);
	cr_expect_eq(found.used, 3);
	cr_expect_eq(found.args_n, 4);
}

Test(opt, refuses)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		autoarena struct arena a = { 0 };
		const struct grammar *g = &refusals[i];
		struct bag bag = { 0 };
		struct opt_found found = { 0 };
		struct err e = { 0 };

		cr_expect_eq(parse(&a, g->line, false, &bag, &found, &e), -1, "%s", g->line);
		cr_expect_eq(e.kind, ERR_USAGE, "%s", g->line);
		cr_expect_str_eq(e.text, g->want, "\"%s\": got \"%s\", want \"%s\"", g->line,
				 e.text, g->want);
		cr_expect_null(found.args, "a refusal leaves the result alone");
	}
}

static const struct {
	const char *typed, *meant;
	bool near;
} pairs[] = {
	{ "bundel", "bundle", true },  { "budle", "bundle", true },
	{ "bundles", "bundle", true }, { "bndl", "bundle", true },
	{ "bdl", "bundle", false },    { "creat", "create", true },
	{ "", "create", false },       { "ps", "run", false },
	{ "xx", "run", false },        { "rn", "run", true },
};

Test(opt, sees_slips_of_the_finger)
{
	for (size_t i = 0; i < COUNT(pairs); i++)
		cr_expect_eq(opt_near(pairs[i].typed, pairs[i].meant), pairs[i].near, "%s, %s",
			     pairs[i].typed, pairs[i].meant);
}

Test(opt, measures_no_name_that_is_too_long)
{
	char name[200];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_not(opt_near(name, "bundle"));
	cr_expect_not(opt_near("bundle", name));
}

static char *printed(void (*print)(FILE *to))
{
	char *text = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&text, &n);

	cr_assert_not_null(to);
	print(to);
	cr_assert_eq(fclose(to), 0);
	return text;
}

static void print_help(FILE *to)
{
	opt_print_help(to, table);
	opt_print_row(to, "-a, --an-option-with-a-long-name VALUE",
		      "and many words that do not fit on one line of eighty columns each");
}

Test(opt, prints_help_on_eighty_columns)
{
	char *text = printed(print_help);

	cr_expect_str_eq(text, "  -f, --no-pivot              a flag\n"
			       "  -q, --quiet                 another flag\n"
			       "  -b, --bundle DIR            a string\n"
			       "      --format text|json      a choice\n"
			       "      --preserve-fds N        a number\n"
			       "  -e, --env KEY=VALUE         a string, more than once\n"
			       "  -h, --help                  print this help and exit\n"
			       "  -a, --an-option-with-a-long-name VALUE\n"
			       "                              and many words that do not fit "
			       "on one line of\n"
			       "                              eighty columns each\n");
	free(text);
}

static void print_dump(FILE *to)
{
	opt_print_dump(to, "t", table);
}

Test(opt, dumps_a_line_each)
{
	char *text = printed(print_dump);

	cr_expect_str_eq(text, "t\t--no-pivot\t-f\t\ta flag\n"
			       "t\t--quiet\t-q\t\tanother flag\n"
			       "t\t--bundle\t-b\tDIR\ta string\n"
			       "t\t--format\t\ttext|json\ta choice\n"
			       "t\t--preserve-fds\t\tN\ta number\n"
			       "t\t--env\t-e\tKEY=VALUE\ta string, more than once\n"
			       "t\t--help\t-h\t\tprint this help and exit\n");
	free(text);
}
