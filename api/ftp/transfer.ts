/** The bytes of a file over a data connection, with the rules of the HTTP way: its limits, its pace, its one file for one address. */
import type { Clock } from "../../actors/runtime/clock.ts";
import { type Allowance, readBytes } from "../http/file_body.ts";
import type { App } from "../http/app.ts";
import { incomplete } from "../http/problem.ts";
import { keepUpload } from "../resources/firmware_management/uploads.ts";
import type { Place } from "./place.ts";

/** Sends what a stream has. Throws when the peer goes, or takes nothing for `stallMs`. */
export async function send(
  stream: ReadableStream<Uint8Array>,
  connection: Deno.Conn,
  { clock }: { readonly clock: Clock },
  stallMs: number,
): Promise<void> {
  const peer = connection.writable.getWriter();
  const inTime = async (taking: Promise<void>) => {
    const stopTimer = clock.after(stallMs, () => connection[Symbol.dispose]());
    try {
      await taking;
    } catch {
      throw incomplete();
    } finally {
      stopTimer();
    }
  };
  for await (const part of stream) await inTime(peer.write(part));
  await inTime(peer.close());
}

/** Takes and keeps a file. In a stream the end of the connection is the end of the file, so whoever aborts has brought nothing. */
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
