/** The bytes of a file over a data connection, with the rules of the HTTP way: its limits, its pace, its one file for one address. */
import type { Socket } from "node:net";
import type { Clock } from "../../../actors/clock.ts";
import { type Allowance, readBytes } from "../../file_body.ts";
import type { House } from "../../house.ts";
import { incomplete } from "../../problem.ts";
import { keepUpload } from "../uploads.ts";
import type { Place } from "./place.ts";

/** Sends what a stream has. Throws when the peer goes, or takes nothing for `stallMs`. */
export async function send(
  stream: ReadableStream<Uint8Array>,
  socket: Socket,
  { clock }: { readonly clock: Clock },
  stallMs: number,
): Promise<void> {
  try {
    for await (const part of stream) {
      await untilTaken(socket, clock, stallMs, (taken) => socket.write(part, taken));
    }
    await untilTaken(socket, clock, stallMs, (taken) => socket.end(taken));
  } finally {
    socket.destroySoon();
  }
}

function untilTaken(
  socket: Socket,
  clock: Clock,
  stallMs: number,
  work: (taken: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(incomplete());
    const over = (error?: Error | null) => {
      stopTimer();
      socket.off("close", gone);
      if (error) reject(error);
      else resolve();
    };
    const gone = () => over(incomplete());
    const stopTimer = clock.after(stallMs, () => socket.destroy());
    socket.once("close", gone);
    work(over);
  });
}

/** Takes and keeps a file. In a stream the end of the connection is the end of the file, so whoever aborts has brought nothing. */
export async function receive(
  place: Place,
  allowance: Allowance,
  socket: Socket,
  house: House,
  aborted: AbortSignal,
): Promise<string> {
  try {
    const draft = await readBytes(ReadableStream.from<Uint8Array>(socket), allowance, house);
    try {
      if (aborted.aborted) throw incomplete();
      return (await keepUpload(place.token, place.name, { draft, name: null }, house)).body;
    } finally {
      await draft.drop();
    }
  } finally {
    socket.destroy();
  }
}
