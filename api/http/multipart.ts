/**
 * Reading `multipart/form-data` (RFC 7578) as it comes: part after part, the bytes of each passed on without being gathered, so that a file of any
 * size takes no memory. Parts are read in their order; one whose body is not taken is skipped.
 */
import { Buffer } from "node:buffer";

/** The form is not as RFC 7578 wants it. */
export class BadForm extends Error {
  override readonly name = "BadForm";
}

/** One field. `fileName` is what the client calls the file, and nothing but a text. */
export interface Part {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly body: AsyncGenerator<Uint8Array>;
}

/** Every header of a part together. */
const HEADER_BYTES = 8192;

/** More parts are no form. */
const PARTS_MAX = 100;

const CRLF = "\r\n";

/** The boundary that a content type names; undefined when it is no form. */
export function boundaryOf(contentType: string | null): string | undefined {
  const match = /^multipart\/form-data *;(?:.*;)? *boundary=(?:"([^"\r\n]{1,70})"|([^\s";,]{1,70}))/i.exec(
    contentType ?? "",
  );
  return match?.[1] ?? match?.[2];
}

/** The parts of a form. Throws BadForm, and what the source throws. */
export async function* partsOf(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const input = new Input(source);
  try {
    await drain(input.until(Buffer.from(`--${boundary}`)));
    for (let count = 0; await input.line() !== "--"; count++) {
      if (count === PARTS_MAX) throw new BadForm(`It has more than ${PARTS_MAX} parts`);
      const body = input.until(Buffer.from(`${CRLF}--${boundary}`));
      yield { ...headersOf(await input.header()), body };
      await drain(body);
    }
  } finally {
    await input.close();
  }
}

async function drain(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of bytes);
}

/** What has been read and not yet passed on. */
class Input {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Everything before a mark, which is taken, too. Keeps back what may be the beginning of the mark. */
  async *until(mark: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      const safe = at >= 0 ? at : Math.max(0, this.#held.length - mark.length + 1);
      const passed = this.#held.subarray(0, safe);
      this.#held = this.#held.subarray(at >= 0 ? at + mark.length : safe);
      if (passed.length > 0) yield passed;
      if (at >= 0) return;
      await this.#more();
    }
  }

  /** The rest of a line; for the line of a boundary that is nothing, or `--` behind the last part. */
  async line(): Promise<string> {
    while (this.#held.length < 2) await this.#more();
    if (this.#held.subarray(0, 2).toString() === "--") return "--";
    const rest = await this.#text(CRLF);
    if (rest.trim() !== "") throw new BadForm("Something stands behind a boundary");
    return "";
  }

  /** The header lines of a part. */
  async header(): Promise<string> {
    while (this.#held.length < 2) await this.#more();
    if (this.#held.subarray(0, 2).toString() === CRLF) return await this.#text(CRLF);
    return await this.#text(CRLF + CRLF);
  }

  async #text(end: string): Promise<string> {
    const bytes: Uint8Array[] = [];
    let length = 0;
    for await (const part of this.until(Buffer.from(end))) {
      length += part.length;
      if (length > HEADER_BYTES) throw new BadForm("The headers of a part are too long");
      bytes.push(part);
    }
    return Buffer.concat(bytes).toString();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw new BadForm("It ends before its last boundary");
    this.#held = Buffer.concat([this.#held, value]);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

function headersOf(header: string): Pick<Part, "name" | "fileName"> {
  const disposition = /^content-disposition: *form-data *(;.*)$/im.exec(header)?.[1];
  const name = disposition && parameter(disposition, "name");
  if (name === undefined) throw new BadForm("A part has no name");
  return { name, fileName: parameter(disposition!, "filename") };
}

/** Browsers write a quote as %22 (WHATWG), curl as \". */
function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`; *${name}=(?:"((?:\\\\.|[^"\\\\])*)"|([^\\s;]+))`, "i").exec(disposition);
  return match?.[1]?.replace(/\\(.)/g, "$1").replaceAll("%22", '"') ?? match?.[2];
}
