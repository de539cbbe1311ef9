/* SPDX-License-Identifier: Apache-2.0 */
/* denied.c - what a denied call and an allowed one cost: the best and the middle of batches, in
 * nanoseconds, as "denied BEST MIDDLE allowed BEST MIDDLE". */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 400
#define BATCH   50

static long now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int by_size(const void *x, const void *y)
{
	const long a = *(const long *)x, b = *(const long *)y;

	return (a > b) - (a < b);
}

static void measure(const char *name, long nr)
{
	long took[BATCHES];

	for (int i = 0; i < BATCHES; i++) {
		const long began = now_ns();

		for (int k = 0; k < BATCH; k++)
			(void)syscall(nr, 0, 0);
		took[i] = (now_ns() - began) / BATCH;
	}
	qsort(took, BATCHES, sizeof(*took), by_size);
	printf("%s %ld %ld ", name, took[0], took[BATCHES / 2]);
}

int main(void)
{
	measure("denied", SYS_mkdir);
	measure("allowed", SYS_getppid);
	(void)putchar('\n');
	return 0;
}
