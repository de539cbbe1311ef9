/* SPDX-License-Identifier: Apache-2.0 */
/* An answer to a judge's problem: reads numbers, prints their sum and them in order. */
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	size_t n = 0, room = 0;
	long *all = NULL, x, sum = 0;

	while (scanf("%ld", &x) == 1) {
		if (n == room) {
			room = room * 2 + 1000;
			all = realloc(all, room * sizeof(*all));
			if (all == NULL)
				return 1;
		}
		all[n++] = x;
		sum += x;
	}
	if (n == 0)
		return 1;
	qsort(all, n, sizeof(*all), compare);
	printf("%ld\n", sum);
	for (size_t i = 0; i < n; i++)
		printf("%ld%c", all[i], i + 1 < n ? ' ' : '\n');
	return 0;
}
