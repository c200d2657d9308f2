/** The state of a charge point's local list, and warnings, computed from the known list, the desired list and the last synchronisation. */
import type { KnownLocalList } from "../../db/local_auth_list_management/known_local_lists.ts";
import type { LocalListSync } from "../../db/local_auth_list_management/local_list_syncs.ts";
import { CAUTIOUS_MESSAGE_LENGTH, type ListChange } from "../../ocpp/local_auth_list_management/local_list.ts";
import type { DesiredList } from "./desired_list.ts";

/** All states, for the API's schema. */
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
 * `unmanaged`: no list is meant for the charge point. `waiting`: it is synchronised when it connects. `inDoubt`: a message had no answer, so the list may
 * be the old one or the new one. `failed`: the last synchronisation failed, and the list still differs from the desired one.
 */
export type ListState = typeof LIST_STATES[number];

/** The input for the state and the warnings. */
export interface ListFacts {
  readonly known: KnownLocalList;
  readonly desired: DesiredList;
  readonly sync: LocalListSync | undefined;
  /** The changes that make the known list the desired one. */
  readonly difference: readonly ListChange[];
}

/** Computes the state; an open synchronisation comes first. */
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

/** Warnings for the operator. The list is sent in spite of them. */
export function warningsAbout({ known, desired }: Pick<ListFacts, "known" | "desired">): string[] {
  const { limits, leftOut, unknownIdTags, entries } = desired;
  const warnings: string[] = [];
  if (leftOut > 0) {
    warnings.push(
      `The charge point accepts ${entries.length} entries (LocalAuthListMaxLength); the last ${leftOut} are not sent.`,
    );
  }
  if (limits.sendLocalListMaxLength === null && entries.length > CAUTIOUS_MESSAGE_LENGTH) {
    warnings.push(
      `SendLocalListMaxLength is not known, so a message has at most ${CAUTIOUS_MESSAGE_LENGTH} entries. Read it with GetConfiguration.`,
    );
  }
  if (unknownIdTags.length > 0) {
    const some = unknownIdTags.slice(0, 5).join(", ");
    warnings.push(
      `idTags that are not registered are sent as Invalid (${unknownIdTags.length}): ${some}${
        unknownIdTags.length > 5 ? ", …" : ""
      }.`,
    );
  }
  if (!known.isComplete) {
    warnings.push("The charge point's list may have other entries, too. Send a Full to replace them.");
  }
  if (known.conflictAt && !known.isComplete) {
    const at = known.conflictAt.toISOString();
    warnings.push(
      `The charge point reported LocalListConflict at ${at}: its list contradicts the answers to Authorize. Send a Full.`,
    );
  }
  return warnings;
}
