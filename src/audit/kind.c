/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/kind.h"

#include <string.h>

/* clang-format off */
const struct audit_kind audit_kinds[AUDIT_EVENTS] = {
#define EVENT(id, name, done, undone, class, activity, severity, has, about) \
	[AUDIT_##id] = { name, done, undone, CLASS_##class, activity, SEVERITY_##severity, has },
#include "audit/events.def"
#undef EVENT
};
/* clang-format on */

unsigned audit_kind_has(const struct audit_kind *k)
{
	unsigned has = k->has;

	has |= k->class == CLASS_LOG ? HAS_LOGS : HAS_CONTAINER;
	if (k->class == CLASS_KERNEL)
		has |= HAS_CALL;
	if (k->class == CLASS_FINDING)
		has |= HAS_FINDING;
	if (k->class == CLASS_REMEDY || k->class == CLASS_REMEDY_PROCESS)
		has |= HAS_REMEDY;
	return has;
}

enum audit_action audit_kind_action(const struct audit_kind *k)
{
	return k == &audit_kinds[AUDIT_DENIED] ? ACTION_DENIED : ACTION_ALLOWED;
}

const char *audit_kind_verb(const struct audit_kind *k)
{
	const char *dot = strrchr(k->event, '.');

	return dot != NULL ? dot + 1 : k->event;
}
