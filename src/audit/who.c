/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/who.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"

#define PASSWD_MAX (1u << 20)

/* Splits at the first c; what follows, or NULL. */
static char *split(char *s, char c)
{
	char *p = s != NULL ? strchr(s, c) : NULL;

	if (p == NULL)
		return NULL;
	*p = '\0';
	return p + 1;
}

/* passwd(5): name:password:uid:gid:comment:home:shell. True when it is this user's line. */
static bool read_entry(char *line, struct audit_who *who)
{
	char *field[7] = { line };
	uint64_t uid;

	for (size_t i = 1; i < COUNT(field); i++)
		field[i] = split(field[i - 1], ':');
	if (field[5] == NULL || !str_uint64(field[2], UINT32_MAX, &uid) || uid != who->uid)
		return false;
	(void)snprintf(who->name, sizeof(who->name), "%s", field[0]);
	(void)snprintf(who->home, sizeof(who->home), "%s", field[5]);
	return true;
}

static void look_up(struct audit_who *who)
{
	autofree char *text = NULL;
	struct err e = { 0 };
	size_t len;

	if (file_read_at(AT_FDCWD, "/etc/passwd", PASSWD_MAX, "/etc/passwd", &text, &len, &e) <
	    0)
		return; /* the number is enough */
	for (char *line = text, *next; line != NULL; line = next) {
		next = split(line, '\n');
		if (read_entry(line, who))
			return;
	}
}

void audit_who_self(struct audit_who *who)
{
	*who = (struct audit_who){ .uid = getuid() };
	if (who->uid == 0)
		(void)snprintf(who->name, sizeof(who->name), "root");
	else
		look_up(who);
}

void audit_who_user(struct audit_who *who)
{
	char map[256], *at = map;

	/* user_namespaces(7): "INSIDE OUTSIDE COUNT", the first line begins with our 0 */
	if (who->uid == 0 &&
	    file_peek_at(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 &&
	    strtoul(at, &at, 10) == 0)
		who->uid = (uid_t)strtoul(at, NULL, 10);
	who->name[0] = '\0';
	look_up(who);
}
