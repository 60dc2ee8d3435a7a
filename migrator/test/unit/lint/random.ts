/** Numbers that a seed decides; mulberry32 by Tommy Ettinger, public domain. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const given = process.env["TEST_SEED"];

/**
 * The seed of this run: `TEST_SEED`, a new one for `TEST_SEED=random`, and otherwise always the same, so
 * that a pull request is not stopped by what another one broke. Tests print it in their names.
 */
export const SEED =
  given === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(given ?? 20_261_121);

export function pick<T>(random: () => number, list: readonly T[]): T {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}
