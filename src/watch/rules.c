/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - warnings and responses: the object "watch" of our configuration. */
#include "base/json.h"
#include "base/str.h"
#include "watch/watch_private.h"

#define POLL_MS          500
#define POLL_LEAST_MS    50
#define POLL_MOST_MS     60000
#define THROTTLE_PERCENT 50
#define WINDOW_MOST_MS   86400000

/* Names in the configuration, and what "warn": {} gives. */
static const struct {
	const char *key;
	uint32_t percent;
} warns[WARN_KINDS] = {
	[WARN_MEMORY] = { "memory", 80 },
	[WARN_CPU] = { "cpu", 70 },
	[WARN_PIDS] = { "pids", 80 },
	[WARN_TIME] = { "time", 80 },
};

const char *watch_warn_name(enum watch_warn kind)
{
	return warns[kind].key;
}

struct watch_rules watch_rules_none(void)
{
	return (struct watch_rules){ .poll_ms = POLL_MS, .throttle_percent = THROTTLE_PERCENT };
}

struct json *watch_rules_json(struct arena *a, const struct watch_rules *r)
{
	struct json *o = json_object(a), *warn = json_object(a), *list = json_array(a);

	for (size_t i = 0; i < WARN_KINDS; i++)
		json_set(warn, warns[i].key, json_uint(a, r->warn[i]));
	for (size_t i = 0; i < r->responses_n; i++) {
		const struct watch_response *from = &r->responses[i];
		struct json *one = json_object(a);

		json_set(one, "event", json_string(a, watch_event_names[from->event]));
		json_set(one, "action", json_string(a, watch_action_names[from->action]));
		json_set(one, "count", json_uint(a, from->count));
		json_set(one, "windowMs", json_uint(a, from->window_ms));
		json_add(list, one);
	}
	json_set(o, "warn", warn);
	json_set(o, "pollMs", json_uint(a, r->poll_ms));
	json_set(o, "throttlePercent", json_uint(a, r->throttle_percent));
	json_set(o, "dryRun", json_bool(a, r->dry_run));
	json_set(o, "responses", list);
	return o;
}

/* ---- reading ---- */

static void read_number(const struct jat *up, const char *key, uint32_t least, uint32_t most,
			uint32_t *out)
{
	struct jat at = j_key(up, key);
	int64_t n = 0;

	if (j_int64(&at, least, most, &n))
		*out = (uint32_t)n;
}

/* The place of a word in a list, or the length of the list and a complaint. */
static size_t read_word(const struct jat *up, const char *key, const char *const *names,
			size_t n)
{
	struct jat at = j_key(up, key);
	const char *word = NULL;

	if (!j_required(&at, "string") || !j_string(&at, &word))
		return n;
	for (size_t i = 0; i < n; i++)
		if (str_eq(word, names[i]))
			return i;
	j_say(&at, "expected another word, found \"%.32s\"", word);
	return n;
}

static void read_response(const struct jat *at, struct watch_rules *out)
{
	struct watch_response r = { .count = 1, .window_ms = WINDOW_MOST_MS };
	size_t event, action;

	if (!j_object(at))
		return;
	event = read_word(at, "event", watch_event_names, WATCH_EVENTS);
	action = read_word(at, "action", watch_action_names, WATCH_ACTIONS);
	read_number(at, "count", 1, WATCH_COUNT_MAX, &r.count);
	read_number(at, "windowMs", 1, WINDOW_MOST_MS, &r.window_ms);
	if (event == WATCH_EVENTS || action == WATCH_ACTIONS)
		return;
	r.event = (enum watch_event)event;
	r.action = (enum watch_action)action;
	out->responses[out->responses_n++] = r;
}

static void read_responses(const struct jat *at, struct watch_rules *out)
{
	if (!j_array(at))
		return;
	out->responses_n = 0;
	if (at->v->n > WATCH_RESPONSES) {
		j_say(at, "expected at most %d, found %u", WATCH_RESPONSES, at->v->n);
		return;
	}
	for (struct jat it = { 0 }; j_next(at, &it);)
		read_response(&it, out);
}

void watch_rules_read(const struct jat *at, struct watch_rules *out)
{
	struct jat warn = j_key(at, "warn"), responses = j_key(at, "responses");
	struct jat dry = j_key(at, "dryRun");

	if (!j_object(at))
		return;
	if (j_object(&warn))
		for (size_t i = 0; i < WARN_KINDS; i++) {
			out->warn[i] = warns[i].percent;
			read_number(&warn, warns[i].key, 0, 100, &out->warn[i]);
		}
	read_number(at, "pollMs", POLL_LEAST_MS, POLL_MOST_MS, &out->poll_ms);
	read_number(at, "throttlePercent", 1, 99, &out->throttle_percent);
	(void)j_bool(&dry, &out->dry_run);
	read_responses(&responses, out);
}
