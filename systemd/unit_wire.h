/* SPDX-License-Identifier: Apache-2.0 */
/* unit_wire.h - how a call travels to caisson-systemd, and its answer back; both ends. */
#pragma once
#include "systemd/unit.h"

#define UNIT_ANSWER_MAX 4096

const char *unit_wire_call(struct arena *a, const struct unit_call *c, size_t *len);
int unit_wire_read_call(struct arena *a, const char *text, size_t len, struct unit_call *out,
			struct err *e) CHECK;

/* Nobody answers; both ends have a clock. -1. */
int unit_hung(const char *unit, const char *what, struct err *e);

/* NULL is success. */
const char *unit_wire_answer(struct arena *a, const struct err *why, size_t *len);
/* 0, or -1 with the error that the answer is, or that it is none. */
int unit_wire_read_answer(struct arena *a, const char *text, size_t len, struct err *e) CHECK;
