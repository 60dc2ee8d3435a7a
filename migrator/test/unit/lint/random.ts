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
const first = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

/**
 * The seeds of this run: a new one each time, and `TEST_SEED` to repeat a run. `TEST_SEEDS=200` takes that
 * many, one after the other. Tests print their seed in their names.
 */
export const SEEDS: readonly number[] = Array.from(
  { length: Number(process.env["TEST_SEEDS"] ?? 1) },
  (_, index) => first + index * 2,
);

export function pick<T>(random: () => number, list: readonly T[]): T {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}
