/** Waits for a process of the operating system, which tells nobody when it is ready. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
