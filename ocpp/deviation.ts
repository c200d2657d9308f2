/**
 * Deviations: payloads that break the specification and were accepted nevertheless, because their meaning is clear. They are counted per
 * charge point and kind, so that an operator sees which models have faulty firmware.
 */

/** Every kind of deviation, with what happens to the value. */
export const DEVIATION_KINDS = [
  /** A field that the action does not have: removed. */
  "unknownField",
  /** `null` in an optional field: removed. */
  "nullField",
  /** Text longer than its maximum: cut off. An idTag of a transaction is kept whole, because a part of it may be the idTag of another driver. */
  "tooLong",
  /** A value outside its enumeration: kept as text; empty text in an optional field is removed. */
  "unknownValue",
  /** A number or boolean where text is required: converted to text. */
  "numberAsText",
  /** JSON where DataTransfer requires text: converted to JSON text. */
  "objectAsText",
  /** Text that is not a time: kept. A meter value without its time: empty text. The code that reads it chooses the replacement. */
  "badTimestamp",
  /** A time without a time zone: kept, read as UTC. */
  "zonelessTimestamp",
  /** A number outside its range: kept; an unsafe integer becomes the nearest safe integer. */
  "outOfRange",
  /** A meter register with decimals: truncated to whole Wh. */
  "fraction",
  /** An empty list where at least one entry is required: kept. */
  "emptyList",
  /** NUL or a lone surrogate in text: replaced by U+FFFD. */
  "unstorableText",
  /** An optional field or a list entry without a clear meaning: removed. */
  "unreadable",
  /** A CALL with too few or too many elements: `message.ts` finds it. */
  "framing",
] as const;

/** One of the kinds above. */
export type DeviationKind = (typeof DEVIATION_KINDS)[number];

/** One deviation of one payload. */
export interface Deviation {
  readonly kind: DeviationKind;
  /** The path without list indexes, `meterValue[].sampledValue[].value`: equal deviations of many entries are one. */
  readonly path: string;
}
