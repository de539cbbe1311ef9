/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "run/run.h"

enum {
	COLUMNS = 6,
	GAP = 3
};

struct list_options {
	bool quiet;
	const char *format; /* NULL: table */
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct list_options, quiet, "quiet", 'q', OPT_FLAG, NULL, "print only the ids"),
	OPT(struct list_options, format, "format", 'f', OPT_STRING, "table|json", "form of the list"),
	OPT_END,
};
/* clang-format on */

struct row {
	struct row *next;
	const char *cell[COLUMNS];
};

struct list {
	struct arena *arena;
	int root;
	bool quiet;
	struct json *array;
	struct row *first, **end;
	struct err trouble; /* of the first container that cannot be read */
};

static void add_row(struct list *l, const struct state *st, enum state_status now)
{
	struct row *r = arena_new(l->arena, struct row);
	char created[40] = "";

	time_rfc3339(st->created_ns, created);
	r->cell[0] = st->id;
	r->cell[1] = arena_printf(l->arena, "%d", now == ST_STOPPED ? 0 : st->pid);
	r->cell[2] = state_status_names[now];
	r->cell[3] = st->bundle != NULL ? st->bundle : "";
	r->cell[4] = arena_strdup(l->arena, created);
	r->cell[5] = st->owner != NULL ? st->owner : "";
	*l->end = r;
	l->end = &r->next;
}

/* One that cannot be read does not hide the others: they are printed, and the failure is told
 * at the end. One that was deleted meanwhile was never there. */
static int see(void *ctx, const char *id, struct err *e)
{
	struct list *l = ctx;
	const char *name = arena_strdup(l->arena, id);
	enum state_status now;
	struct err why = { 0 };
	struct state st;

	(void)e;
	if (l->quiet) {
		(void)puts(name);
		return 0;
	}
	if (run_state(l->arena, l->root, name, &st, &now, &why) < 0) {
		if (faccessat(l->root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
		    l->trouble.kind == ERR_NONE)
			l->trouble = why;
		return 0;
	}
	json_add(l->array, state_json(l->arena, &st, now, true));
	add_row(l, &st, now);
	return 0;
}

static void print_cells(const char *const *cell, const size_t *width)
{
	for (size_t i = 0; i + 1 < COLUMNS; i++)
		(void)printf("%-*s", (int)width[i] + GAP, cell[i]);
	(void)puts(cell[COLUMNS - 1]);
}

static void print_table(const struct row *first)
{
	static const char *const head[COLUMNS] = { "ID",     "PID",     "STATUS",
						   "BUNDLE", "CREATED", "OWNER" };
	size_t width[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++) {
		width[i] = strlen(head[i]);
		for (const struct row *r = first; r != NULL; r = r->next)
			if (strlen(r->cell[i]) > width[i])
				width[i] = strlen(r->cell[i]);
	}
	print_cells(head, width);
	for (const struct row *r = first; r != NULL; r = r->next)
		print_cells(r->cell, width);
}

/* No directory is no containers, unless somebody named that directory. */
static int fill(const struct call *c, struct list *l, struct err *e)
{
	autofd int root = -1;
	struct err why = { 0 };

	if (state_root_open(c->g.root, false, &root, &why) < 0) {
		if (c->g.root == NULL && cmd_is_missing(&why))
			return 0;
		*e = why;
		return -1;
	}
	l->root = root;
	return state_each(root, see, l, e);
}

static int list_main(const struct call *c, struct err *e)
{
	const struct list_options *o = c->options;
	struct list l = { .arena = c->arena, .quiet = o->quiet, .root = -1 };

	l.array = json_array(c->arena);
	l.end = &l.first;
	if (fill(c, &l, e) < 0)
		return -1;
	if (!o->quiet && str_eq(o->format, "json"))
		(void)puts(json_print(c->arena, l.array, JSON_LINE, NULL));
	else if (!o->quiet)
		print_table(l.first);
	if (l.trouble.kind == ERR_NONE)
		return 0;
	*e = l.trouble;
	return -1;
}

const struct command cmd_list = {
	.name = "list",
	.args = "",
	.help = "print the containers of this root",
	.options = options,
	.options_size = sizeof(struct list_options),
	.run = list_main,
};
