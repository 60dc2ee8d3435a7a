#!/usr/bin/env bash
# Usage: bash scripts/ci/e2e.sh
# Runs the scenarios of test/e2e on the current cluster; what is missing is a failure. Their figures go
# into the job's summary, where there is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

report="$(mktemp)"
trap 'rm -f "$report"' EXIT

status=0
TIDEGATE_E2E=required TIDEGATE_E2E_REPORT="$report" npm run test:e2e || status=$?
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  {
    echo '```'
    cat "$report"
    echo '```'
  } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
