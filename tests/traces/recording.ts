/**
 * Recordings of real charge-point implementations with another Central System: one JSON value per line, in the order of time. The frames of the charge
 * point are unchanged. Of the Central System, a recording has the requests and the confirmations of StartTransaction, because later frames of the
 * charge point contain their transactionId.
 */

/** One line of a recording. */
export type Line =
  | { readonly from: "chargePoint" | "centralSystem"; readonly frame: RecordedFrame }
  | { readonly from: "chargePoint"; readonly event: "close" };

/** A frame of OCPP-J as a JSON array. */
export type RecordedFrame = readonly [type: number, id: string, ...rest: unknown[]];

/** The names of the recordings: the implementations of the charge point. */
export const RECORDINGS = ["ocpp_go", "ts_ocpp", "vcp"] as const;

/** Reads the lines of a recording. */
export async function recording(name: (typeof RECORDINGS)[number]): Promise<Line[]> {
  const text = await Deno.readTextFile(new URL(`./recorded/${name}.jsonl`, import.meta.url));
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** The CALLs of the charge point in a recording. */
export function callsOf(lines: readonly Line[]): RecordedFrame[] {
  return lines.flatMap((line) =>
    line.from === "chargePoint" && "frame" in line && line.frame[0] === 2 ? [line.frame] : []
  );
}
