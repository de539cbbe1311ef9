noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	src/plan/host.c src/plan/host.h \
	src/plan/plan.c src/plan/plan.h \
	src/plan/plan_cgroup.c \
	src/plan/plan_fs.c \
	src/plan/plan_ids.c \
	src/plan/plan_mounts.c \
	src/plan/plan_ns.c \
	src/plan/plan_print.c \
	src/plan/plan_process.c \
	src/plan/plan_seccomp.c src/plan/plan_seccomp.h
PLAN_LIBS = libplan.a libspec.a libcgroups.a libpolicy.a $(CAP_LIBS) $(SECCOMP_LIBS) $(BASE_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-plan
unit_plan_SOURCES = tests/unit/t_plan.c
unit_plan_CFLAGS = $(TEST_CFLAGS)
unit_plan_LDADD = $(PLAN_LIBS) $(CRITERION_LIBS)
TESTS += unit-plan
endif
