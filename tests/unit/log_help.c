/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/log_help.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/str.h"

struct audit *open_log(const struct log *l)
{
	struct audit *au = NULL;
	struct err e = { 0 };

	cr_assert_eq(audit_open(l->path, &au, &e), 0, "%s", e.text);
	return au;
}

void write_some(struct log *l, int n)
{
	const struct audit_result ok = { .exit_code = -1 };
	struct audit *au = open_log(l);
	struct err e = { 0 };

	for (int i = 0; i < n; i++)
		cr_assert_eq(audit_write(au, &l->a, AUDIT_CREATE,
					 &(struct audit_subject){ .id = "c" }, &ok, &e),
			     0, "%s", e.text);
	audit_close(au);
}

void seal_now(struct log *l)
{
	struct audit *au = open_log(l);
	struct audit_sealed last;
	struct err e = { 0 };

	cr_assert_eq(audit_seal(au, &l->a, &last, &e), 0, "%s", e.text);
	audit_close(au);
}

struct log make_log(void)
{
	struct log l = { .s = scratch_open() };
	char key[DIGEST_HEX];
	struct sign_file f;
	struct audit *au;
	struct err e = { 0 };

	(void)snprintf(l.path, sizeof(l.path), "%s/log", l.s.path);
	au = open_log(&l);
	cr_assert_eq(sign_make(&f, l.path, l.public), 0);
	sign_close(&f);
	cr_assert_eq(audit_seal_begin(au, &l.a, key, &e), 0, "%s", e.text);
	cr_assert(hex_read(key, sizeof(l.key), l.key));
	audit_close(au);
	return l;
}

void close_log(struct log *l)
{
	scratch_close(&l->s);
	arena_free(&l->a);
}

struct audit_files files_of(struct log *l)
{
	struct audit_files f;
	struct err e = { 0 };

	cr_assert_eq(audit_files_find(&l->a, l->path, &f, &e), 0, "%s", e.text);
	return f;
}

struct audit_check verify_with(struct log *l, const uint8_t *key, struct anchors *an,
			       struct sealed *seen)
{
	const struct audit_files f = files_of(l);
	struct audit_check k;
	struct err e = { 0 };

	*seen = (struct sealed){ .first_key = key };
	cr_assert_eq(audit_verify(&l->a, &f, &(struct audit_trust){ seen, an }, &k, &e), 0,
		     "%s", e.text);
	return k;
}

struct audit_check verify(struct log *l)
{
	struct sealed seen;

	return verify_with(l, l->key, NULL, &seen);
}
