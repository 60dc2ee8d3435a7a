#!/usr/bin/env bash
# Usage: scripts/deploy/kubeconfig.sh
# In a job: writes the secret KUBECONFIG_CONTENT to a file that only this user can read, and sets
# KUBECONFIG for the steps that follow. Without the secret the runner's own configuration is used.
set -euo pipefail

if [ $# -ne 0 ]; then
  printf 'usage: KUBECONFIG_CONTENT=... scripts/deploy/kubeconfig.sh\n' >&2
  exit 2
fi

if [ -z "${KUBECONFIG_CONTENT:-}" ]; then
  own="${KUBECONFIG:-$HOME/.kube/config}"
  if [ ! -f "${own%%:*}" ]; then
    printf 'kubeconfig.sh: no cluster: set the secret KUBECONFIG of this environment (there is no %s)\n' "$own" >&2
    exit 1
  fi
  printf 'using the runner'\''s own %s\n' "$own"
  exit 0
fi

if [ -z "${RUNNER_TEMP:-}" ] || [ -z "${GITHUB_ENV:-}" ]; then
  printf 'kubeconfig.sh: RUNNER_TEMP and GITHUB_ENV are not set: this is no job of GitHub Actions\n' >&2
  exit 1
fi
umask 077
printf '%s\n' "$KUBECONFIG_CONTENT" >"$RUNNER_TEMP/kubeconfig"
printf 'KUBECONFIG=%s\n' "$RUNNER_TEMP/kubeconfig" >>"$GITHUB_ENV"
