noinst_LIBRARIES += libpolicy.a
libpolicy_a_SOURCES = \
	seccomp/answers.c \
	seccomp/ast.h \
	seccomp/ast_print.c seccomp/ast_print.h \
	seccomp/audited.c seccomp/audited.h \
	seccomp/bdd.c seccomp/bdd.h \
	seccomp/behave.c seccomp/behave.h \
	seccomp/behave_filter.c \
	seccomp/behave_run.c \
	seccomp/cacheable.c \
	seccomp/call.c \
	seccomp/cells.c seccomp/cells.h \
	seccomp/compile.c seccomp/compile.h \
	seccomp/cube.c seccomp/cube.h \
	seccomp/dag.c seccomp/dag.h \
	seccomp/decompile.c seccomp/decompile.h \
	seccomp/decompile_call.c \
	seccomp/diag.c seccomp/diag.h \
	seccomp/diff.c \
	seccomp/dis.c \
	seccomp/dot.c \
	seccomp/elsewhere.c seccomp/elsewhere.h \
	seccomp/emit.c seccomp/emit.h \
	seccomp/eval.c \
	seccomp/expect.c \
	seccomp/formula.c seccomp/formula.h \
	seccomp/formula_cond.c \
	seccomp/image.c \
	seccomp/leaf.c seccomp/leaf.h \
	seccomp/learn.c seccomp/learn.h \
	seccomp/learn_body.c \
	seccomp/learn_check.c \
	seccomp/learn_cond.c \
	seccomp/learn_fold.c \
	seccomp/learn_line.c \
	seccomp/learn_proc.c \
	seccomp/learn_strace.c \
	seccomp/learn_text.c \
	seccomp/learn_value.c \
	seccomp/lex.c seccomp/lex.h \
	seccomp/lint.c \
	seccomp/list.c \
	seccomp/names.c \
	seccomp/notes.c seccomp/notes.h \
	seccomp/oci.c \
	seccomp/order.c \
	seccomp/pairs.c \
	seccomp/parse.c seccomp/parse.h \
	seccomp/parse_expr.c \
	seccomp/parse_set.c \
	seccomp/parse_stmt.c \
	seccomp/plain.c seccomp/plain.h \
	seccomp/policy.h \
	seccomp/resolve.c seccomp/resolve.h \
	seccomp/resolve_check.c \
	seccomp/resolve_cond.c \
	seccomp/resolve_extra.c \
	seccomp/resolve_flat.c \
	seccomp/resolve_grid.c \
	seccomp/resolve_mux.c \
	seccomp/resolve_name.c \
	seccomp/resolve_node.c \
	seccomp/resolve_rule.c \
	seccomp/resolve_set.c \
	seccomp/rules.c seccomp/rules.h \
	seccomp/side.c seccomp/side.h \
	seccomp/sim.c seccomp/sim.h \
	seccomp/syscalls/size.h \
	seccomp/table.c seccomp/table.h \
	seccomp/table_consts.c seccomp/table_consts.h \
	seccomp/table_groups.c \
	seccomp/table_hash.h \
	seccomp/tails.c seccomp/tails.h \
	seccomp/to_rules.c \
	seccomp/tree.c seccomp/tree.h \
	seccomp/twos.c seccomp/twos.h \
	seccomp/verify.c seccomp/verify.h \
	seccomp/wording.c seccomp/wording.h \
	seccomp/wording_set.c \
	seccomp/why.c
POLICY_LIBS = libpolicy.a $(BASE_LIBS)

# libseccomp lives in a program of its own, which the runtime starts where it has no tables, and
# in tests and benchmarks, as the peer.
noinst_LIBRARIES += liblibseccomp.a
liblibseccomp_a_SOURCES = \
	seccomp/ls.h \
	seccomp/ls_args.c seccomp/ls_args.h \
	seccomp/ls_build.c \
	seccomp/ls_fold.c seccomp/ls_fold.h \
	seccomp/ls_names.c seccomp/ls_names.h \
	seccomp/ls_stub.c seccomp/ls_stub.h
