/**
 * Answers that are files: whole or a range of it, read as fast as they are taken and no faster. The content type says only that it is bytes, and
 * that it is to be saved: what others brought is never shown by a browser as a page of ours.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { partAskedFor } from "./byte_range.ts";
import { Problem } from "./problem.ts";

/** The only content type of a file. */
export const BYTES = "application/octet-stream";

/** A file to answer with. */
export interface ServedFile {
  readonly name: string;
  readonly bytes: number;
  /** In hex; two files with the same are the same. */
  readonly sha256: string;
  readonly modifiedAt: Date;
  /** Opens it from there on. */
  open(from: number): Promise<Deno.FsFile>;
  /** The last byte has been taken. Never throws. */
  whole?(): Promise<void>;
}

/** Files that may go out at once. */
const AT_ONCE = 512;

const CHUNK_BYTES = 65_536;

/** Whoever takes nothing for so long is gone. */
const STALLED_MS = 60_000;

let underWay = 0;

/** The answer to a GET or HEAD. */
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

/** RFC 6266: a plain name for everybody, the real one for who understands it. */
function disposition(name: string): string {
  const plain = name.replace(/[^\w.-]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"${plain === name ? "" : `; filename*=UTF-8''${encoded}`}`;
}

/** Its bytes, read as they are taken. Throws the problem when too many files go out. */
export async function streamOf(
  served: ServedFile,
  { from, bytes }: { readonly from: number; readonly bytes: number },
  clock: Clock,
): Promise<ReadableStream<Uint8Array>> {
  if (underWay >= AT_ONCE) {
    throw new Problem("too-many-transfers", "Too many files go out at once", { headers: { "Retry-After": "30" } });
  }
  underWay++;
  const file = await served.open(from).catch((error) => {
    underWay--;
    throw error;
  });
  let rest = bytes;
  let stopTimer = () => {};
  let over = false;
  const end = () => {
    stopTimer();
    if (over) return;
    over = true;
    underWay--;
    file.close();
  };
  const waitForTaker = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    stopTimer = clock.after(STALLED_MS, () => {
      end();
      controller.error(new Error("Nobody takes it"));
    });
  };
  return new ReadableStream<Uint8Array>({
    start: waitForTaker,
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
        if (read === null) throw new Error(`${served.name} ends too early`);
        rest -= read;
        waitForTaker(controller);
        controller.enqueue(chunk.subarray(0, read));
      } catch (error) {
        end();
        throw error;
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
