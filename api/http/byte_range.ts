/** Conditional and range requests for a file (RFC 9110 13 and 14). One range is served; several at once are answered with the whole file, as RFC 9110 14.2 allows. */

/** The values that conditional headers are compared with. */
export interface Validators {
  /** A strong entity tag with its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** What to send; `whole` also when the Range header is invalid or has several ranges. */
export type Part =
  | { readonly kind: "whole" | "part"; readonly from: number; readonly bytes: number }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "notModified" };

/** Decides from the request's headers what to send of a file of `bytes` bytes. */
export function partAskedFor(headers: Headers, bytes: number, validators: Validators): Part {
  if (matches(headers.get("If-None-Match"), validators.etag)) return { kind: "notModified" };
  const whole = { kind: "whole", from: 0, bytes } as const;
  const range = headers.get("Range");
  if (range === null || !isStillTheSame(headers.get("If-Range"), validators)) return whole;
  const asked = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(range);
  if (!asked || (asked[1] === "" && asked[2] === "")) return whole;
  const [first, last] = [asked[1]!, asked[2]!];
  // `bytes=-500` asks for the last 500 bytes.
  if (first === "") {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? { kind: "unsatisfiable" } : { kind: "part", from: bytes - length, bytes: length };
  }
  const from = Number(first);
  const to = last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== "" && Number(last) < from) return whole; // not a valid range, hence no Range at all
  return from >= bytes ? { kind: "unsatisfiable" } : { kind: "part", from, bytes: to - from + 1 };
}

function matches(list: string | null, etag: string): boolean {
  if (list === null) return false;
  return list.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);
}

/** RFC 9110 13.1.5: an entity tag must be strong, a date must be equal. */
function isStillTheSame(condition: string | null, { etag, lastModified }: Validators): boolean {
  if (condition === null) return true;
  if (condition.startsWith('"') || condition.startsWith("W/")) return condition === etag;
  return condition === lastModified.toUTCString();
}
