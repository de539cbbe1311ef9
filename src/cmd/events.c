/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "cmd/launch.h"

struct events_options {
	bool stats;
	const char *interval;
};

/* clang-format off */
static const struct opt options[] = {
	OPT(struct events_options, interval, "interval", 0, OPT_STRING, "TIME",
	    "time between two lines, such as 500ms or 1m30s (default: 5s)"),
	OPT(struct events_options, stats, "stats", 0, OPT_FLAG, NULL, "print the numbers once and exit"),
	OPT_END,
};

static const struct word units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 },
};
/* clang-format on */

/* Go's form of a duration, in whole numbers: "1m30s". */
static bool read_duration(const char *text, int *out_ms)
{
	uint64_t sum = 0;

	while (*text != '\0') {
		size_t digits = strspn(text, "0123456789");
		size_t letters = strspn(text + digits, "hms");
		char number[12] = "", unit[4] = "";
		const struct word *found;
		uint64_t n;

		if (digits == 0 || digits >= sizeof(number) || letters >= sizeof(unit))
			return false;
		memcpy(number, text, digits);
		memcpy(unit, text + digits, letters);
		found = word_find(units, unit);
		if (found == NULL || !str_uint64(number, INT_MAX, &n))
			return false;
		sum += n * found->value;
		text += digits + letters;
	}
	*out_ms = (int)sum;
	return sum > 0 && sum <= INT_MAX;
}

static void say(const char *line)
{
	(void)puts(line);
	(void)fflush(stdout);
}

static int events_main(const struct call *c, struct err *e)
{
	const struct events_options *o = c->options;
	struct events_want want = { .once = o->stats, .interval_ms = 5000, .say = say };
	autolaunch struct launch l = LAUNCH_NONE;

	if (o->interval != NULL && !read_duration(o->interval, &want.interval_ms))
		return fail(e, ERR_USAGE,
			    "events: --interval: expected a time, such as 5s: found \"%s\"",
			    o->interval);
	if (launch_about(c, false, &l, e) < 0)
		return -1;
	return run_events(&l.run, c->args[0], &want, e);
}

const struct command cmd_events = {
	.name = "events",
	.args = "ID",
	.help = "print what a container uses, and when it runs out of memory, as JSON lines",
	.options = options,
	.options_size = sizeof(struct events_options),
	.args_min = 1,
	.args_max = 1,
	.run = events_main,
};
