/**
 * Preloaded into a server: on SIGUSR2, one timer ends with an unhandled rejection and another with an uncaught exception.
 */
Deno.addSignalListener("SIGUSR2", () => {
  setTimeout(() => void Promise.reject(new Error("rejected in a timer")), 1);
  setTimeout(() => {
    throw new Error("thrown in a timer");
  }, 50);
});
