/**
 * postgres.js 3.4 can throw out of its own timers when a connection dies at the wrong moment ("Cannot read properties of null
 * (reading 'write')" in `nextWrite`, an open bug upstream). Nobody can catch that, and it would end the process. This guard
 * swallows exactly those errors and tells every open pool, which then replaces its connections.
 */

const pools = new Set<() => void>();
let installed = false;

/** Calls `suspect` whenever the driver crashed in the background, until the returned function is called. */
export function onDriverCrash(suspect: () => void): () => void {
  if (!installed) {
    installed = true;
    globalThis.addEventListener("error", (event) => swallow(event, event.error));
    globalThis.addEventListener("unhandledrejection", (event) => swallow(event, event.reason));
  }
  pools.add(suspect);
  return () => void pools.delete(suspect);
}

function swallow(event: Event, error: unknown): void {
  if (pools.size === 0 || !isDriverCrash(error)) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // whoever else listens for stray errors need not report this one
  for (const suspect of pools) suspect();
}

/** A TypeError whose innermost frame is in the driver's connection, in its source or by name in a bundle. */
export function isDriverCrash(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  const innermost = error.stack?.split("\n").find((line) => line.trimStart().startsWith("at ")) ?? "";
  return /\bnextWrite\b/.test(innermost) || /\/postgres\/[^/]+\/(src|cjs\/src)\/connection\.js/.test(innermost);
}
