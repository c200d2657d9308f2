/** The process of `startChild`: an embedded server until SIGTERM. It tells what happens, one JSON object a line. */
import { startEmbedded } from "../../../../db/engine/embedded.ts";
import { StoreError } from "../../../../db/engine/errors.ts";

const tell = (event: string, facts: Record<string, unknown>) => console.log(JSON.stringify({ event, ...facts }));
const options = JSON.parse(Deno.args[0]!);

// Before the start: a signal during it ends the process as soon as there is something to end.
const ended = Promise.withResolvers<void>();
Deno.addSignalListener("SIGTERM", () => ended.resolve());
try {
  const server = await startEmbedded({
    ...options,
    log: (line, { error, ...facts } = {}) => tell("log", { line, facts, ...(error ? { error: String(error) } : {}) }),
    progress: (line) => tell("progress", { line }),
  });
  const { stop: _, ...facts } = server;
  tell("up", { ...facts });
  await ended.promise;
  await server.stop();
  tell("stopped", {});
} catch (error) {
  tell("failed", {
    kind: error instanceof StoreError ? error.kind : "unforeseen",
    message: String((error as Error).message),
  });
}
Deno.exit(0);
