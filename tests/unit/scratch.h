/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h - a directory for one test, gone with it. */
#pragma once

struct scratch {
	char path[64];
	int fd;
};

struct scratch scratch_open(void);
void scratch_close(struct scratch *s);
#define autoscratch __attribute__((cleanup(scratch_close)))

/* Writes a file below it, for setting the scene. */
void scratch_put(const struct scratch *s, const char *name, const char *text);
