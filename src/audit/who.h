/* SPDX-License-Identifier: Apache-2.0 */
/* who.h - who runs us, by the kernel's word and /etc/passwd; never by NSS. */
#pragma once
#include <limits.h>
#include <sys/types.h>

struct audit_who {
	uid_t uid;
	char name[64];  /* "" when not known */
	char home[512]; /* "" when not known, or not asked for */
};

/* The real user id as we see it. */
void audit_who_self(struct audit_who *who);
/* The user outside: who made the user namespace in which we are root. With his home. */
void audit_who_user(struct audit_who *who);
