noinst_LIBRARIES += libpolicy.a
libpolicy_a_SOURCES = \
	seccomp/args.c seccomp/args.h \
	seccomp/build.c \
	seccomp/dis.c \
	seccomp/fold.c seccomp/fold.h \
	seccomp/names.c seccomp/names.h \
	seccomp/policy.h \
	seccomp/sim.c \
	seccomp/stub.c seccomp/stub.h
libpolicy_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
POLICY_LIBS = libpolicy.a $(SECCOMP_LIBS) $(BASE_LIBS)
EXTRA_DIST += \
	tests/sim/actions.tests \
	tests/sim/archs.tests \
	tests/sim/engine-default.json \
	tests/sim/engine.tests \
	tests/sim/operators.tests

if HAVE_CRITERION
check_PROGRAMS += unit-seccomp unit-plan-seccomp
unit_seccomp_SOURCES = tests/unit/t_seccomp.c tests/unit/t_seccomp_random.c \
	tests/unit/sim_file.c tests/unit/sim_file.h
unit_seccomp_CFLAGS = $(TEST_CFLAGS)
unit_seccomp_LDADD = $(POLICY_LIBS) $(CRITERION_LIBS)
unit_plan_seccomp_SOURCES = tests/unit/t_plan_seccomp.c \
	tests/unit/sim_file.c tests/unit/sim_file.h
unit_plan_seccomp_CFLAGS = $(TEST_CFLAGS)
unit_plan_seccomp_LDADD = $(PLAN_LIBS) $(CRITERION_LIBS)
TESTS += unit-seccomp unit-plan-seccomp
endif
