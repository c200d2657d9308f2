/**
 * Requests that bring a file: as a field of a form, or as the whole body. The file is streamed to the disk and hashed before the route does its
 * work, so that the work starts with something that is whole; what the route does not keep is removed.
 */
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { pipeline } from "node:stream/promises";
import { type Draft, type FileFolder, FolderError } from "../../db/firmware_management/file_folder.ts";
import { isStorable } from "../../ocpp/types/text.ts";
import type { App } from "./app.ts";
import { paced, takeTime } from "./body_timeouts.ts";
import { invalid, Problem } from "./problem.ts";

/** What a route that takes a file says about it. */
export interface TakesFile<Asked> {
  /** The form's field with the file; null: the first file of the form, whatever its field is called. */
  readonly field: string | null;
  /** Whether the body may also be the file itself. */
  readonly bare: boolean;
  /** Asked before anything is read; throws the problem when nothing may be sent. */
  allow(asked: Asked): Promise<Allowance> | Allowance;
}

/** What may come, and where it is kept. */
export interface Allowance {
  readonly maxBytes: number;
  readonly folder: FileFolder;
  /** Called when nothing more comes. */
  end?(): void;
}

/** A file that came and lies on the disk, not yet kept. */
export interface ReceivedFile {
  readonly draft: Draft;
  /** As the client calls it, made harmless; null when it does not. Shown, and never part of a path. */
  readonly name: string | null;
}

/** What came with the request. */
export interface FileBody {
  readonly file: ReceivedFile;
  /** The form's other fields. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Files that may come in at once. */
const AT_ONCE = 32;

/** Of all the other fields of a form together. */
const FIELD_BYTES = 16_384;

/** Of the headers of one part. */
const HEADER_BYTES = 8192;

/** More parts are no form. */
const PARTS_MAX = 100;

/** What a form has besides the file. */
const FORM_SPARE_BYTES = 65_536;

const NAME_MAX = 255;

let underWay = 0;

/** Reads the body. Whoever calls drops the draft when it is not kept. Throws problems, FolderError and what the connection throws. */
export async function readFile(
  takes: Pick<TakesFile<never>, "field" | "bare">,
  allowance: Allowance,
  request: Request,
  incoming: object | undefined,
  { clock }: Pick<App, "clock">,
): Promise<FileBody> {
  try {
    const contentType = formOf(takes, allowance, request);
    return await amongOthers(() => {
      takeTime(incoming);
      const source = paced(request.body, clock, allowance.maxBytes + FORM_SPARE_BYTES);
      return receive(source, contentType, takes.field, allowance);
    });
  } finally {
    allowance.end?.();
  }
}

/** Reads a body that is the file. Whoever calls drops the draft when it is not kept. Throws as `readFile` does. */
export async function readBytes(
  body: ReadableStream<Uint8Array>,
  allowance: Allowance,
  { clock }: Pick<App, "clock">,
): Promise<Draft> {
  const { maxBytes, folder } = allowance;
  try {
    return await amongOthers(() => folder.receive(paced(body, clock, maxBytes + FORM_SPARE_BYTES), maxBytes));
  } finally {
    allowance.end?.();
  }
}

/** Throws the problem when too many files come in already. */
async function amongOthers<T>(work: () => Promise<T>): Promise<T> {
  if (underWay >= AT_ONCE) {
    throw new Problem("too-many-transfers", "Too many files come in at once", { headers: { "Retry-After": "30" } });
  }
  underWay++;
  try {
    return await work();
  } finally {
    underWay--;
  }
}

/** The content type of the form; undefined: the body is the file. Throws the problem of what is not taken. */
function formOf(takes: Pick<TakesFile<never>, "bare">, { maxBytes }: Allowance, request: Request): string | undefined {
  const declared = Number(request.headers.get("Content-Length") ?? 0);
  if (declared > maxBytes + FORM_SPARE_BYTES) {
    throw tooLarge(`At most ${maxBytes} bytes are taken`);
  }
  const contentType = request.headers.get("Content-Type") ?? "";
  const isForm = /^multipart\/form-data *;.*\bboundary=/i.test(contentType);
  const encoding = request.headers.get("Content-Encoding") ?? "identity";
  // What a charge point has packed is kept as it came; an image would be served packed, and nobody asked for that.
  if (encoding.toLowerCase() !== "identity" && !takes.bare) {
    throw new Problem("unsupported-media-type", `Content-Encoding ${encoding} is not read`);
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

/** Reads a form (RFC 7578) as it comes and passes its file on to `take`. Throws problems and FolderError; then nothing of the file is left. */
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
    form.on("partsLimit", () => refuse(badForm(`It has more than ${PARTS_MAX} parts`)));
    form.on("field", (name, value, _isNameCut, isCut) => {
      fields[name] = value;
      spare -= new TextEncoder().encode(value).length;
      if (isCut || spare < 0) refuse(tooLarge(`Fields without a file have at most ${FIELD_BYTES} bytes`));
    });
    form.on("file", (name = "", part, fileName) => {
      const detail = name === field ? found.file && "Given more than once" : `The file belongs in the field ${field}`;
      if (field !== null && detail) refuse(invalid({ in: "body", pointer: `/${name}`, detail }));
      // A form that is refused may still have parts in what has been read of it.
      if (found.file || form.destroyed) return void part.resume();
      found.part = part;
      // The form may end too early before the folder has begun to read; an error without a listener ends the process.
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

/** Takes for a file what has the field's name or, in every form, the name of a file. */
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

/** A name as it may be shown and offered for saving: no folder, nothing that a shell, a header or a file system could read. Null: nothing is left. */
export function safeName(name: string): string | null {
  const base = name.split(/[/\\]/).at(-1)!;
  // deno-lint-ignore no-control-regex -- they are what has to go
  const clean = base.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069<>:"|?*%;]/g, "_")
    .replace(/^\.+/, "").trim();
  const cut = [...clean].slice(0, NAME_MAX).join("").slice(0, NAME_MAX).replace(/[\ud800-\udbff]$/, "");
  return cut !== "" && isStorable(cut) ? cut : null;
}
