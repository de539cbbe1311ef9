/* SPDX-License-Identifier: Apache-2.0 */
/* auto.h - a local variable that releases itself. Initialise it where you declare it. */
#pragma once
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void auto_free_(void *p)
{
	free(*(void **)p);
}

static inline void auto_close_(const int *fd)
{
	int keep = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = keep; /* a destructor must not change why we are leaving */
}

static inline void auto_closedir_(DIR **d)
{
	int keep = errno;

	if (*d != NULL)
		(void)closedir(*d);
	errno = keep;
}

#define autofree __attribute__((cleanup(auto_free_)))
#define autofd   __attribute__((cleanup(auto_close_)))
#define autodir  __attribute__((cleanup(auto_closedir_)))

/* Hand ownership on: the variable keeps nothing, the receiver owns all. */
static inline int take_fd(int *fd)
{
	int was = *fd;

	*fd = -1;
	return was;
}

#define take_ptr(p)                       \
	__extension__({                   \
		__typeof__(p) was_ = (p); \
		(p) = NULL;               \
		was_;                     \
	})
