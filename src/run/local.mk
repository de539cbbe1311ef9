noinst_LIBRARIES += librun.a
librun_a_SOURCES = \
	src/run/checkpoint.c \
	src/run/child.c \
	src/run/child_steps.c \
	src/run/clone.c \
	src/run/copyup.c \
	src/run/create.c \
	src/run/creds.c \
	src/run/criu.c src/run/criu.h \
	src/run/dev.c \
	src/run/events.c \
	src/run/exec.c \
	src/run/exec_steps.c \
	src/run/filter.c \
	src/run/foreground.c \
	src/run/group.c \
	src/run/filter_kept.c \
	src/run/handshake.c src/run/handshake.h \
	src/run/hooks.c \
	src/run/guarded.c \
	src/run/idmap.c \
	src/run/images.c src/run/images.h \
	src/run/join.c \
	src/run/life.c src/run/life.h \
	src/run/limits.c \
	src/run/lookup.c \
	src/run/lsm.c \
	src/run/mask.c \
	src/run/mounts.c \
	src/run/netdev.c \
	src/run/network.c \
	src/run/parent_steps.c \
	src/run/proc_files.c \
	src/run/resctrl.c src/run/resctrl.h \
	src/run/restore.c \
	src/run/restored.c \
	src/run/rootfs.c \
	src/run/run.h src/run/run_private.h \
	src/run/self.c \
	src/run/start.c \
	src/run/stats.c \
	src/run/steps.c src/run/steps.h \
	src/run/sysctl.c \
	src/run/terminal.c \
	src/run/unit.c \
	src/run/update.c \
	src/run/watching.c
RUN_LIBS = librun.a libwatch.a libstate.a libaudit.a $(PLAN_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-run
unit_run_SOURCES = \
	tests/unit/run_help.c tests/unit/run_help.h \
	tests/unit/scratch.c tests/unit/scratch.h \
	tests/unit/t_copyup.c \
	tests/unit/t_handshake.c \
	tests/unit/t_hooks.c \
	tests/unit/t_resctrl.c \
	tests/unit/t_idmap.c \
	tests/unit/t_race.c \
	tests/unit/t_run.c \
	tests/unit/t_self.c \
	tests/unit/t_stats.c \
	tests/unit/t_steps.c \
	tests/unit/t_terminal.c
unit_run_CFLAGS = $(TEST_CFLAGS)
unit_run_LDADD = $(RUN_LIBS) $(CRITERION_LIBS)
TESTS += unit-run
endif
