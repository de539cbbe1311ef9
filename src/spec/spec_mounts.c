/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/read.h"
#include "spec/spec.h"

/* config.md#mounts. A relative destination is against the specification, but runc takes it as
 * relative to the root, and so do we. */
void read_mount(struct arena *a, const struct jat *at, void *out)
{
	struct spec_mount *m = out;

	m->destination = need_text(at, "destination", "a path");
	if (m->destination != NULL && m->destination[0] != '/')
		m->destination = arena_printf(a, "/%s", m->destination);
	m->type = read_text(at, "type");
	m->source = read_text(at, "source");
	m->options = read_strings(at, "options", a);
	m->uid_maps = read_idmaps(at, "uidMappings", a);
	m->gid_maps = read_idmaps(at, "gidMappings", a);
}
