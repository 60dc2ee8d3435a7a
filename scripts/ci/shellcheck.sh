#!/usr/bin/env bash
# Usage: scripts/ci/shellcheck.sh
# Checks every shell script of the repository; needs shellcheck.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
shellcheck --external-sources .ci/run scripts/ci/*.sh scripts/deploy/*.sh
