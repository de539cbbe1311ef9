/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "audit/audit.h"
#include "base/str.h"

struct labelled {
	const char *pairs[9]; /* annotations */
	struct audit_labels want;
};

Test(audit_labels, annotations_say_what_a_container_is)
{
	static const struct labelled cases[] = {
		{ { "io.container.manager", "libpod", "io.kubernetes.cri-o.SandboxID", "f00" },
		  { .engine = "podman", .sandbox = "f00" } },
		{ { "io.kubernetes.cri-o.SandboxID", "f00", "io.container.manager", "libpod" },
		  { .engine = "podman", .sandbox = "f00" } },
		{ { "io.kubernetes.cri-o.Name", "k8s_web", "io.kubernetes.pod.namespace",
		    "shop", "io.kubernetes.pod.name", "web-0", "io.kubernetes.container.name",
		    "web" },
		  { .engine = "cri-o",
		    .name = "k8s_web",
		    .pod = "web-0",
		    .pod_namespace = "shop",
		    .pod_container = "web" } },
		{ { "io.kubernetes.cri.sandbox-name", "web-0", "io.kubernetes.cri.sandbox-uid",
		    "1-2", "io.kubernetes.cri.image-name", "web:1",
		    "io.kubernetes.cri.sandbox-namespace", "shop" },
		  { .engine = "containerd",
		    .image = "web:1",
		    .pod = "web-0",
		    .pod_namespace = "shop",
		    .pod_uid = "1-2" } },
		{ { "my.secret", "x", "io.kubernetes.cri-o.Annotations", "{}" },
		  { .engine = "cri-o" } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		autoarena struct arena a = { 0 };
		const struct audit_labels *w = &cases[i].want;
		struct audit_labels l = { 0 };

		for (size_t k = 0; cases[i].pairs[k] != NULL; k += 2)
			audit_labels_add(&a, &l, cases[i].pairs[k], cases[i].pairs[k + 1]);
		cr_expect(str_eq(l.engine, w->engine), "%zu: %s", i, l.engine);
		cr_expect(str_eq(l.name, w->name), "%zu", i);
		cr_expect(str_eq(l.image, w->image), "%zu", i);
		cr_expect(str_eq(l.pod, w->pod), "%zu", i);
		cr_expect(str_eq(l.pod_namespace, w->pod_namespace), "%zu", i);
		cr_expect(str_eq(l.pod_uid, w->pod_uid), "%zu", i);
		cr_expect(str_eq(l.pod_container, w->pod_container), "%zu", i);
		cr_expect(str_eq(l.sandbox, w->sandbox), "%zu", i);
		cr_expect(i != 4 || l.pairs == NULL, "what a user made up is kept");
	}
}

Test(audit_labels, labels_are_as_many_as_there_is_room_for)
{
	autoarena struct arena a = { 0 };
	struct audit_labels l = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < 100; i++)
		audit_labels_add(&a, &l, "io.kubernetes.pod.name", "x");
	while (l.pairs[n] != NULL)
		n++;
	cr_expect_eq(n, AUDIT_PAIRS_MAX * 2);
}
