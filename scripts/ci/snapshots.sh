#!/usr/bin/env bash
# Usage: bash scripts/ci/snapshots.sh
# Gives the current cluster, one of kind, a driver whose volumes can be snapshot: the snapshot controller
# with its kinds, and the host path driver of the same project, which is for tests only. Needs kubectl and
# git. Makes the classes csi-hostpath-sc and csi-hostpath-snapclass.
# Source: csi-driver-host-path, docs/deploy-1.17-and-later.md.
set -euo pipefail

controller=v8.2.0
driver=v1.15.0
projects=https://github.com/kubernetes-csi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

git clone --quiet --depth 1 --branch "$controller" "$projects/external-snapshotter" "$work/controller"
kubectl apply --kustomize "$work/controller/client/config/crd"
kubectl apply --namespace kube-system --kustomize "$work/controller/deploy/kubernetes/snapshot-controller"
kubectl rollout status --namespace kube-system deployment/snapshot-controller --timeout=180s

git clone --quiet --depth 1 --branch "$driver" "$projects/csi-driver-host-path" "$work/driver"
"$work/driver/deploy/kubernetes-latest/deploy.sh"
kubectl apply --filename "$work/driver/examples/csi-storageclass.yaml"
kubectl get volumesnapshotclass csi-hostpath-snapclass
