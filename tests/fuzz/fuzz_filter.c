/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_filter.c - a program that filter_check accepts runs to its end without an error, and
 * one that it refuses comes with a reason. */
#include <stdlib.h>
#include <string.h>

#include "seccomp/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INSNS 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_data call = { 0 };
	struct sock_filter insns[INSNS];
	struct filter f = { .insns = insns };
	struct err e = { 0 }, again = { 0 };
	uint32_t verdict = 0;
	size_t n;
	int rc;

	if (size < sizeof(call))
		return 0;
	memcpy(&call, data, sizeof(call));
	n = (size - sizeof(call)) / sizeof(insns[0]);
	f.n = (uint16_t)(n < INSNS ? n : INSNS);
	memcpy(insns, data + sizeof(call), f.n * sizeof(insns[0]));

	rc = filter_check(&f, &e);
	if ((rc < 0) != (e.text[0] != '\0'))
		abort();
	if (filter_simulate(&f, &call, &verdict, &again) != rc)
		abort();
	return 0;
}
