/**
 * Requests with a file: as a field of a form, or as the whole body. The file is streamed to the disk and hashed before the route's handler
 * runs, so that the handler always gets a complete file. A file that the handler does not keep is removed.
 */
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { pipeline } from "node:stream/promises";
import { type Draft, type FileFolder, FolderError } from "../../db/firmware_management/file_folder.ts";
import { isStorable } from "../../ocpp/types/text.ts";
import type { App } from "./app.ts";
import { paced, stopBodyTimeout } from "./body_timeouts.ts";
import { invalid, Problem } from "./problem.ts";

/** How a route takes its file. */
export interface TakesFile<Asked> {
  /** The form's field with the file; null: the first file of the form, in any field. */
  readonly field: string | null;
  /** Whether the body may also be the file itself. */
  readonly bare: boolean;
  /** Called before the body is read. Throws the problem when no file may be sent. */
  allow(asked: Asked): Promise<Allowance> | Allowance;
}

/** The limit for a file, and the folder for it. */
export interface Allowance {
  readonly maxBytes: number;
  readonly folder: FileFolder;
  /** Called when reading has ended, also after a failure. */
  end?(): void;
}

/** A complete file on the disk that is not kept yet. */
export interface ReceivedFile {
  readonly draft: Draft;
  /** The client's name for it without dangerous characters; null when there is none. It is shown, and never part of a path. */
  readonly name: string | null;
}

/** The file of a request and the other fields of its form. */
export interface FileBody {
  readonly file: ReceivedFile;
  readonly fields: Readonly<Record<string, string>>;
}

/** The limit of files that are received at the same time. */
const AT_ONCE = 32;

/** The limit for all other fields of a form together. */
const FIELD_BYTES = 16_384;

/** The limit for the headers of one part. */
const HEADER_BYTES = 8192;

/** The limit for the parts of a form. */
const PARTS_MAX = 100;

/** How much longer than its file a form may be. */
const FORM_SPARE_BYTES = 65_536;

const NAME_MAX = 255;

let running = 0;

/** Reads the body. The caller drops the draft when it is not kept. Throws problems, FolderError and errors of the connection. */
export async function readFile(
  takes: Pick<TakesFile<never>, "field" | "bare">,
  allowance: Allowance,
  request: Request,
  incoming: object | undefined,
  { clock }: Pick<App, "clock">,
): Promise<FileBody> {
  try {
    const contentType = formOf(takes, allowance, request);
    return await withinLimit(() => {
      stopBodyTimeout(incoming);
      const source = paced(request.body, clock, allowance.maxBytes + FORM_SPARE_BYTES);
      return receive(source, contentType, takes.field, allowance);
    });
  } finally {
    allowance.end?.();
  }
}

/** Reads a body that is the file itself. The caller drops the draft when it is not kept. Throws as `readFile` does. */
export async function readBytes(
  body: ReadableStream<Uint8Array>,
  allowance: Allowance,
  { clock }: Pick<App, "clock">,
): Promise<Draft> {
  const { maxBytes, folder } = allowance;
  try {
    return await withinLimit(() => folder.receive(paced(body, clock, maxBytes + FORM_SPARE_BYTES), maxBytes));
  } finally {
    allowance.end?.();
  }
}

/** Throws the problem when too many files are being received. */
async function withinLimit<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    const detail = `${AT_ONCE} files are being received already; try again later`;
    throw new Problem("too-many-transfers", detail, { headers: { "Retry-After": "30" } });
  }
  running++;
  try {
    return await work();
  } finally {
    running--;
  }
}

/** The content type of the form; undefined: the body is the file. Throws the problem of a body that the route does not take. */
function formOf(takes: Pick<TakesFile<never>, "bare">, { maxBytes }: Allowance, request: Request): string | undefined {
  const declared = Number(request.headers.get("Content-Length") ?? 0);
  if (declared > maxBytes + FORM_SPARE_BYTES) {
    throw tooLarge(`The file may have at most ${maxBytes} bytes`);
  }
  const contentType = request.headers.get("Content-Type") ?? "";
  const isForm = /^multipart\/form-data *;.*\bboundary=/i.test(contentType);
  const encoding = request.headers.get("Content-Encoding") ?? "identity";
  // A compressed diagnostics file is kept as it is. A compressed image would be served compressed, which a charge point does not expect.
  if (encoding.toLowerCase() !== "identity" && !takes.bare) {
    throw new Problem(
      "unsupported-media-type",
      `Content-Encoding ${encoding} is not supported; send the file as it is`,
    );
  }
  if (!isForm && !takes.bare) {
    throw new Problem("unsupported-media-type", "Send the file as multipart/form-data (curl -F file=@image.bin)");
  }
  return isForm ? contentType : undefined;
}

