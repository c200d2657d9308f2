/**
 * postgres.js 3.4 can throw in its own timers when a connection breaks at the wrong moment ("Cannot read properties of null
 * (reading 'write')" in `nextWrite`, an open bug upstream). No caller can catch that error, and it would end the process. This guard
 * suppresses exactly those errors and notifies every open pool, which then replaces its connections.
 */

const listeners = new Set<() => void>();
let installed = false;

/** Calls `listener` whenever the driver has thrown in the background, until the returned function is called. */
export function onDriverCrash(listener: () => void): () => void {
  if (!installed) {
    installed = true;
    globalThis.addEventListener("error", (event) => suppress(event, event.error));
    globalThis.addEventListener("unhandledrejection", (event) => suppress(event, event.reason));
  }
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function suppress(event: Event, error: unknown): void {
  if (listeners.size === 0 || !isDriverCrash(error)) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Other listeners for uncaught errors would report this one.
  for (const listener of listeners) listener();
}

/** Whether an error is a TypeError whose innermost stack frame is in the driver's connection: by its file, or by its name in a bundle. */
export function isDriverCrash(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  const innermost = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
  return /\bnextWrite\b/.test(innermost) || /\/postgres\/[^/]+\/(src|cjs\/src)\/connection\.js/.test(innermost);
}
