noinst_LIBRARIES += libcmd.a
libcmd_a_SOURCES = \
	src/cmd/check.c \
	src/cmd/checkpoint.c \
	src/cmd/cmd.h \
	src/cmd/cmdline.c \
	src/cmd/command.c \
	src/cmd/common.c \
	src/cmd/config.c src/cmd/config.h \
	src/cmd/create.c \
	src/cmd/delete.c \
	src/cmd/doctor.c \
	src/cmd/events.c \
	src/cmd/exec.c src/cmd/exec.h \
	src/cmd/exec_process.c \
	src/cmd/features.c src/cmd/features.h \
	src/cmd/help.c \
	src/cmd/kill.c \
	src/cmd/launch.c src/cmd/launch.h \
	src/cmd/match.c \
	src/cmd/list.c \
	src/cmd/load.c src/cmd/load.h \
	src/cmd/opt.c src/cmd/opt.h \
	src/cmd/pause.c \
	src/cmd/policy_find.c src/cmd/policy_find.h \
	src/cmd/ps.c \
	src/cmd/run.c \
	src/cmd/spec.c \
	src/cmd/start.c \
	src/cmd/state.c \
	src/cmd/tool.c src/cmd/tool.h \
	src/cmd/tools.c \
	src/cmd/update.c \
	src/cmd/version.c
libcmd_a_CPPFLAGS = $(AM_CPPFLAGS) \
	-DCAISSON_DATADIR='"$(pkgdatadir)"' -DCAISSON_SYSCONFDIR='"$(sysconfdir)/caisson"'
CMD_LIBS = libcmd.a libdoctor.a librun.a libwatch.a libplan.a libstate.a libaudit.a libspec.a \
	libcgroups.a libunit.a libpolicy.a $(CAP_LIBS) $(BASE_LIBS)

# What policies need beside it; the runtime has none of this.
noinst_LIBRARIES += libpolicycmd.a
libpolicycmd_a_SOURCES = \
	src/cmd/policy_check.c \
	src/cmd/policy_compile.c \
	src/cmd/policy_decompile.c \
	src/cmd/policy_diff.c \
	src/cmd/policy_each.c \
	src/cmd/policy_explain.c \
	src/cmd/policy_learn.c \
	src/cmd/policy_lines.c src/cmd/policy_lines.h \
	src/cmd/policy_live.c src/cmd/policy_live.h \
	src/cmd/policy_load.c \
	src/cmd/policy_oci.c src/cmd/policy_oci.h \
	src/cmd/policy_profile.c \
	src/cmd/policy_record.c src/cmd/policy_record.h \
	src/cmd/policy_run.c \
	src/cmd/policy_test.c \
	src/cmd/policy_tool.c src/cmd/policy_tool.h \
	src/cmd/policy_watch.c src/cmd/policy_watch.h \
	src/cmd/policy_why.c
POLICYCMD_LIBS = libpolicycmd.a libcmd.a libplan.a libspec.a libcgroups.a libunit.a \
	libpolicy.a \
	$(CAP_LIBS) $(BASE_LIBS)
pkglibexec_PROGRAMS += caisson-policy
caisson_policy_SOURCES = src/cmd/policy_main.c
caisson_policy_LDADD = $(POLICYCMD_LIBS)
caisson_policy_LDFLAGS = $(AM_LDFLAGS) $(STATIC_LDFLAGS)

# Reads the log; writing it is the runtime's.
noinst_LIBRARIES += libauditcmd.a
libauditcmd_a_SOURCES = \
	src/audit/anchored.c \
	src/audit/chain.c src/audit/chain.h \
	src/audit/export.c src/audit/export.h \
	src/audit/filter.c src/audit/filter.h \
	src/audit/keep.c src/audit/keep.h \
	src/audit/merkle.c src/audit/merkle.h \
	src/audit/note.c src/audit/note.h \
	src/audit/reader.c src/audit/reader.h \
	src/audit/report.c src/audit/report.h \
	src/audit/scan.c src/audit/scan.h \
	src/audit/sealed.c src/audit/sealed.h \
	src/audit/sign.c src/audit/sign.h \
	src/audit/noted.c src/audit/noted.h \
	src/audit/proof.c src/audit/proof.h \
	src/cmd/audit_anchor.c \
	src/cmd/audit_html.c src/cmd/audit_html.h \
	src/cmd/audit_init.c \
	src/cmd/audit_prove.c \
	src/cmd/audit_query.c \
	src/cmd/audit_report.c \
	src/cmd/audit_rotate.c \
	src/cmd/audit_seal.c \
	src/cmd/audit_tool.c src/cmd/audit_tool.h \
	src/cmd/audit_verify.c
libauditcmd_a_CPPFLAGS = $(AM_CPPFLAGS) $(ZSTD_CFLAGS) $(HOGWEED_CFLAGS)
AUDITCMD_LIBS = libauditcmd.a libcmd.a libwatch.a libaudit.a $(ZSTD_LIBS) $(HOGWEED_LIBS) $(BASE_LIBS)
pkglibexec_PROGRAMS += caisson-audit
caisson_audit_SOURCES = src/cmd/audit_main.c
caisson_audit_LDADD = $(AUDITCMD_LIBS)
caisson_audit_LDFLAGS = $(AM_LDFLAGS) $(STATIC_LDFLAGS)

bin_PROGRAMS += caisson
caisson_SOURCES = src/cmd/main.c
caisson_LDADD = $(CMD_LIBS)
caisson_LDFLAGS = $(AM_LDFLAGS) $(STATIC_LDFLAGS)

if HAVE_CRITERION
check_PROGRAMS += unit-cmd
unit_cmd_SOURCES = \
	tests/unit/scratch.c tests/unit/scratch.h \
	tests/unit/t_cmdline.c \
	tests/unit/t_config.c \
	tests/unit/plan_help.c tests/unit/plan_help.h \
	tests/unit/spec_help.c tests/unit/spec_help.h \
	tests/unit/t_exec_process.c \
	tests/unit/t_features.c \
	tests/unit/t_opt.c
unit_cmd_CFLAGS = $(TEST_CFLAGS)
unit_cmd_LDADD = $(CMD_LIBS) $(CRITERION_LIBS)
TESTS += unit-cmd
check_PROGRAMS += unit-policy-cmd
unit_policy_cmd_SOURCES = \
	tests/unit/t_policy_cmd.c \
	tests/unit/t_policy_find.c \
	tests/unit/scratch.c tests/unit/scratch.h
unit_policy_cmd_CFLAGS = $(TEST_CFLAGS)
unit_policy_cmd_LDADD = $(POLICYCMD_LIBS) $(CRITERION_LIBS)
TESTS += unit-policy-cmd
check_PROGRAMS += unit-audit-cmd
unit_audit_cmd_SOURCES = \
	tests/unit/t_audit_chain.c \
	tests/unit/t_audit_export.c \
	tests/unit/t_audit_damage.c \
	tests/unit/t_audit_filter.c \
	tests/unit/t_audit_report.c \
	tests/unit/t_audit_seal.c \
	tests/unit/t_audit_signed.c \
	tests/unit/log_help.c tests/unit/log_help.h \
	tests/unit/scratch.c tests/unit/scratch.h
unit_audit_cmd_CFLAGS = $(TEST_CFLAGS) $(ZSTD_CFLAGS)
unit_audit_cmd_LDADD = $(AUDITCMD_LIBS) $(CRITERION_LIBS)
TESTS += unit-audit-cmd
endif
