/**
 * Waiting in tests: always for an event, never for a time. The time limits only end a test that has failed.
 */

/** How long an event may take before a test gives it up: far above what it takes, so that only a real failure meets it. */
export const PATIENCE_MS = 8_000;

/** Waits for `event`; a failure names what did not come and adds `context`, usually the conversation so far. */
export async function within<T>(
  event: Promise<T>,
  what: string,
  context: () => string = () => "",
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${patienceMs} ms for ${what}\n${context()}`)), patienceMs);
  });
  try {
    return await Promise.race([event, givenUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again and again until `look` finds something; for facts that no event announces. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (performance.now() < giveUpAt) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited ${PATIENCE_MS} ms until ${what}`);
}
