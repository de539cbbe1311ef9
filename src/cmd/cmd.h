/* SPDX-License-Identifier: Apache-2.0 */
/* cmd.h - the command line: what stands before the command, the commands, one call of one.
 *
 * Each command is one file with one table of options and one function. Nobody here prints an
 * error but main(). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "cmd/opt.h"

#define CMD_SPEC_VERSION "1.3.0" /* of the runtime specification */

struct globals {
	const char *root;            /* NULL: the default of state.h */
	const char *log;             /* NULL: stderr only */
	const char *log_format;      /* "text" "json" */
	const char *log_level;       /* NULL, "error" "warning" "debug" */
	const char *cgroup_manager;  /* "cgroupfs" "systemd" "disabled" */
	const char *audit_log;       /* NULL: the default of audit.h; "none" */
	const char *config;          /* NULL: the default of config.h; "none" */
	const char *rootless, *criu; /* accepted for other runtimes' callers, without effect */
	bool debug, systemd_cgroup, version, dump_options, dump_steps;
};

struct command;

/* One call of the program, understood but not yet done. */
struct call {
	struct arena *arena;
	struct globals g;
	bool global_help;          /* --help before the command, or no command at all */
	const struct command *cmd; /* NULL: none was named */
	const void *options;       /* the command's own struct */
	const char *const *args;   /* NULL-ended */
	size_t args_n;
	bool help;      /* --help after the command */
	int *exit_code; /* what main() ends with after a success; 0 unless the command says more
			 */
};

struct command {
	const char *name, *args, *help;
	const struct opt *options;
	size_t options_size; /* of the struct that the options fill */
	size_t args_min, args_max;
	bool stop_at_first; /* the first argument ends the options */
	bool passes_on;     /* all words are arguments, for another program */
	int exit_failed;    /* the exit code of an error; 0: EXIT_FAILURE */
	/* Whether it could work here; NULL: anywhere. Engines ask --help, and look at its exit
	 * code.
	 */
	int (*usable)(const struct call *c, struct err *e);
	int (*run)(const struct call *c, struct err *e);
};

extern const struct opt cmd_global_options[];
extern const struct command *const cmd_all[]; /* NULL-ended */
const struct command *cmd_find(const char *name);

/* The words before the command, then the rest; between the two the log can be opened. */
int cmd_parse_globals(struct call *c, size_t n, const char *const *words, size_t *used,
		      struct err *e) CHECK;
int cmd_parse_command(struct call *c, size_t n, const char *const *words, struct err *e) CHECK;

/* The words of a command that is known: c->cmd. */
int cmd_parse_words(struct call *c, size_t n, const char *const *words, struct err *e) CHECK;

/* What the whole call asks for, done. */
int cmd_run(const struct call *c, struct err *e) CHECK;

void cmd_print_help(FILE *to);
void cmd_print_command_help(FILE *to, const struct command *cmd);
/* A line each; and what --dump-options says of each: first a line without an option. */
void cmd_print_commands(FILE *to, const struct command *const *all);
void cmd_print_commands_dump(FILE *to, const struct command *const *all);
void cmd_print_dump(FILE *to);
void cmd_print_steps(FILE *to);
void cmd_print_version(FILE *to);

/* ---- what several commands share ---- */

/* The path of an open file or directory, and not of whatever has the given name by now. */
int cmd_name_of(struct arena *a, int fd, const char *given, const char **out,
		struct err *e) CHECK;

/* Who makes cgroups, by --cgroup-manager and --systemd-cgroup. */
const char *cmd_cgroup_manager(const struct globals *g);

/* The directory of all containers, for a command about one: where there is none, the
 * container does not exist either, and the error says so (ERR_STATE). */
int cmd_root_open(const struct call *c, const char *id, int *fd, struct err *e) CHECK;

/* The command on each container whose id the first argument finds: a regular expression. */
int cmd_each_match(const struct call *c, int (*one)(const struct call *c, struct err *e),
		   struct err *e) CHECK;

/* Is it the error about a container, or a directory of them, that is not there? It carries no
 * ENOENT, whose words would tell engines that an executable is missing (contract 1.3), so the
 * words that containerd looks for are the mark. */
bool cmd_is_missing(const struct err *why);

extern const struct command cmd_create, cmd_run_, cmd_start, cmd_state, cmd_kill, cmd_delete,
	cmd_exec, cmd_pause, cmd_resume, cmd_ps, cmd_update, cmd_events, cmd_list, cmd_spec,
	cmd_policy, cmd_audit, cmd_features, cmd_check, cmd_doctor, cmd_checkpoint, cmd_restore,
	cmd_version, cmd_help;
