#!/usr/bin/env bash
# Usage: scripts/deploy/verify-rollouts.sh STACK
# Asks the cluster itself whether a deploy arrived: every migration Job of the stack is complete, and
# every Deployment has rolled out. Reports all that are not, then ends with 1.
#
# Environment: ROLLOUT_TIMEOUT, how long each Deployment may take, default 5m.
set -euo pipefail
# shellcheck source=scripts/deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -eq 1 ] || die "usage: scripts/deploy/verify-rollouts.sh STACK" 2
use_stack "$1"

objects="$(stack_state | node scripts/deploy/stack-objects.mjs)"
[ -n "$objects" ] || die "stack '$STACK_NAME' has no Deployment and no Job: was it deployed?"

failed=0
# Jobs first: a Deployment behind a failed one is held, and its timeout would hide the reason.
while IFS=$'\t' read -r kind context namespace name database; do
  cluster=(kubectl --context "$context" --namespace "$namespace")
  case "$kind" in
    Job)
      complete="$("${cluster[@]}" get job "$name" --output 'jsonpath={.status.conditions[?(@.type=="Complete")].status}')" || complete=missing
      if [ "$complete" = True ]; then
        printf 'job/%s complete (database %s)\n' "$name" "$database"
      else
        failed=1
        printf 'job/%s of database %s is not complete; see: %s logs job/%s --all-containers\n' \
          "$name" "$database" "${cluster[*]}" "$name" >&2
      fi
      ;;
    Deployment)
      if ! "${cluster[@]}" rollout status "deployment/$name" --timeout "${ROLLOUT_TIMEOUT:-5m}"; then
        failed=1
        printf 'deployment/%s has not rolled out; see: %s describe deployment/%s\n' \
          "$name" "${cluster[*]}" "$name" >&2
      fi
      ;;
  esac
done <<<"$objects"

exit "$failed"
