/**
 * The random moments of the chaos tests. Each test file prints the seed that they come from; `CHAOS_SEED=<seed>` repeats them.
 */
const seed = Number(Deno.env.get("CHAOS_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
console.log(`The random moments of this file come from CHAOS_SEED=${seed}`);

let state = seed >>> 0;

/** A number from 0 up to, not including, `limit`; the next one of the seed's sequence. */
export function chance(limit: number): number {
  // A linear congruential generator with the constants of Numerical Recipes.
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32 * limit;
}
