/**
 * Recorded conversations of real charge-point implementations with some Central System: one JSON value a line, in the order of the
 * recording. What the charge point sent is kept letter by letter; of the other side's frames only its requests are kept and the
 * confirmations of StartTransaction, because the charge point's later frames repeat the transactionId.
 */

/** One line of a recording. */
export type Line =
  | { readonly from: "chargePoint" | "centralSystem"; readonly frame: RecordedFrame }
  | { readonly from: "chargePoint"; readonly event: "close" };

/** A frame as OCPP-J writes it. */
export type RecordedFrame = readonly [type: number, id: string, ...rest: unknown[]];

/** The recordings, by the implementation that was the charge point. */
export const RECORDINGS = ["ocpp_go", "ts_ocpp", "vcp"] as const;

/** Reads a recording. */
export async function recording(name: (typeof RECORDINGS)[number]): Promise<Line[]> {
  const text = await Deno.readTextFile(new URL(`./recorded/${name}.jsonl`, import.meta.url));
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** The requests that the charge point sent. */
export function callsOf(lines: readonly Line[]): RecordedFrame[] {
  return lines.flatMap((line) =>
    line.from === "chargePoint" && "frame" in line && line.frame[0] === 2 ? [line.frame] : []
  );
}
