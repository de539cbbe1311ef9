/* SPDX-License-Identifier: Apache-2.0 */
/* images.h - what checkpoint and restore tell criu alike: where its images are, the options,
 * and whose standard descriptors they were. */
#pragma once
#include "run/criu.h"
#include "run/run.h"

/* Opens both directories in c; makes them when missing (0700) if `make'. Else they have to be
 * ours: what is restored has the credentials, the capabilities and the filter that the images
 * say.
 */
int images_open(const struct run_images *w, bool make, struct criu_call *c,
		struct err *e) CHECK;
void images_close(struct criu_call *c);

#define IMAGES_CALL                                                           \
	{                                                                     \
		.images = { .fd = -1 }, .work = { .fd = -1 }, .status_fd = -1 \
	}
#define autoimages __attribute__((cleanup(images_close)))

/* All that is in *w. */
int images_options(struct pb *opts, const struct run_images *w, struct err *e) CHECK;

/* The annotation org.criu.config, as runc and crun know it: a file of options that come before
 * ours. */
int images_config(struct pb *opts, const struct plan *pl, struct err *e) CHECK;

/* { 1: key, 2: value } as field `n' */
void images_pair(struct pb *opts, unsigned n, const char *key, const char *value);

/* descriptors.json, as runc and crun have it: what 0, 1 and 2 of the init were. Those that lie
 * outside of the container are told to criu as external. */
int images_save_stdio(int dir, pid_t pid, struct pb *opts, struct err *e) CHECK;
/* For each that lay outside, the one of that number which criu has as CRIU_FD. */
int images_load_stdio(int dir, struct pb *opts, struct err *e) CHECK;
