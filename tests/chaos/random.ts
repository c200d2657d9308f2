/**
 * The random numbers of the chaos tests. Each test file prints its seed; `CHAOS_SEED=<seed>` repeats the same numbers.
 */
const seed = Number(Deno.env.get("CHAOS_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
console.log(`The random numbers of this file come from CHAOS_SEED=${seed}`);

let state = seed >>> 0;

/** The next number of the seed's sequence: at least 0 and less than `limit`. */
export function randomBelow(limit: number): number {
  // A linear congruential generator with the constants of Numerical Recipes.
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32 * limit;
}
