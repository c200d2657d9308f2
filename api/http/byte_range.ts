/** Which part of a file is asked for (RFC 9110 13 and 14). One range is served; several at once are answered with the whole, as RFC 9110 14.2 allows. */

/** What can be compared about a file. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** The part to send; `whole` when nothing was asked for that could be served as a part. */
export type Part =
  | { readonly kind: "whole" | "part"; readonly from: number; readonly bytes: number }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "notModified" };

/** Reads the request's headers against a file of so many bytes. */
export function partAskedFor(headers: Headers, bytes: number, validators: Validators): Part {
  if (matches(headers.get("If-None-Match"), validators.etag)) return { kind: "notModified" };
  const whole = { kind: "whole", from: 0, bytes } as const;
  const range = headers.get("Range");
  if (range === null || !isStillTheSame(headers.get("If-Range"), validators)) return whole;
  const asked = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(range);
  if (!asked || (asked[1] === "" && asked[2] === "")) return whole;
  const [first, last] = [asked[1]!, asked[2]!];
  // A suffix: so many bytes from the end.
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

/** RFC 9110 13.1.5: an entity tag must be strong, a date exactly ours. */
function isStillTheSame(condition: string | null, { etag, lastModified }: Validators): boolean {
  if (condition === null) return true;
  if (condition.startsWith('"') || condition.startsWith("W/")) return condition === etag;
  return condition === lastModified.toUTCString();
}
