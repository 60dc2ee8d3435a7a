#!/usr/bin/env bash
# Usage: bash scripts/ci/e2e-snapshots.sh
# Runs the scenario of VolumeSnapshots on the current cluster with the driver of scripts/ci/snapshots.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export TIDEGATE_E2E_SNAPSHOT_STORAGE=csi-hostpath-sc
export TIDEGATE_E2E_SNAPSHOT_CLASS=csi-hostpath-snapclass
TIDEGATE_E2E=required npm run test:e2e -- test/e2e/snapshot.test.ts
