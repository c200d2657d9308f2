/** Sends and receives files over a data connection, with the rules of HTTP: the limits of size and speed, and one file for an address. */
import type { Clock } from "../../actors/runtime/clock.ts";
import { type Allowance, readBytes } from "../http/file_body.ts";
import type { App } from "../http/app.ts";
import { incomplete } from "../http/problem.ts";
import { keepUpload } from "../resources/firmware_management/uploads.ts";
import type { Place } from "./place.ts";

/** Sends a stream. Throws when the client disconnects, or takes nothing for `stallMs`. */
export async function send(
  stream: ReadableStream<Uint8Array>,
  connection: Deno.Conn,
  { clock }: { readonly clock: Clock },
  stallMs: number,
): Promise<void> {
  const peer = connection.writable.getWriter();
  const inTime = async (writing: Promise<void>) => {
    const stopTimer = clock.after(stallMs, () => connection[Symbol.dispose]());
    try {
      await writing;
    } catch {
      throw incomplete();
    } finally {
      stopTimer();
    }
  };
  for await (const part of stream) await inTime(peer.write(part));
  await inTime(peer.close());
}

/** Receives and keeps a file. The end of the connection is the end of the file, so that an aborted upload must not be kept. */
export async function receive(
  place: Place,
  allowance: Allowance,
  connection: Deno.Conn,
  app: App,
  aborted: AbortSignal,
): Promise<string> {
  const draft = await readBytes(connection.readable, allowance, app);
  try {
    if (aborted.aborted) throw incomplete();
    return (await keepUpload(place.token, place.name, { draft, name: null }, app)).body;
  } finally {
    await draft.drop();
  }
}
