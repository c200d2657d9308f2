import { assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { partAskedFor } from "../../../api/http/byte_range.ts";

const lastModified = new Date("2026-03-02T01:00:00.000Z");
const validators = { etag: '"abc"', lastModified };

function part(bytes: number, headers: Record<string, string>) {
  return partAskedFor(new Headers(headers), bytes, validators);
}

/** RFC 9110 14.1.2, decided for each byte alone. */
function askedFor(bytes: number, first: number | null, last: number | null): number[] {
  return Array.from({ length: bytes }, (_, at) => at).filter((at) =>
    first === null ? at >= bytes - last! : at >= first && (last === null || at <= last)
  );
}

Deno.test("a range gives exactly the requested bytes", () => {
  const position = fc.nat(30);
  const range = fc.oneof(
    fc.record({ first: position, last: fc.option(position) }),
    fc.record({ first: fc.constant(null), last: position }),
  );
  fc.assert(
    fc.property(fc.nat(25), range, (bytes, { first, last }) => {
      const answered = part(bytes, { range: `bytes=${first ?? ""}-${last ?? ""}` });
      const wanted = askedFor(bytes, first, last);
      // A last byte before the first one is no range: the header counts as absent.
      if (first !== null && last !== null && last < first) {
        assertEquals(answered, { kind: "whole", from: 0, bytes });
      } else if (wanted.length === 0) assertEquals(answered, { kind: "unsatisfiable" });
      else assertEquals(answered, { kind: "part", from: wanted[0]!, bytes: wanted.length });
    }),
    { numRuns: 3000 },
  );
});

Deno.test("anything but a single range of bytes is answered with the whole file", () => {
  for (
    const range of [
      "bytes=-",
      "bytes=a-b",
      "lines=0-1",
      "bytes=0-1,3-4",
      "bytes 0-1",
      "bytes=1",
      "bytes=--1",
      `bytes=${"9".repeat(99)}-`,
    ]
  ) {
    assertEquals(part(10, { range }), { kind: "whole", from: 0, bytes: 10 }, range);
  }
});

Deno.test("If-Range gives a part only while the file is the same", () => {
  const range = "bytes=2-3";
  for (const same of ['"abc"', lastModified.toUTCString()]) {
    assertEquals(part(10, { range, "if-range": same }), { kind: "part", from: 2, bytes: 2 }, same);
  }
  for (const other of ['"abd"', 'W/"abc"', new Date(0).toUTCString(), "yesterday"]) {
    assertEquals(part(10, { range, "if-range": other }), { kind: "whole", from: 0, bytes: 10 }, other);
  }
});

Deno.test("If-None-Match recognises the entity tag, also weak or in a list", () => {
  for (const list of ['"abc"', 'W/"abc"', '"x", "abc"', "*"]) {
    assertEquals(part(10, { "if-none-match": list }), { kind: "notModified" }, list);
  }
  assertEquals(part(10, { "if-none-match": '"x"' }).kind, "whole");
});
