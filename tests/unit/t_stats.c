/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "cgroups/cg_private.h"
#include "tests/unit/run_help.h"

struct file {
	const char *name, *text;
};

/* What stats_json makes of a directory with these files; one part of it. */
static const char *part_of(struct arena *a, const struct file *files, size_t n,
			   const char *part)
{
	autoscratch struct scratch s = scratch_open();
	struct cg *cg = NULL;
	const char *text;
	int dir;

	for (size_t i = 0; i < n; i++)
		scratch_put(&s, files[i].name, files[i].text);
	dir = openat(s.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(cg_at(dir, "/x", &cg), 0);
	text = json_print(a, json_get(stats_json(a, cg), part), JSON_LINE, NULL);
	cg_close(cg);
	return text;
}

#define PART(files, part) part_of(&a, files, COUNT(files), part)

Test(stats, cpu_is_in_nanoseconds)
{
	static const struct file files[] = {
		{ "cpu.stat", "usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 4\n"
			      "nr_throttled 2\nthrottled_usec 7\n" },
		{ "cpu.pressure", "some avg10=0.12 avg60=1.00 avg300=0.00 total=55\n"
				  "full avg10=0.00 avg60=0.00 avg300=12.34 total=6\n" },
	};
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(PART(files, "cpu"),
			 "{\"usage\":{\"total\":30000,\"kernel\":20000,\"user\":10000},"
			 "\"throttling\":{\"periods\":4,\"throttledPeriods\":2,"
			 "\"throttledTime\":7000},"
			 "\"psi\":{\"some\":{\"avg10\":0.12,\"avg60\":1.00,\"avg300\":0.00,"
			 "\"total\":55},\"full\":{\"avg10\":0.00,\"avg60\":0.00,"
			 "\"avg300\":12.34,\"total\":6}}}");
}

Test(stats, swap_is_with_memory)
{
	static const struct file files[] = {
		{ "memory.current", "1000\n" },
		{ "memory.max", "4096\n" },
		{ "memory.peak", "2000\n" },
		{ "memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n" },
		{ "memory.swap.current", "24\n" },
		{ "memory.swap.max", "100\n" },
		{ "memory.stat", "anon 5\nfile 6\ninactive_file 7\n" },
	};
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(PART(files, "memory"),
			 "{\"cache\":6,"
			 "\"usage\":{\"limit\":4096,\"usage\":1000,\"max\":2000,\"failcnt\":3},"
			 "\"swap\":{\"limit\":4196,\"usage\":1024,\"failcnt\":0},"
			 "\"kernel\":{\"limit\":0,\"failcnt\":0},"
			 "\"kernelTCP\":{\"limit\":0,\"failcnt\":0},"
			 "\"raw\":{\"anon\":5,\"file\":6,\"inactive_file\":7}}");
}

Test(stats, no_limit_of_memory_is_the_largest_number)
{
	static const struct file files[] = {
		{ "memory.current", "1000\n" },
		{ "memory.max", "max\n" },
		{ "memory.swap.current", "0\n" },
		{ "memory.swap.max", "100\n" },
	};
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(
		PART(files, "memory"),
		"{\"usage\":{\"limit\":18446744073709551615,\"usage\":1000,\"failcnt\":0},"
		"\"swap\":{\"limit\":18446744073709551615,\"usage\":1000,\"failcnt\":0},"
		"\"kernel\":{\"limit\":0,\"failcnt\":0},"
		"\"kernelTCP\":{\"limit\":0,\"failcnt\":0}}");
}

Test(stats, no_limit_of_processes_is_none)
{
	static const struct file limited[] = { { "pids.current", "2\n" },
					       { "pids.max", "9\n" } };
	static const struct file unlimited[] = { { "pids.current", "2\n" },
						 { "pids.max", "max\n" } };
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(PART(limited, "pids"), "{\"current\":2,\"limit\":9}");
	cr_expect_str_eq(PART(unlimited, "pids"), "{\"current\":2}");
}

Test(stats, io_is_by_device_and_direction)
{
	static const struct file files[] = {
		{ "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n"
			     "253:16 rbytes=0 wbytes=7 rios=0 wios=8\n" },
	};
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(PART(files, "blkio"),
			 "{\"ioServiceBytesRecursive\":["
			 "{\"major\":8,\"op\":\"Read\",\"value\":1},"
			 "{\"major\":8,\"op\":\"Write\",\"value\":2},"
			 "{\"major\":253,\"minor\":16,\"op\":\"Read\"},"
			 "{\"major\":253,\"minor\":16,\"op\":\"Write\",\"value\":7}],"
			 "\"ioServicedRecursive\":["
			 "{\"major\":8,\"op\":\"Read\",\"value\":3},"
			 "{\"major\":8,\"op\":\"Write\",\"value\":4},"
			 "{\"major\":253,\"minor\":16,\"op\":\"Read\"},"
			 "{\"major\":253,\"minor\":16,\"op\":\"Write\",\"value\":8}]}");
}

Test(stats, huge_pages_are_by_size)
{
	static const struct file files[] = {
		{ "hugetlb.2MB.current", "2097152\n" },
		{ "hugetlb.2MB.events", "max 4\n" },
		{ "hugetlb.2MB.rsvd.current", "0\n" },
	};
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(PART(files, "hugetlb"), "{\"2MB\":{\"usage\":2097152,\"failcnt\":4}}");
}

/* A kernel may write what it likes: none of it makes what is no JSON. */
Test(stats, odd_texts_are_zero)
{
	static const struct file files[] = {
		{ "cpu.stat",
		  "usage_usec\nuser_usec x\nsystem_usec 99999999999999999999999999\n" },
		{ "cpu.pressure", "some avg10=.5 avg60=1. avg300= total=\n" },
		{ "memory.stat", "\n\nfile\n x 1\n" },
		{ "pids.current", "" },
		{ "io.stat", "8 rbytes=1\n\n" },
	};
	autoarena struct arena a = { 0 };

	cr_expect_str_eq(PART(files, "cpu"),
			 "{\"usage\":{\"kernel\":0,\"user\":0},\"throttling\":{},"
			 "\"psi\":{\"some\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":0},"
			 "\"full\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":0}}}");
	cr_expect_str_eq(PART(files, "pids"), "{}");
	cr_expect_str_eq(PART(files, "blkio"), "{}");
}
