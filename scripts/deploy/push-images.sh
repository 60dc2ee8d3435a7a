#!/usr/bin/env bash
# Usage: scripts/deploy/push-images.sh
# Builds the runner's image and those of the services that BUILD_STACK builds, and pushes them to
# REGISTRY. What the registry has is not built again: its digest would be another one, and roll
# every service for nothing. Prints one line of JSON on standard output, for IMAGES of up.sh: every image by digest.
# With GITHUB_OUTPUT set, the same line becomes the step's output `images`.
#
# Environment:
#   REGISTRY                             host[:port][/path], for example ghcr.io/acme
#   REGISTRY_USER and REGISTRY_PASSWORD  to log in; unset: as Docker is configured
set -euo pipefail
# shellcheck source=scripts/deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ $# -eq 0 ] || die "usage: REGISTRY=host/path scripts/deploy/push-images.sh" 2
[ -n "${REGISTRY:-}" ] || die "REGISTRY is not set; give host and path without a scheme, for example ghcr.io/acme" 2
use_stack "${BUILD_STACK:-dev}"

if [ -n "${REGISTRY_PASSWORD:-}" ]; then
  [ -n "${REGISTRY_USER:-}" ] || die "REGISTRY_PASSWORD is set and REGISTRY_USER is not" 2
  printf '%s' "$REGISTRY_PASSWORD" |
    docker login "${REGISTRY%%/*}" --username "$REGISTRY_USER" --password-stdin >&2
fi

images="$(node --import tsx scripts/deploy/push-images.mjs "$STACK" "$REGISTRY")"
printf '%s\n' "$images"
if [ -n "${GITHUB_OUTPUT:-}" ]; then printf 'images=%s\n' "$images" >>"$GITHUB_OUTPUT"; fi
