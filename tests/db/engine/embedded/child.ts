/** The process of `startChild`: an embedded server until SIGTERM. It prints events, one JSON object per line. */
import { startEmbedded } from "../../../../db/engine/embedded.ts";
import { StoreError } from "../../../../db/engine/errors.ts";

const print = (event: string, fields: Record<string, unknown>) => console.log(JSON.stringify({ event, ...fields }));
const options = JSON.parse(Deno.args[0]!);

// Before the start: a signal during it ends the process as soon as there is something to end.
const ended = Promise.withResolvers<void>();
Deno.addSignalListener("SIGTERM", () => ended.resolve());
try {
  const server = await startEmbedded({
    ...options,
    log: (line, { error, ...fields } = {}) =>
      print("log", { line, fields, ...(error ? { error: String(error) } : {}) }),
    progress: (line) => print("progress", { line }),
  });
  const { stop: _, ...fields } = server;
  print("up", { ...fields });
  await ended.promise;
  await server.stop();
  print("stopped", {});
} catch (error) {
  print("failed", {
    kind: error instanceof StoreError ? error.kind : "unforeseen",
    message: String((error as Error).message),
  });
}
Deno.exit(0);
