import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { readForm } from "../../../api/http/file_body.ts";
import { Problem } from "../../../api/http/problem.ts";
import { type Draft, FolderError } from "../../../db/firmware_management/file_folder.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes in pieces of these lengths, over and over. */
async function* pieces(bytes: Bytes, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    yield bytes.subarray(at, at += length);
  }
}

/** What became of the file, without a folder: its bytes, and whether it was dropped. */
class Taken implements Draft {
  bytes = 0;
  readonly sha256 = "";
  content: Uint8Array = new Uint8Array();
  isDropped = false;

  async from(part: AsyncIterable<Uint8Array>): Promise<Draft> {
    this.content = new Uint8Array((await Array.fromAsync(part)).flatMap((piece) => [...piece]));
    this.bytes = this.content.length;
    return this;
  }

  keep(): Promise<void> {
    return Promise.resolve();
  }

  drop(): Promise<void> {
    this.isDropped = true;
    return Promise.resolve();
  }
}

async function read(source: AsyncIterable<Uint8Array>, contentType: string, field: string | null = "file") {
  const taken = new Taken();
  const { file, fields } = await readForm(source, contentType, field, (part) => taken.from(part));
  assertStrictEquals(file.draft, taken);
  return { name: file.name, content: taken.content, fields: { ...fields } };
}

/** What looks like the end of a part and is none. */
const tricky = fc.constantFrom("\r\n", "--", "\r\n--", "\r\n--B", "-", "\r", "\n").map((text) =>
  new TextEncoder().encode(text) as Bytes
);

const content = fc.array(fc.oneof(tricky, fc.uint8Array({ maxLength: 40 })), { maxLength: 20 }).map((parts) =>
  new Uint8Array(parts.flatMap((part) => [...part]))
);

Deno.test("a form that a browser would send is read as it was, in whatever pieces it comes", async () => {
  const text = fc.array(fc.constantFrom("\r\n", "--", "\r\n--", "--B", "ü", "😀", "a"), { maxLength: 20 }).map((
    parts,
  ) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), text, { maxKeys: 3, noNullPrototype: true }),
      content,
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (fields, content, lengths, isFirst) => {
        const { file: _, ...others } = fields;
        const form = new FormData();
        if (isFirst) form.append("file", new Blob([content]), 'a "näme"; of.bin');
        for (const [name, value] of Object.entries(others)) form.append(name, value);
        if (!isFirst) form.append("file", new Blob([content]), 'a "näme"; of.bin');
        const request = new Request("http://x/", { method: "POST", body: form });
        const contentType = request.headers.get("Content-Type")!;
        const bytes = new Uint8Array(await request.arrayBuffer());
        // A form writes every line break as CRLF (WHATWG).
        const sent = Object.fromEntries(
          Object.entries(others).map(([name, value]) => [name, value.replace(/\r?\n|\r/g, "\r\n")]),
        );
        const name = "a _näme__ of.bin";
        assertEquals(await read(pieces(bytes, lengths), contentType), { name, content, fields: sent });
        assertEquals(await read(pieces(bytes, lengths), contentType, null), { name, content, fields: sent });
      },
    ),
    { numRuns: 300 },
  );
});

const FORM = "multipart/form-data; boundary=B";
const part = (disposition: string, content = "abc") =>
  `--B\r\nContent-Disposition: ${disposition}\r\n\r\n${content}\r\n`;
const FILE = part('form-data; name="file"; filename="a.bin"');
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The problem of a form that is refused, whose file, if it has come, is gone. */
async function refused(source: AsyncIterable<Uint8Array>, contentType = FORM): Promise<Problem> {
  const taken: Taken[] = [];
  const take = async (part: AsyncIterable<Uint8Array>) => {
    const one = new Taken();
    // A folder makes the file before it reads.
    await new Promise((resolve) => setTimeout(resolve));
    const draft = await one.from(part);
    taken.push(one);
    return draft;
  };
  const problem = await assertRejects(() => readForm(source, contentType, "file", take), Problem);
  for (const { isDropped } of taken) assert(isDropped, "the file is left");
  return problem;
}

Deno.test("a form that ends in the middle is never taken for whole", async () => {
  const whole = bytesOf(`${FILE}--B--\r\n`);
  for (let length = 0; length < whole.length - 4; length++) {
    const { slug } = await refused(pieces(whole.subarray(0, length), [7]));
    assertEquals(slug, "invalid-request", `${length} bytes`);
  }
  assertEquals((await read(pieces(whole, [1]), FORM)).content, bytesOf("abc"));
});

