/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - where messages go. The only mutable data at file scope in this program.
 *
 * The callers' rules (contract 1.2): the log file exists from the start and is appended to; in
 * JSON form one object a line with level, msg, time; exactly one object unless --debug; the
 * plain message goes to stderr as well. */
#pragma once
#include <stdbool.h>

#include "base/error.h"

struct log_options {
	/* NULL: stderr only. As crun has it, syslog:NAME and journald:NAME are the system's
	 * log, and file: before a path says nothing. */
	const char *path;
	bool json;
	bool debug;
};

int log_open(const struct log_options *o, struct err *e) CHECK;
/* The descriptor of the log, or -1: for who closes all that he does not know. */
int log_fd(void);

/* The one error of this run, with its remedy; to stderr, and to the log file if there is one.
 */
void log_error(const struct err *e);
/* What was not done as asked, and the container is made all the same: to stderr. */
void log_warning(const char *fmt, ...) PRINTF(1, 2);
/* Only with --debug. */
void log_debug(const char *fmt, ...) PRINTF(1, 2);
