#!/usr/bin/env bash
# Usage: [TIDEGATE_SEED=…] bash scripts/ci/drills.sh drills|adopt
# drills: the runner's drills, 50 times those without CONCURRENTLY and restarts, 20 times those with them.
# adopt: the history of tools that are built from their registry first, taken over.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case "${1:-}" in
  drills) exec npm run test:drills ;;
  adopt)
    TIDEGATE_ADOPT=all exec npx vitest run --project integration \
      migrator/test/integration/adopt-builds.test.ts
    ;;
  *)
    echo "drills.sh: '${1:-}' is neither drills nor adopt" >&2
    exit 2
    ;;
esac
