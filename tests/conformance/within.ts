/**
 * Waiting in tests: always for an event, never for a time. The time limits only end a test that fails.
 */

/** The time limit for an event, far above what an event needs: only a failing test reaches it. */
export const EVENT_TIMEOUT_MS = 8_000;

/** Waits for `event`. The error of a time-out names `what` and adds `context`, usually the messages so far. */
export async function within<T>(
  event: Promise<T>,
  what: string,
  context: () => string = () => "",
  timeoutMs: number = EVENT_TIMEOUT_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${timeoutMs} ms for ${what}\n${context()}`)), timeoutMs);
  });
  try {
    return await Promise.race([event, timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

/** Calls `look` every 20 ms until it returns something other than undefined; for states that no event announces. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  timeoutMs: number = EVENT_TIMEOUT_MS,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  while (performance.now() < deadlineMs) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited ${timeoutMs} ms until ${what}`);
}
