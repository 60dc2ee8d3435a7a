#!/usr/bin/env bash
# Usage: scripts/deploy/preview.sh STACK [OPTION OF pulumi preview...]
# Previews a stack with a full diff; changes nothing. Writes preview-STACK.md to DEPLOY_DIR (see
# lib.sh), and the same to the job's summary where there is one. Ends with the preview's result.
set -euo pipefail
# shellcheck source=scripts/deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -ge 1 ] || die "usage: scripts/deploy/preview.sh STACK [OPTION OF pulumi preview...]" 2
use_stack "$1"
shift
mkdir -p "$DEPLOY_DIR"
output="$DEPLOY_DIR/preview-$STACK.txt"
report="$DEPLOY_DIR/preview-$STACK.md"
rm -f "$output" "$report"

set +e
(
  set -e
  use_config_file
  # Without the full output Pulumi cuts every text, and so every migration, after three lines.
  pulumi preview --stack "$STACK_NAME" --config-file "$CONFIG_FILE" --diff --show-full-output --non-interactive --color never "$@"
) 2>&1 | tee "$output"
status="${PIPESTATUS[0]}"
set -e

node scripts/deploy/preview-report.mjs "$STACK" "$status" <"$output" >"$report"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$report" >>"$GITHUB_STEP_SUMMARY"; fi
exit "$status"
