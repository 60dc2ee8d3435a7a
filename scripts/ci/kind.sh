#!/usr/bin/env bash
# Usage: bash scripts/ci/kind.sh
# Makes a kind cluster and a registry that this machine and the cluster's nodes both reach as
# localhost:5000. Needs docker, kind and kubectl. What is there already stays.
set -euo pipefail

registry=tidegate-registry
cluster=kind
port=5000

if [ "$(docker inspect --format '{{.State.Running}}' "$registry" 2>/dev/null)" != true ]; then
  docker run --detach --restart=always --publish "127.0.0.1:$port:5000" --name "$registry" registry:2
fi

if ! kind get clusters | grep --line-regexp --quiet "$cluster"; then
  # Nodes look for a registry's real address in this folder.
  # Source: kind, "Local Registry".
  kind create cluster --name "$cluster" --wait 120s --config - <<'CONFIG'
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
containerdConfigPatches:
  - |-
    [plugins."io.containerd.grpc.v1.cri".registry]
      config_path = "/etc/containerd/certs.d"
CONFIG
fi

for node in $(kind get nodes --name "$cluster"); do
  docker exec "$node" mkdir -p "/etc/containerd/certs.d/localhost:$port"
  docker exec --interactive "$node" cp /dev/stdin "/etc/containerd/certs.d/localhost:$port/hosts.toml" <<CONFIG
[host."http://$registry:5000"]
CONFIG
done

if [ "$(docker inspect --format '{{json .NetworkSettings.Networks.kind}}' "$registry")" = null ]; then
  docker network connect kind "$registry"
fi

kubectl config use-context "kind-$cluster"
