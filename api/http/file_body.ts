/**
 * Requests that bring a file: as a field of a form, or as the whole body. The file is streamed to the disk and hashed before the route does its
 * work, so that the work starts with something that is whole; what the route does not keep is removed.
 */
import type { Draft, FileFolder } from "../../db/firmware_management/file_folder.ts";
import { isStorable } from "../../ocpp/types/text.ts";
import type { App } from "./app.ts";
import { BadForm, boundaryOf, partsOf } from "./multipart.ts";
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
    const boundary = formOf(takes, allowance, request);
    return await amongOthers(() => {
      takeTime(incoming);
      const source = paced(request.body, clock, allowance.maxBytes + FORM_SPARE_BYTES);
      return receive(source, boundary, takes.field, allowance);
    });
  } catch (error) {
    if (!(error instanceof BadForm)) throw error;
    throw invalid({ in: "body", pointer: "", detail: `The form cannot be read: ${error.message}` });
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

/** The boundary of the form; undefined: the body is the file. Throws the problem of what is not taken. */
function formOf(takes: Pick<TakesFile<never>, "bare">, { maxBytes }: Allowance, request: Request): string | undefined {
  const declared = Number(request.headers.get("Content-Length") ?? 0);
  if (declared > maxBytes + FORM_SPARE_BYTES) {
    throw new Problem("content-too-large", `At most ${maxBytes} bytes are taken`);
  }
  const boundary = boundaryOf(request.headers.get("Content-Type"));
  const encoding = request.headers.get("Content-Encoding") ?? "identity";
  // What a charge point has packed is kept as it came; an image would be served packed, and nobody asked for that.
  if (encoding.toLowerCase() !== "identity" && !takes.bare) {
    throw new Problem("unsupported-media-type", `Content-Encoding ${encoding} is not read`);
  }
  if (boundary === undefined && !takes.bare) {
    throw new Problem("unsupported-media-type", "Send the file as multipart/form-data (curl -F file=@image.bin)");
  }
  return boundary;
}

async function receive(
  source: AsyncIterable<Uint8Array>,
  boundary: string | undefined,
  field: string | null,
  { maxBytes, folder }: Allowance,
): Promise<FileBody> {
  if (boundary !== undefined) return await readForm(source, boundary, field, (part) => folder.receive(part, maxBytes));
  return { file: { draft: await folder.receive(source, maxBytes), name: null }, fields: {} };
}

async function readForm(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
  field: string | null,
  receive: (part: AsyncIterable<Uint8Array>) => Promise<Draft>,
): Promise<FileBody> {
  let file: ReceivedFile | undefined;
  const fields: Record<string, string> = Object.create(null);
  let spare = FIELD_BYTES;
  try {
    for await (const { name, fileName, body } of partsOf(source, boundary)) {
      if (field === null ? fileName !== undefined && !file : name === field) {
        if (file) throw invalid({ in: "body", pointer: `/${name}`, detail: "Given more than once" });
        file = { draft: await receive(body), name: safeName(fileName ?? "") };
      } else if (field !== null) {
        if (fileName !== undefined) {
          throw invalid({ in: "body", pointer: `/${name}`, detail: `The file belongs in the field ${field}` });
        }
        fields[name] = await textOf(body, () => spare--);
      }
    }
    if (!file) throw invalid({ in: "body", pointer: `/${field ?? ""}`, detail: "The form has no file" });
    return { file, fields };
  } catch (error) {
    await file?.draft.drop();
    throw error;
  }
}

async function textOf(body: AsyncIterable<Uint8Array>, spend: () => number): Promise<string> {
  const bytes: number[] = [];
  for await (const part of body) {
    for (const byte of part) {
      if (spend() <= 0) {
        throw new Problem("content-too-large", `Fields without a file have at most ${FIELD_BYTES} bytes`);
      }
      bytes.push(byte);
    }
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
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
