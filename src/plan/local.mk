noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	src/plan/host.c src/plan/host.h \
	src/plan/plan.c src/plan/plan.h \
	src/plan/plan_audit.c \
	src/plan/plan_cgroup.c \
	src/plan/plan_exec.c \
	src/plan/plan_fs.c \
	src/plan/plan_ids.c \
	src/plan/plan_idmap_option.c \
	src/plan/plan_mounts.c \
	src/plan/plan_net.c \
	src/plan/plan_nodev.c \
	src/plan/plan_ns.c \
	src/plan/plan_print.c \
	src/plan/plan_print_cgroup.c \
	src/plan/plan_print_fs.c \
	src/plan/plan_print_process.c \
	src/plan/plan_process.c \
	src/plan/plan_rdt.c \
	src/plan/plan_seccomp.c src/plan/plan_seccomp.h \
	src/plan/plan_text.c src/plan/plan_text.h \
	src/plan/plan_unit.c \
	src/plan/plan_unit_limits.c \
	src/plan/plan_watch.c
PLAN_LIBS = libplan.a libspec.a libcgroups.a libunit.a libpolicy.a $(CAP_LIBS) $(BASE_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-plan
unit_plan_SOURCES = \
	tests/unit/plan_help.c tests/unit/plan_help.h \
	tests/unit/spec_help.c tests/unit/spec_help.h \
	tests/unit/t_plan.c \
	tests/unit/t_plan_exec.c \
	tests/unit/t_plan_limits.c \
	tests/unit/t_plan_mounts.c \
	tests/unit/t_plan_refusals.c \
	tests/unit/t_plan_unit.c \
	tests/unit/t_plan_watch.c
unit_plan_CFLAGS = $(TEST_CFLAGS)
unit_plan_LDADD = $(PLAN_LIBS) $(CRITERION_LIBS) -lm
TESTS += unit-plan
endif

# make check compares; UPDATE=1 in its environment writes tests/golden/plans anew.
check_PROGRAMS += golden
golden_SOURCES = tests/golden/golden.c
golden_LDADD = $(PLAN_LIBS)
TESTS += golden