async function receive(
  source: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  field: string | null,
  { maxBytes, folder }: Allowance,
): Promise<FileBody> {
  const take = (part: AsyncIterable<Uint8Array>) => folder.receive(part, maxBytes);
  if (contentType !== undefined) return await readForm(source, contentType, field, take);
  return { file: { draft: await take(source), name: null }, fields: {} };
}

/** Reads a form (RFC 7578) as a stream and passes its file on to `take`. Throws problems and FolderError; then nothing of the file is left. */
export async function readForm(
  source: AsyncIterable<Uint8Array>,
  contentType: string,
  field: string | null,
  take: (part: AsyncIterable<Uint8Array>) => Promise<Draft>,
): Promise<FileBody> {
  const fields: Record<string, string> = Object.create(null);
  const found: { part?: BusboyFileStream; file?: Promise<ReceivedFile> } = {};
  try {
    const form = parserOf(contentType, field);
    const refuse = (problem: Error) => void form.destroy(problem);
    let spare = FIELD_BYTES;
    form.on("partsLimit", () => refuse(badForm(`it has more than ${PARTS_MAX} parts`)));
    form.on("field", (name, value, _isNameCut, isCut) => {
      fields[name] = value;
      spare -= new TextEncoder().encode(value).length;
      if (isCut || spare < 0) {
        refuse(tooLarge(`The fields besides the file may have at most ${FIELD_BYTES} bytes together`));
      }
    });
    form.on("file", (name = "", part, fileName) => {
      const detail = name === field ? found.file && "Given more than once" : `The file belongs in the field ${field}`;
      if (field !== null && detail) refuse(invalid({ in: "body", pointer: `/${name}`, detail }));
      // The parser also reports the remaining parts of a form that was refused.
      if (found.file || form.destroyed) return void part.resume();
      found.part = part;
      // The form may break off before the folder has begun to read. An error without a listener would end the process.
      part.on("error", (error) => part.destroy(error));
      // Browsers write a quote as %22 (WHATWG).
      const called = (fileName ?? "").replaceAll("%22", '"');
      found.file = take(part).then((draft) => ({ draft, name: safeName(called) }));
      found.file.catch(refuse);
    });
    await pipeline(source, form);
    if (!found.file) throw invalid({ in: "body", pointer: `/${field ?? ""}`, detail: "The form has no file" });
    return { file: await found.file, fields };
  } catch (error) {
    found.part?.destroy();
    await found.file?.then(({ draft }) => draft.drop(), () => {});
    throw error instanceof Problem || error instanceof FolderError ? error : badForm((error as Error).message);
  }
}

/** A part is a file when it has the expected field name or a file name. */
function parserOf(contentType: string, field: string | null): BusboyInstance {
  return new Busboy({
    headers: { "content-type": contentType },
    isPartAFile: (name, _type, fileName) => fileName !== undefined || (field !== null && name === field),
    limits: { parts: PARTS_MAX, fieldSize: FIELD_BYTES, headerSize: HEADER_BYTES },
  });
}

function tooLarge(detail: string): Problem {
  return new Problem("content-too-large", detail);
}

function badForm(why: string): Problem {
  return invalid({ in: "body", pointer: "", detail: `The form cannot be read: ${why}` });
}

/** A file name without folders and without characters that mean something to a shell, a header or a file system. Null: nothing is left. */
export function safeName(name: string): string | null {
  const base = name.split(/[/\\]/).at(-1)!;
  // deno-lint-ignore no-control-regex -- they are what has to go
  const clean = base.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069<>:"|?*%;]/g, "_")
    .replace(/^\.+/, "").trim();
  const cut = [...clean].slice(0, NAME_MAX).join("").slice(0, NAME_MAX).replace(/[\ud800-\udbff]$/, "");
  return cut !== "" && isStorable(cut) ? cut : null;
}
