#!/usr/bin/env bash
# Usage: scripts/deploy/up.sh STACK [OPTION OF pulumi up...]
# Deploys a stack without asking; IMAGES says which images (see lib.sh). A failed migration ends it with
# the runner's verdict, and with the services behind that migration left as they were.
set -euo pipefail
# shellcheck source=scripts/deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -ge 1 ] || die "usage: scripts/deploy/up.sh STACK [OPTION OF pulumi up...]" 2
use_stack "$1"
shift
use_config_file
pulumi up --stack "$STACK_NAME" --config-file "$CONFIG_FILE" --yes --skip-preview --diff --non-interactive --color never "$@"
