/* SPDX-License-Identifier: Apache-2.0 */
/* opt.h - one table of options per command: parsing, --help, completions and the check of the
 * man pages all come from it.
 *
 * The grammar is what callers send (contract 1.1): --name VALUE, --name=VALUE, -x VALUE,
 * -xVALUE, -x=VALUE, go's -name, flags as --flag=true, the last of a repeated option wins, "--"
 * ends the options. getopt_long(3) takes neither go's single dash nor a flag with a value. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

enum opt_kind {
	OPT_FLAG,    /* bool; --flag, --flag=true, --flag=false */
	OPT_STRING,  /* const char * */
	OPT_UINT,    /* unsigned */
	OPT_STRINGS, /* struct opt_strings: each occurrence adds one */
	OPT_HELP,    /* fills opt_found.help */
};

struct opt_strings {
	const char **v; /* NULL-ended, or NULL when n is 0 */
	size_t n;
};

struct opt {
	const char *name; /* without dashes; NULL ends a table */
	char letter;      /* or 0 */
	enum opt_kind kind;
	const char *arg;  /* how help calls the value; "a|b" lists the only ones */
	const char *help; /* NULL: works, but is shown nowhere */
	size_t offset;    /* into the command's struct */
};

/* Rows of a table: OPT(struct x, member, "name", 'n', KIND, "ARG", "help") */
#define OPT(type, member, name, letter, kind, arg, help)              \
	{                                                             \
		name, letter, kind, arg, help, offsetof(type, member) \
	}
#define OPT_END                                  \
	{                                        \
		NULL, 0, OPT_FLAG, NULL, NULL, 0 \
	}

struct opt_words {
	const char *who; /* the command, for messages */
	const char *const *v;
	size_t n;
	bool stop_at_first; /* the first argument ends the options */
};

struct opt_found {
	const char *const *args; /* NULL-ended, in the arena */
	size_t args_n;
	size_t used; /* words read; less than all only with stop_at_first or --help */
	bool help;   /* --help was met; nothing after it was looked at */
};

/* Fills the struct at `into' and the arguments that are no options. */
int opt_parse(struct arena *a, const struct opt *table, const struct opt_words *in, void *into,
	      struct opt_found *out, struct err *e) CHECK;

/* Is one a slip of the finger of the other? */
bool opt_near(const char *typed, const char *meant);

/* The options as a block of help, at most 80 columns wide; --help is added. */
void opt_print_help(FILE *to, const struct opt *table);
/* "  LEFT          text", wrapped; what opt_print_help makes each row with. */
void opt_print_row(FILE *to, const char *left, const char *text);
/* command<TAB>--name<TAB>-x<TAB>ARG<TAB>help, a line each. */
void opt_print_dump(FILE *to, const char *command, const struct opt *table);
