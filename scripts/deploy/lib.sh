# shellcheck shell=bash
# What the scripts of this folder share; sourced, not run.
#
# Environment:
#   PULUMI_ROOT   folder with bin/pulumi; unset: the CLI of this project's dev dependencies
#   PULUMI_ORG    organisation of the stack in Pulumi Cloud; unset: the CLI's default
#   IMAGES        which images are deployed, instead of those that the stack's file names or builds:
#                 JSON as push-images.sh prints it; "deployed": those that run now; unset or empty: none
#   DEPLOY_DIR    folder of the files that a deploy writes; default .tidegate/deploy, which git ignores
#   BUILD_STACK   the stack whose builds push-images.sh pushes; default dev

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1

DEPLOY_DIR="${DEPLOY_DIR:-$PWD/.tidegate/deploy}"

die() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit "${2:-1}"
}

pulumi() {
  if [ -n "${PULUMI_ROOT:-}" ]; then
    "$PULUMI_ROOT/bin/pulumi" "$@"
  else
    npx --no-install pulumi "$@"
  fi
}

# use_stack STACK: checks the name and sets STACK (the file's part) and STACK_NAME (the backend's).
use_stack() {
  STACK="$1"
  [[ "$STACK" =~ ^[A-Za-z0-9_.-]+$ ]] || die "'$STACK' is no name of a stack: letters, digits, '.', '_' and '-'" 2
  [ -f "Pulumi.$STACK.yaml" ] || die "there is no Pulumi.$STACK.yaml in $PWD" 2
  STACK_NAME="${PULUMI_ORG:+$PULUMI_ORG/}$STACK"
}

# stack_state: the stack's state as JSON; secrets stay encrypted.
stack_state() {
  pulumi stack export --stack "$STACK_NAME"
}

# use_config_file: sets CONFIG_FILE to the stack's file, or to a copy of it with IMAGES set. A copy, so
# that a deploy leaves the checkout as it is.
use_config_file() {
  local images="${IMAGES:-}"
  CONFIG_FILE="$PWD/Pulumi.$STACK.yaml"
  if [ "$images" = deployed ]; then
    images="$(stack_state | node --import tsx scripts/deploy/deployed-images.mjs "${BUILD_STACK:-dev}")"
  fi
  [ -n "$images" ] || return 0
  mkdir -p "$DEPLOY_DIR"
  IMAGES="$images" node scripts/deploy/write-config.mjs "$CONFIG_FILE" "$DEPLOY_DIR/Pulumi.$STACK.yaml"
  CONFIG_FILE="$DEPLOY_DIR/Pulumi.$STACK.yaml"
}