liblibseccomp_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
LS_LIBS = liblibseccomp.a $(POLICY_LIBS) $(SECCOMP_LIBS)
pkglibexec_PROGRAMS += caisson-libseccomp
caisson_libseccomp_SOURCES = seccomp/ls_main.c
caisson_libseccomp_LDADD = $(LS_LIBS)
caisson_libseccomp_LDFLAGS = $(AM_LDFLAGS) $(STATIC_LDFLAGS)
EXTRA_DIST += \
	seccomp/syscalls/arguments.tsv \
	seccomp/syscalls/calls.inc \
	seccomp/syscalls/calls.tsv \
	seccomp/syscalls/collect \
	seccomp/syscalls/constants.tsv \
	seccomp/syscalls/consts.inc \
	seccomp/syscalls/generate \
	seccomp/syscalls/groups \
	seccomp/syscalls/groups.inc \
	seccomp/syscalls/sets.tsv \
	tests/sim/actions.tests \
	tests/sim/archs.tests \
	tests/sim/engine-default.json \
	tests/sim/engine.tests \
	tests/sim/operators.tests
TESTS += seccomp/syscalls/check
dist_check_SCRIPTS += seccomp/syscalls/check

policiesdir = $(pkgdatadir)/policies
dist_policies_DATA = \
	seccomp/policies/compiled.policy \
	seccomp/policies/container-strict.policy \
	seccomp/policies/container.policy \
	seccomp/policies/java.policy \
	seccomp/policies/node.policy \
	seccomp/policies/paranoid.policy \
	seccomp/policies/python.policy \
	seccomp/policies/shell.policy \
	seccomp/policies/untrusted.policy
TESTS += tests/policies/check
dist_check_SCRIPTS += tests/policies/check
EXTRA_DIST += \
	tests/policies/caps.json \
	tests/policies/container-strict.warnings \
	tests/policies/container.warnings

if HAVE_CRITERION
check_PROGRAMS += unit-seccomp unit-plan-seccomp unit-policy unit-libseccomp
unit_policy_SOURCES = \
	tests/unit/sim_file.c tests/unit/sim_file.h \
	tests/unit/t_answers.c \
	tests/unit/t_audited.c \
	tests/unit/made.c tests/unit/made.h \
	tests/unit/t_compile.c \
	tests/unit/t_cube.c \
	tests/unit/t_diag.c \
	tests/unit/t_diff.c \
	tests/unit/t_diff_filter.c \
	tests/unit/t_elsewhere.c \
	tests/unit/t_eval.c \
	tests/unit/t_image.c \
	tests/unit/t_learn.c \
	tests/unit/t_lex.c \
	tests/unit/t_lint.c \
	tests/unit/t_names.c \
	tests/unit/t_oci.c \
	tests/unit/parse_help.c tests/unit/parse_help.h \
	tests/unit/t_parse.c \
	tests/unit/t_parse_limits.c \
	tests/unit/t_pitfalls.c \
	tests/unit/t_resolve.c \
	tests/unit/t_resolve_grid.c \
	tests/unit/t_resolve_refusals.c \
	tests/unit/policy_help.c tests/unit/policy_help.h \
	tests/unit/t_table.c \
	tests/unit/t_table_consts.c \
	tests/unit/t_table_groups.c \
	tests/unit/t_to_rules.c \
	tests/unit/t_tree.c \
	tests/unit/t_verify.c \
	tests/unit/t_why.c
unit_policy_CFLAGS = $(TEST_CFLAGS) $(SECCOMP_CFLAGS)
unit_policy_LDADD = $(LS_LIBS) $(CRITERION_LIBS)
unit_seccomp_SOURCES = tests/unit/t_seccomp.c tests/unit/t_seccomp_random.c \
	tests/unit/t_kernel_filter.c \
	tests/unit/sim_file.c tests/unit/sim_file.h
unit_seccomp_CFLAGS = $(TEST_CFLAGS)
unit_seccomp_LDADD = $(LS_LIBS) $(CRITERION_LIBS)
unit_libseccomp_SOURCES = tests/unit/t_decompile.c tests/unit/t_libseccomp.c \
	tests/unit/made.c tests/unit/made.h
unit_libseccomp_CFLAGS = $(TEST_CFLAGS) $(SECCOMP_CFLAGS)
unit_libseccomp_LDADD = liblibseccomp.a $(PLAN_LIBS) $(SECCOMP_LIBS) $(CRITERION_LIBS)
unit_plan_seccomp_SOURCES = tests/unit/t_plan_seccomp.c \
	tests/unit/sim_file.c tests/unit/sim_file.h
unit_plan_seccomp_CFLAGS = $(TEST_CFLAGS)
unit_plan_seccomp_LDADD = $(PLAN_LIBS) $(CRITERION_LIBS)
TESTS += unit-seccomp unit-plan-seccomp unit-policy unit-libseccomp
endif
