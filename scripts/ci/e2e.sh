#!/usr/bin/env bash
# Usage: [TIDEGATE_E2E_SHARD=2/4] bash scripts/ci/e2e.sh
# Runs the scenarios of test/e2e on the current cluster; what is missing is a failure. Their figures go
# into the job's summary, where there is one. A shard is that part of the files; default: all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

report="$(mktemp)"
trap 'rm -f "$report"' EXIT

status=0
TIDEGATE_E2E=required TIDEGATE_E2E_REPORT="$report" npm run test:e2e -- \
  ${TIDEGATE_E2E_SHARD:+--shard="$TIDEGATE_E2E_SHARD"} || status=$?
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  {
    echo '```'
    cat "$report"
    echo '```'
  } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
