/**
 * Whether an idTag may charge, computed from its record and the time. The result is never ConcurrentTx: only the statement that records a
 * StartTransaction knows the other transactions of that moment (7.2).
 */
import type { IdTagInfo } from "../types/id_tag_info.ts";

/** The record of an idTag, as far as it decides authorization. */
export interface IdTagRecord {
  readonly status: "Accepted" | "Blocked";
  /** The idTag is expired from this moment on; null: never. */
  readonly expiryDate: Date | null;
  /** idTags with the same parent are one group: each may stop a transaction that another one started. */
  readonly parentIdTag: string | null;
}

/** The form in which idTags are compared: lower case (7.28 IdToken is a CiString). */
export function idTagKey(idTag: string): string {
  return idTag.toLowerCase();
}

/** The IdTagInfo of an idTag, Invalid for an unknown one. Every status comes with the parent and the expiry date. */
export function authorize(tag: IdTagRecord | undefined, now: Date): IdTagInfo {
  if (tag === undefined) return { status: "Invalid" };
  return {
    status: statusOf(tag, now),
    ...(tag.expiryDate && { expiryDate: tag.expiryDate.toISOString() }),
    ...(tag.parentIdTag !== null && { parentIdTag: tag.parentIdTag }),
  };
}

function statusOf(tag: IdTagRecord, now: Date): "Accepted" | "Blocked" | "Expired" {
  if (tag.status === "Blocked") return "Blocked";
  return tag.expiryDate !== null && tag.expiryDate.getTime() <= now.getTime() ? "Expired" : "Accepted";
}
