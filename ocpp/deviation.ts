/**
 * What a charge point sent otherwise than specified and was understood all the same. Counted per charge point and kind, so that an
 * operator sees which models need a word with their maker.
 */

/** Every way of being understood nevertheless, with what became of the value. */
export const DEVIATION_KINDS = [
  /** A field that the action does not have: left out. */
  "unknownField",
  /** `null` in an optional field: left out. */
  "nullField",
  /** Text above its maximum: cut off. An idTag of a transaction is kept whole, because half an idTag may be another driver's. */
  "tooLong",
  /** A word outside its enumeration: kept as text; an empty one in an optional field is left out. */
  "unknownValue",
  /** A number or boolean where text is due: turned into text. */
  "numberAsText",
  /** JSON where DataTransfer wants text: turned into JSON text. */
  "objectAsText",
  /** Text that is no time, or no time where meter values have one: what stands for it is for the reader to say. */
  "badTimestamp",
  /** A time without zone: kept, read as UTC. */
  "zonelessTimestamp",
  /** A number below or above its range: kept; beyond the safe integers it becomes the nearest of them. */
  "outOfRange",
  /** A meter register with decimals: cut off to whole Wh. */
  "fraction",
  /** An empty list where at least one entry is due: kept. */
  "emptyList",
  /** NUL or half a surrogate pair in text: U+FFFD stands in its place. */
  "unstorableText",
  /** An optional field or an entry of a list that cannot be understood: left out. */
  "unreadable",
  /** Too few or too many elements of a CALL. Found by the framing, not here. */
  "framing",
] as const;

/** One of the kinds above. */
export type DeviationKind = (typeof DEVIATION_KINDS)[number];

/** One deviation of one payload. */
export interface Deviation {
  readonly kind: DeviationKind;
  /** The place without list indexes, `meterValue[].sampledValue[].value`: a thousand alike are one. */
  readonly path: string;
}
