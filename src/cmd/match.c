/* SPDX-License-Identifier: Apache-2.0 */
/* match.c - one command on all containers whose id an expression finds: crun's --regex. */
#include <regex.h>

#include "base/auto.h"
#include "cmd/cmd.h"
#include "state/state.h"

struct found {
	struct found *next;
	const char *id;
};

struct search {
	struct arena *arena;
	const regex_t *what;
	struct found *first, **end;
};

static int see(void *ctx, const char *id, struct err *e)
{
	struct search *s = ctx;
	struct found *f;

	(void)e;
	if (regexec(s->what, id, 0, NULL, 0) != 0)
		return 0;
	f = arena_new(s->arena, struct found);
	f->id = arena_strdup(s->arena, id);
	*s->end = f;
	s->end = &f->next;
	return 0;
}

/* One that fails does not spare the others: the first failure is told at the end. */
static int do_each(const struct call *c, const struct found *first,
		   int (*one)(const struct call *c, struct err *e), struct err *e)
{
	int got = 0;

	for (const struct found *f = first; f != NULL; f = f->next) {
		const char **args = arena_array(c->arena, c->args_n + 1, sizeof(*args));
		struct call this = *c;

		for (size_t i = 1; i < c->args_n; i++)
			args[i] = c->args[i];
		args[0] = f->id;
		this.args = args;
		if (one(&this, e) < 0)
			got = -1;
	}
	return got;
}

static int find(const struct call *c, struct search *s, struct err *e)
{
	autofd int root = -1;
	struct err why = { 0 };

	if (state_root_open(c->g.root, false, &root, &why) == 0)
		return state_each(root, see, s, e);
	if (cmd_is_missing(&why))
		return 0;
	*e = why;
	return -1;
}

int cmd_each_match(const struct call *c, int (*one)(const struct call *c, struct err *e),
		   struct err *e)
{
	struct search s = { .arena = c->arena };
	char why[128];
	regex_t what;
	int got;

	s.end = &s.first;
	s.what = &what;
	got = regcomp(&what, c->args[0], REG_EXTENDED | REG_NOSUB);
	if (got != 0) {
		(void)regerror(got, &what, why, sizeof(why));
		return fail(e, ERR_USAGE,
			    "--regex: expected an extended regular expression: found \"%s\": "
			    "%s",
			    c->args[0], why);
	}
	got = find(c, &s, e);
	regfree(&what);
	return got < 0 ? -1 : do_each(c, s.first, one, e);
}
