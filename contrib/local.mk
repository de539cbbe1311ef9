bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/completions/caisson.bash
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = contrib/completions/_caisson
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = contrib/completions/caisson.fish

# What an administrator copies: none of it may change an engine by being installed.
contribdir = $(docdir)
nobase_dist_contrib_DATA = \
	contrib/alerts/caisson-alert.service \
	contrib/audit/caisson-audit-seal.service \
	contrib/audit/caisson-audit-seal.timer \
	contrib/audit/caisson-audit.service \
	contrib/audit/caisson-audit.timer \
	contrib/containerd/caisson.toml \
	contrib/cri-o/caisson.conf \
	contrib/fluent-bit/caisson.conf \
	contrib/fluent-bit/parsers.conf \
	contrib/kubernetes/pods.yaml \
	contrib/kubernetes/runtimeclass.yaml \
	contrib/podman/caisson.conf \
	contrib/vector/caisson.yaml
nobase_dist_contrib_SCRIPTS = contrib/alerts/caisson-alert contrib/install-engine

EXTRA_DIST += \
	contrib/need \
	contrib/try \
	contrib/completions/bash.awk \
	contrib/completions/fish.awk \
	contrib/completions/generate \
	contrib/completions/zsh.awk

# The completions are in git, so that a build needs no built caisson; tests/lint/options says
# when they are old.
.PHONY: completions
completions: caisson
	$(srcdir)/contrib/completions/generate ./caisson
