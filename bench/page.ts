export const page = (b: unknown) => JSON.stringify(b, (k, v) => v instanceof Map ? Object.fromEntries(v) : v, 1);
