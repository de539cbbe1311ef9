/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c - what engines say of a container in its annotations. Of the hundred that there may
 * be only those are taken that say what it is; a label that a user made up is not among them.
 */
#include "audit/audit.h"
#include "base/str.h"

#define MANAGER "io.container.manager"

/* clang-format off */
static const struct label {
	const char *key;
	size_t at; /* in struct audit_labels */
} labels[] = {
#define AT(member) offsetof(struct audit_labels, member)
	/* the kubelet's, which CRI-O hands on */
	{ "io.kubernetes.container.name", AT(pod_container) },
	{ "io.kubernetes.pod.name", AT(pod) },
	{ "io.kubernetes.pod.namespace", AT(pod_namespace) },
	{ "io.kubernetes.pod.uid", AT(pod_uid) },
	/* CRI-O's own */
	{ "io.kubernetes.cri-o.ImageName", AT(image) },
	{ "io.kubernetes.cri-o.Name", AT(name) },
	{ "io.kubernetes.cri-o.SandboxID", AT(sandbox) },
	/* containerd's */
	{ "io.kubernetes.cri.container-name", AT(pod_container) },
	{ "io.kubernetes.cri.image-name", AT(image) },
	{ "io.kubernetes.cri.sandbox-id", AT(sandbox) },
	{ "io.kubernetes.cri.sandbox-name", AT(pod) },
	{ "io.kubernetes.cri.sandbox-namespace", AT(pod_namespace) },
	{ "io.kubernetes.cri.sandbox-uid", AT(pod_uid) },
#undef AT
};

static const struct {
	const char *prefix, *engine;
} engines[] = {
	{ "io.kubernetes.cri-o.", "cri-o" },
	{ "io.kubernetes.cri.", "containerd" },
	{ "io.podman.annotations.", "podman" },
};
/* clang-format on */

static void see_engine(struct audit_labels *l, const char *key, const char *value)
{
	/* who says so himself: podman uses keys of CRI-O's as well */
	if (str_eq(key, MANAGER)) {
		l->engine = str_eq(value, "libpod") ? "podman" : value;
		return;
	}
	for (size_t i = 0; i < COUNT(engines); i++)
		if (l->engine == NULL && str_after(key, engines[i].prefix) != NULL)
			l->engine = engines[i].engine;
}

static void keep_pair(struct arena *a, struct audit_labels *l, const char *key,
		      const char *value)
{
	const char **pairs = arena_array(a, (size_t)2 * AUDIT_PAIRS_MAX + 2, sizeof(*pairs));
	size_t n = 0;

	for (; l->pairs != NULL && l->pairs[n] != NULL; n++)
		pairs[n] = l->pairs[n];
	if (n == (size_t)2 * AUDIT_PAIRS_MAX)
		return;
	pairs[n] = key;
	pairs[n + 1] = value;
	l->pairs = pairs;
}

void audit_labels_add(struct arena *a, struct audit_labels *l, const char *key,
		      const char *value)
{
	see_engine(l, key, value);
	if (str_eq(key, MANAGER))
		keep_pair(a, l, key, value);
	for (size_t i = 0; i < COUNT(labels); i++) {
		if (!str_eq(key, labels[i].key))
			continue;
		*(const char **)(void *)((char *)l + labels[i].at) = value;
		keep_pair(a, l, key, value);
		return;
	}
}
