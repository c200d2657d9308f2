/**
 * Whether an idTag may charge, from what is known of it. Pure: who asks brings the facts and the time. ConcurrentTx is never said
 * here, because only the one who records a StartTransaction knows what else is running at that moment (7.2).
 */
import type { IdTagInfo } from "../types/id_tag_info.ts";

/** What is known of an idTag. */
export interface IdTagFacts {
  readonly status: "Accepted" | "Blocked";
  /** From this moment on the idTag is expired; null = never. */
  readonly expiryDate: Date | null;
  /** idTags with the same parent are one group: each may stop what another started. */
  readonly parentIdTag: string | null;
}

/** The form in which idTags are compared: case does not count (7.28 IdToken is a CiString). */
export function idTagKey(idTag: string): string {
  return idTag.toLowerCase();
}

/** The answer for an idTag, Invalid for an unknown one. Parent and expiry are told whatever the status: they are facts. */
export function authorize(tag: IdTagFacts | undefined, now: Date): IdTagInfo {
  if (tag === undefined) return { status: "Invalid" };
  return {
    status: statusOf(tag, now),
    ...(tag.expiryDate && { expiryDate: tag.expiryDate.toISOString() }),
    ...(tag.parentIdTag !== null && { parentIdTag: tag.parentIdTag }),
  };
}

function statusOf(tag: IdTagFacts, now: Date): "Accepted" | "Blocked" | "Expired" {
  if (tag.status === "Blocked") return "Blocked";
  return tag.expiryDate !== null && tag.expiryDate.getTime() <= now.getTime() ? "Expired" : "Accepted";
}
