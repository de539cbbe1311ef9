noinst_LIBRARIES += libcgroups.a
libcgroups_a_SOURCES = \
	cgroups/cg.h cgroups/cg_private.h \
	cgroups/cg_attach.c \
	cgroups/cg_bpf.c \
	cgroups/cg_control.c \
	cgroups/cg_devices.c \
	cgroups/cg_freeze.c \
	cgroups/cg_kill.c \
	cgroups/cg_limit.c \
	cgroups/cg_mark.c \
	cgroups/cg_network.c \
	cgroups/cg_pids.c \
	cgroups/cg_remove.c \
	cgroups/cg_root.c \
	cgroups/cg_tree.c \
	cgroups/cg_update.c \
	cgroups/cg_usage.c \
	cgroups/cg_walk.c \
	cgroups/cg_write.c
CGROUPS_LIBS = libcgroups.a $(BASE_LIBS)

if HAVE_CRITERION
check_PROGRAMS += unit-cgroups
unit_cgroups_SOURCES = tests/unit/t_cgroups.c tests/unit/t_cg_devices.c \
	tests/unit/t_cg_filter.c tests/unit/t_cg_kernel.c \
	tests/unit/cg_help.c tests/unit/cg_help.h
unit_cgroups_CFLAGS = $(TEST_CFLAGS)
unit_cgroups_LDADD = $(CGROUPS_LIBS) $(CRITERION_LIBS)
TESTS += unit-cgroups
endif
