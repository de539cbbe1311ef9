# Lints, fuzz targets with their corpora, golden plans. The unit tests stand with their layers.

check_PROGRAMS += replay-compile replay-config replay-decompile replay-filter replay-learn \
	replay-log replay-own replay-policy replay-state
replay_compile_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_compile.c \
	tests/unit/made.c tests/unit/made.h
replay_compile_LDADD = $(POLICY_LIBS)
replay_config_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_config.c
replay_config_LDADD = $(SPEC_LIBS)
replay_decompile_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_decompile.c \
	tests/unit/made.c tests/unit/made.h
replay_decompile_LDADD = $(POLICY_LIBS)
replay_filter_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_filter.c
replay_filter_LDADD = $(POLICY_LIBS)
replay_learn_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_learn.c
replay_learn_LDADD = $(POLICY_LIBS)
replay_log_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_log.c
replay_log_LDADD = $(AUDITCMD_LIBS)
replay_own_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_own.c
replay_own_LDADD = $(CMD_LIBS)
replay_policy_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_policy.c
replay_policy_LDADD = $(POLICY_LIBS)
replay_state_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_state.c
replay_state_LDADD = $(STATE_LIBS)

if FUZZ
noinst_PROGRAMS += fuzz-compile fuzz-config fuzz-decompile fuzz-filter fuzz-learn fuzz-log fuzz-own \
	fuzz-policy fuzz-state
fuzz_compile_SOURCES = tests/fuzz/fuzz_compile.c tests/unit/made.c tests/unit/made.h
fuzz_compile_LDADD = $(POLICY_LIBS)
fuzz_compile_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
fuzz_config_LDADD = $(SPEC_LIBS)
fuzz_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_decompile_SOURCES = tests/fuzz/fuzz_decompile.c tests/unit/made.c tests/unit/made.h
fuzz_decompile_LDADD = $(POLICY_LIBS)
fuzz_decompile_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_filter_SOURCES = tests/fuzz/fuzz_filter.c
fuzz_filter_LDADD = $(POLICY_LIBS)
fuzz_filter_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_learn_SOURCES = tests/fuzz/fuzz_learn.c
fuzz_learn_LDADD = $(POLICY_LIBS)
fuzz_learn_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_log_SOURCES = tests/fuzz/fuzz_log.c
fuzz_log_LDADD = $(AUDITCMD_LIBS)
fuzz_log_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_own_SOURCES = tests/fuzz/fuzz_own.c
fuzz_own_LDADD = $(CMD_LIBS)
fuzz_own_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_policy_SOURCES = tests/fuzz/fuzz_policy.c
fuzz_policy_LDADD = $(POLICY_LIBS)
fuzz_policy_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_state_SOURCES = tests/fuzz/fuzz_state.c
fuzz_state_LDADD = $(STATE_LIBS)
fuzz_state_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif

# Not built by make: what events cost; what filters cost, ours beside libseccomp's.
EXTRA_PROGRAMS = bench-audit bench-policy
bench_audit_SOURCES = tests/bench/audit.c
bench_audit_LDADD = $(AUDIT_LIBS)
bench_policy_SOURCES = tests/bench/policy.c
bench_policy_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
bench_policy_LDADD = $(PLAN_LIBS) $(SECCOMP_LIBS)
CLEANFILES += bench-audit bench-policy

check_PROGRAMS += event-samples
event_samples_SOURCES = tests/events/samples.c
event_samples_LDADD = $(AUDIT_LIBS)

# What the tables of events give is in git, so that a build needs no python.
.PHONY: events
events:
	$(srcdir)/tests/events/generate

TESTS += tests/lint/fast tests/fuzz/corpora tests/events/check
dist_check_SCRIPTS += tests/lint/fast tests/fuzz/corpora tests/events/check
EXTRA_DIST += \
	tests/lint/layers.awk tests/lint/length.awk tests/lint/options tests/lint/slow \
	tests/events/generate tests/events/ocsf.json tests/events/validate \
	tests/fuzz/corpus tests/golden tests/e2e tests/vm tests/fault tests/bench tests/run-all
