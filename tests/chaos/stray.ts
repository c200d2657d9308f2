/**
 * Loaded into a server before its program: on SIGUSR2 something goes wrong in a timer that nobody waits for, once as a rejection and
 * once as an exception.
 */
Deno.addSignalListener("SIGUSR2", () => {
  setTimeout(() => void Promise.reject(new Error("rejected in a timer")), 1);
  setTimeout(() => {
    throw new Error("thrown in a timer");
  }, 50);
});
