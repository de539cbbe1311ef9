/* SPDX-License-Identifier: Apache-2.0 */
/* decompile.h - between decompile.c, which puts a text together, and decompile_call.c, which
 * says what the calls get. */
#pragma once
#include "seccomp/ast.h"
#include "seccomp/behave.h"

struct writer {
	struct arena *a;
	struct behaviour *b; /* targets: those with wide registers first */
	bool join_widths;    /* words for 64 bits stand for 32-bit architectures too */
	struct err *e;
	struct ast_stmt *first, *last;
	struct sc_set all;   /* what there is on any target */
	struct sc_set open;  /* and what of it no rule has decided yet */
	size_t tests;        /* written so far */
	const char *comment; /* of the next statement */
};

/* Calls, and the architectures that it is about. */
struct scope {
	const enum arch *archs;
	size_t n;
	struct sc_set calls;
};

struct ast_stmt *writer_add(struct writer *w, int kind);
const struct ast_action *writer_action(struct writer *w, bdd leaf);

/* Calls that the resolver decides about by itself where nothing is said in front
 * (resolve_extra.c, resolve_mux.c). */
bool call_is_early(int id);
/* Says it of these, and takes them out of the scope. */
int write_early(struct writer *w, struct scope *scope) CHECK;
int write_calls(struct writer *w, struct scope *scope) CHECK;
int write_numbers(struct writer *w) CHECK;
