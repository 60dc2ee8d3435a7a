/**
 * What Pod Security `restricted` asks of a pod of a scenario's own, beside the containers'
 * {@link RESTRICTED_CONTAINER}.
 */
export const RESTRICTED_POD = {
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: "RuntimeDefault" },
};

export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};
