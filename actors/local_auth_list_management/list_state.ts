/** How a charge point's local list stands, said from what is known, what is desired, and the last synchronisation. */
import type { KnownLocalList } from "../../db/local_auth_list_management/known_local_lists.ts";
import type { LocalListSync } from "../../db/local_auth_list_management/local_list_syncs.ts";
import { CAUTIOUS_MESSAGE_LENGTH, type ListChange } from "../../ocpp/local_auth_list_management/local_list.ts";
import type { DesiredList } from "./desired_list.ts";

/** Every word for it. */
export const LIST_STATES = [
  "unmanaged",
  "inSync",
  "outOfSync",
  "waiting",
  "syncing",
  "inDoubt",
  "failed",
  "unsupported",
] as const;

/**
 * `unmanaged`: no list is meant for it. `waiting`: it is synchronised when it connects. `inDoubt`: a message had no answer, so the list may be the
 * old one or the new one. `failed`: the last synchronisation did not succeed, and what it has is still not what it shall have.
 */
export type ListState = typeof LIST_STATES[number];

/** What the state follows from. */
export interface ListFacts {
  readonly known: KnownLocalList;
  readonly desired: DesiredList;
  readonly sync: LocalListSync | undefined;
  /** What differs between the two lists. */
  readonly difference: readonly ListChange[];
}

/** The state. */
export function stateOf({ known, desired, sync, difference }: ListFacts): ListState {
  if (sync?.state === "running") return "syncing";
  if (sync?.state === "waiting") return "waiting";
  if (known.isSupported === false) return "unsupported";
  if (!desired.isWanted && sync === undefined) return "unmanaged";
  if (known.pendingVersion !== null || known.entries.some(({ isInDoubt }) => isInDoubt)) return "inDoubt";
  if (known.isComplete && difference.length === 0) return "inSync";
  if (!known.isComplete && sync?.state === "inDoubt") return "inDoubt";
  return sync?.state === "failed" ? "failed" : "outOfSync";
}

/** What an operator should know; nothing of it keeps a list from being sent. */
export function warningsAbout({ known, desired }: Pick<ListFacts, "known" | "desired">): string[] {
  const { limits, leftOut, unknownIdTags, entries } = desired;
  const warnings: string[] = [];
  if (leftOut > 0) {
    warnings.push(
      `The charge point takes ${entries.length} entries (LocalAuthListMaxLength); the last ${leftOut} are not sent.`,
    );
  }
  if (limits.sendLocalListMaxLength === null && entries.length > CAUTIOUS_MESSAGE_LENGTH) {
    warnings.push(
      `SendLocalListMaxLength is not known, so a message has at most ${CAUTIOUS_MESSAGE_LENGTH} entries. Ask for it with GetConfiguration.`,
    );
  }
  if (unknownIdTags.length > 0) {
    const some = unknownIdTags.slice(0, 5).join(", ");
    warnings.push(
      `Not registered, and sent as Invalid (${unknownIdTags.length}): ${some}${unknownIdTags.length > 5 ? ", …" : ""}.`,
    );
  }
  if (!known.isComplete) {
    warnings.push("What else is in the charge point's list is not known until it has accepted a Full.");
  }
  if (known.conflictAt && !known.isComplete) {
    const at = known.conflictAt.toISOString();
    warnings.push(
      `The charge point reported LocalListConflict at ${at}: its list contradicts our answers. Send a Full.`,
    );
  }
  return warnings;
}
