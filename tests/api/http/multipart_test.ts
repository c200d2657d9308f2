import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { BadForm, boundaryOf, partsOf } from "../../../api/http/multipart.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes in pieces of these lengths, over and over. */
async function* pieces(bytes: Bytes, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    yield bytes.subarray(at, at += length);
  }
}

async function read(source: AsyncIterable<Uint8Array>, boundary: string, skip = false) {
  const parts = [];
  for await (const { name, fileName, body } of partsOf(source, boundary)) {
    const bytes: number[] = [];
    if (!skip) { for await (const piece of body) bytes.push(...piece); }
    parts.push({ name, fileName, bytes: new Uint8Array(bytes) });
  }
  return parts;
}

/** What looks like the end of a part and is none. */
const tricky = fc.constantFrom("\r\n", "--", "\r\n--", "\r\n--B", "-", "\r", "\n").map((text) =>
  new TextEncoder().encode(text) as Bytes
);

const content = fc.array(fc.oneof(tricky, fc.uint8Array({ maxLength: 40 })), { maxLength: 20 }).map((parts) =>
  new Uint8Array(parts.flatMap((part) => [...part]))
);

Deno.test("a form that a browser would send is read as it was, in whatever pieces it comes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,9}$/), content, file: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
      async (fields, lengths) => {
        const form = new FormData();
        for (const { name, content } of fields) form.append(name, new Blob([content]), 'a "name"; of.bin');
        const request = new Request("http://x/", { method: "POST", body: form });
        const boundary = boundaryOf(request.headers.get("Content-Type"))!;
        const bytes = new Uint8Array(await request.arrayBuffer());
        const parts = await read(pieces(bytes, lengths), boundary);
        assertEquals(
          parts,
          fields.map(({ name, content }) => ({ name, fileName: 'a "name"; of.bin', bytes: content })),
        );
        const skipped = await read(pieces(bytes, lengths), boundary, true);
        assertEquals(skipped.map(({ name }) => name), fields.map(({ name }) => name));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a form that ends in the middle is never taken for whole", async () => {
  const whole = new TextEncoder().encode('--B\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc\r\n--B--\r\n');
  for (let length = 0; length < whole.length - 2; length++) {
    await assertRejects(() => read(pieces(whole.subarray(0, length), [7]), "B"), BadForm);
  }
  assertEquals((await read(pieces(whole, [1]), "B")).length, 1);
});

Deno.test("what is no form is refused, and nothing is gathered without a limit", async () => {
  const bad = [
    "--B\r\n\r\nabc\r\n--B--",
    '--B\r\nContent-Disposition: attachment; name="a"\r\n\r\n\r\n--B--',
    '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nabc\r\n--Boo\r\n\r\n--B--',
    `--B\r\nX: ${"x".repeat(10_000)}\r\n\r\n\r\n--B--`,
    `${'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(101)}--B--`,
  ];
  for (const text of bad) {
    await assertRejects(
      () => read(pieces(new TextEncoder().encode(text), [64]), "B"),
      BadForm,
      undefined,
      text.slice(0, 80),
    );
  }
});

Deno.test("the boundary is read from the content type", () => {
  assertEquals(boundaryOf("multipart/form-data; boundary=abc"), "abc");
  assertEquals(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"'), "a b");
  for (const none of [null, "application/json", "multipart/form-data", "multipart/mixed; boundary=abc"]) {
    assert(boundaryOf(none) === undefined, String(none));
  }
});