const wrong: readonly [why: string, form: string, slug: string, detail: RegExp][] = [
  ["no part", "--B--\r\n", "invalid-request", /has no file|cannot be read/],
  ["a part without headers", "--B\r\n\r\nabc\r\n--B--", "invalid-request", /has no file/],
  ["an attachment", `${part('attachment; name="file"')}--B--`, "invalid-request", /has no file/],
  ["headers without an end", `--B\r\nX: ${"x".repeat(100_000)}\r\n\r\n\r\n--B--`, "invalid-request", /has no file/],
  ["two files", `${FILE}${FILE}--B--`, "invalid-request", /more than once/],
  [
    "a file in another field",
    `${part('form-data; name="x"; filename="a"')}--B--`,
    "invalid-request",
    /belongs in the field/,
  ],
  ["101 parts", `${FILE}${part('form-data; name="a"').repeat(100)}--B--`, "invalid-request", /more than 100 parts/],
  [
    "a large field",
    `${FILE}${part('form-data; name="a"', "x".repeat(16_385))}--B--`,
    "content-too-large",
    /16384 bytes/,
  ],
  [
    "large fields",
    `${FILE}${part('form-data; name="a"', "ü".repeat(4100)).repeat(2)}--B--`,
    "content-too-large",
    /16384/,
  ],
];
for (const [why, form, slug, detail] of wrong) {
  Deno.test(`a form is refused and nothing of it is left: ${why}`, async () => {
    const problem = await refused(pieces(bytesOf(form), [64]));
    assertEquals(problem.slug, slug);
    assertMatch(JSON.stringify([problem.message, problem.more.errors]), detail);
  });
}

Deno.test("whatever is wrong with a form, it is read or refused, and nothing else happens", async () => {
  const whole = [...bytesOf(`${part('form-data; name="a"')}${FILE}${part('form-data; name="b"')}--B--\r\n`)];
  const spoilt = fc.array(
    fc.record({
      at: fc.nat(whole.length),
      gone: fc.nat(40),
      come: fc.oneof(tricky, fc.constant(bytesOf("--B\r\n")), fc.uint8Array({ maxLength: 5 })),
    }),
    { minLength: 1, maxLength: 4 },
  ).map((cuts) =>
    cuts.reduce((bytes, { at, gone, come }) => bytes.toSpliced(Math.min(at, bytes.length), gone, ...come), whole)
  );
  const counts = { read: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(spoilt, fc.integer({ min: 1, max: 300 }), async (bytes, length) => {
      const reading = read(pieces(new Uint8Array(bytes), [length]), FORM);
      const end = await reading.then(() => "read" as const, (error) => {
        assertInstanceOf(error, Problem);
        return "refused" as const;
      });
      counts[end]++;
    }),
    { numRuns: 500 },
  );
  assert(counts.read > 10 && counts.refused > 10, JSON.stringify(counts));
});

Deno.test("up to 100 parts and 16384 bytes of fields are taken", async () => {
  const parts = Array.from({ length: 98 }, (_, at) => part(`form-data; name="a${at}"`, ""));
  const form = `${FILE}${parts.join("")}${part('form-data; name="b"', "x".repeat(16_384))}--B--`;
  assertEquals(Object.keys((await read(pieces(bytesOf(form), [64]), FORM)).fields).length, 99);
});

Deno.test("a malformed content type is a problem of the form", async () => {
  for (const contentType of ["multipart/form-data; boundary", "multipart/form-data", "multipart/mixed; boundary=B"]) {
    assertEquals((await refused(pieces(bytesOf(`${FILE}--B--`), [64]), contentType)).slug, "invalid-request");
  }
});

Deno.test("an error of the source or of storing the file is passed on, and the source is closed", async () => {
  const broken = new Problem("request-timeout", "Fewer than 6000 bytes arrived in 60 s");
  const ended: boolean[] = [];
  async function* source(fails: boolean): AsyncGenerator<Uint8Array> {
    try {
      yield bytesOf(FILE.slice(0, -2));
      if (fails) throw broken;
      for (;;) yield bytesOf("more");
    } finally {
      ended.push(true);
    }
  }
  assertStrictEquals(await refused(source(true)), broken);
  const full = new FolderError("full", "There is no room");
  const take = async (part: AsyncIterable<Uint8Array>): Promise<Draft> => {
    for await (const _ of part) throw full;
    throw new Error("not reached");
  };
  assertStrictEquals(await assertRejects(() => readForm(source(false), FORM, "file", take), FolderError), full);
  assertEquals(ended, [true, true]);
});

Deno.test("a file that is stored slowly slows its source", async () => {
  let given = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytesOf(FILE.slice(0, -2));
    for (const piece = new Uint8Array(65_536); given < 400; given++) yield piece;
    yield bytesOf("\r\n--B--");
  }
  let ahead = 0;
  const taken = new Taken();
  const take = async (part: AsyncIterable<Uint8Array>) => {
    let bytes = 0;
    for await (const piece of part) {
      bytes += piece.length;
      ahead = Math.max(ahead, given * 65_536 - bytes);
      await Promise.resolve();
    }
    assertEquals(bytes, 3 + 400 * 65_536);
    return taken;
  };
  await readForm(source(), FORM, "file", take);
  assertLess(ahead, 1_000_000);
});
