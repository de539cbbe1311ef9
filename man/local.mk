dist_man_MANS += \
	man/caisson.8 \
	man/caisson-audit.1 \
	man/caisson-check.8 \
	man/caisson-checkpoint.8 \
	man/caisson-create.8 \
	man/caisson-doctor.8 \
	man/caisson-engines.7 \
	man/caisson-events.8 \
	man/caisson-events.5 \
	man/caisson-exec.8 \
	man/caisson-kill.8 \
	man/caisson-pause.8 \
	man/caisson-plan.7 \
	man/caisson-policy.1 \
	man/caisson-policy.5 \
	man/caisson-ps.8 \
	man/caisson-state.8 \
	man/caisson-update.8 \
	man/caisson.json.5

# Each command is found under its own name: a page that only points at another.
MAN_POINTERS = \
	man/caisson-delete.8 \
	man/caisson-features.8 \
	man/caisson-list.8 \
	man/caisson-restore.8 \
	man/caisson-resume.8 \
	man/caisson-run.8 \
	man/caisson-spec.8 \
	man/caisson-start.8
EXTRA_DIST += man/caisson-events.5.in
nodist_man_MANS = $(MAN_POINTERS)
CLEANFILES += $(MAN_POINTERS)

$(MAN_POINTERS):
	$(AM_V_GEN)case $@ in \
	*-delete.8) page=kill ;; \
	*-features.8 | *-spec.8) page=check ;; \
	*-list.8) page=state ;; \
	*-restore.8) page=checkpoint ;; \
	*-resume.8) page=pause ;; \
	*) page=create ;; \
	esac; \
	$(MKDIR_P) $(@D) && echo ".so man8/caisson-$$page.8" >$@
