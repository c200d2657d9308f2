/**
 * Responses with a file, whole or a range of it, read from the disk only as fast as the client takes it. The headers tell a browser to
 * save the file and never to show it: its content comes from charge points and operators.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { partAskedFor } from "./byte_range.ts";
import { Problem } from "./problem.ts";

/** The content type of every file. */
export const BYTES = "application/octet-stream";

/** A file to send. */
export interface ServedFile {
  readonly name: string;
  readonly bytes: number;
  /** In hex; it becomes the entity tag. */
  readonly sha256: string;
  readonly modifiedAt: Date;
  /** Opens the file at this offset in bytes. */
  open(from: number): Promise<Deno.FsFile>;
  /** Called when the client has taken the last byte. Never throws. */
  whole?(): Promise<void>;
}

/** The limit of files that are sent at the same time. */
const AT_ONCE = 512;

const CHUNK_BYTES = 65_536;

/** A client that takes nothing for this long is disconnected. */
const STALLED_MS = 60_000;

let running = 0;

/** The response to a GET or HEAD. */
export async function fileResponse(file: ServedFile, request: Request, clock: Clock): Promise<Response> {
  const { bytes, sha256, modifiedAt } = file;
  const validators = { etag: `"${sha256}"`, lastModified: modifiedAt };
  const headers: Record<string, string> = {
    "Accept-Ranges": "bytes",
    "ETag": validators.etag,
    "Last-Modified": modifiedAt.toUTCString(),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox",
  };
  const part = partAskedFor(request.headers, bytes, validators);
  if (part.kind === "notModified") return new Response(null, { status: 304, headers });
  if (part.kind === "unsatisfiable") {
    const unsatisfied = { ...headers, "Content-Range": `bytes */${bytes}` };
    throw new Problem("range-not-satisfiable", `The file has ${bytes} bytes`, { headers: unsatisfied });
  }
  headers["Content-Type"] = BYTES;
  headers["Content-Length"] = String(part.bytes);
  headers["Content-Disposition"] = disposition(file.name);
  if (part.kind === "part") headers["Content-Range"] = `bytes ${part.from}-${part.from + part.bytes - 1}/${bytes}`;
  const status = part.kind === "part" ? 206 : 200;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  return new Response(await streamOf(file, part, clock), { status, headers });
}

/** RFC 6266: an ASCII name for every client, and the real name for clients that read `filename*`. */
function disposition(name: string): string {
  const plain = name.replace(/[^\w.-]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"${plain === name ? "" : `; filename*=UTF-8''${encoded}`}`;
}

/** The bytes from an offset on, read as the client takes them. Throws the problem when too many files are being sent. */
export async function streamOf(
  served: ServedFile,
  { from, bytes }: { readonly from: number; readonly bytes: number },
  clock: Clock,
): Promise<ReadableStream<Uint8Array>> {
  if (running >= AT_ONCE) {
    const detail = `${AT_ONCE} files are being sent already; try again later`;
    throw new Problem("too-many-transfers", detail, { headers: { "Retry-After": "30" } });
  }
  running++;
  const file = await served.open(from).catch((error) => {
    running--;
    throw error;
  });
  let rest = bytes;
  let stopTimer = () => {};
  let over = false;
  const end = () => {
    stopTimer();
    if (over) return;
    over = true;
    running--;
    file.close();
  };
  const startTimer = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    stopTimer = clock.after(STALLED_MS, () => {
      end();
      controller.error(new Error(`The client has taken nothing for ${STALLED_MS / 1000} s`));
    });
  };
  return new ReadableStream<Uint8Array>({
    start: startTimer,
    async pull(controller) {
      stopTimer();
      try {
        if (rest === 0) {
          end();
          if (from + bytes === served.bytes) await served.whole?.();
          return controller.close();
        }
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, rest));
        const read = await file.read(chunk);
        if (over) return;
        if (read === null) throw new Error(`${served.name} is shorter than its row in the database says`);
        rest -= read;
        startTimer(controller);
        controller.enqueue(chunk.subarray(0, read));
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
