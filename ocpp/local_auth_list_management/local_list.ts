/**
 * Pure rules for the synchronisation of local authorization lists: the difference between two lists, the messages for it, and their versions.
 * Only confirmed messages are certain, so a known entry may be in doubt. A list is complete when it has no other entries than the known
 * ones. A Differential repeats every entry in doubt, so that the result is the same in both cases.
 */
import { idTagKey } from "../core/authorization.ts";
import type { IdTagInfo } from "../types/id_tag_info.ts";

/** An entry that the charge point should have. */
export interface ListEntry {
  readonly idTag: string;
  readonly idTagInfo: IdTagInfo;
}

/** One entry of SendLocalList: without idTagInfo the idTag is removed from the list (7.1 AuthorizationData). */
export interface ListChange {
  readonly idTag: string;
  readonly idTagInfo?: IdTagInfo;
}

/** The known state of one idTag in the charge point. */
export interface KnownEntry {
  readonly idTag: string;
  /** Null: the idTag is not in the list. */
  readonly idTagInfo: IdTagInfo | null;
  /** A message about the idTag was sent, and it is not known whether it took effect. */
  readonly isInDoubt: boolean;
}

/** The known state of a charge point's list. */
export interface KnownList {
  /** Whether the list has no other entries than `entries`: a Full was accepted, or the charge point reported an empty list. */
  readonly isComplete: boolean;
  readonly entries: readonly KnownEntry[];
}

/** 7.46 UpdateType: a Full replaces the list, a Differential changes entries. */
export type UpdateType = "Full" | "Differential";

/** A SendLocalList without its version, which is assigned when it is sent. */
export interface ListUpdate {
  readonly updateType: UpdateType;
  readonly entries: readonly ListChange[];
}

/** The limits of a charge point; null: not known. */
export interface ListLimits {
  /** The maximum number of entries of one SendLocalList. */
  readonly sendLocalListMaxLength: number | null;
  /** The maximum number of entries of the whole list. */
  readonly localAuthListMaxLength: number | null;
}

/** The maximum number of entries of one message, while SendLocalListMaxLength is not known. */
export const CAUTIOUS_MESSAGE_LENGTH = 100;

/** Removes entries whose idTag is already there, without regard to case. */
export function withoutDuplicates<T extends { readonly idTag: string }>(entries: readonly T[]): T[] {
  const seen = new Map<string, T>();
  for (const entry of entries) {
    const key = idTagKey(entry.idTag);
    if (!seen.has(key)) seen.set(key, entry);
  }
  return [...seen.values()];
}

/** Reads the limits from a charge point's configuration. A value that is not an integer above 0 counts as not known. */
export function limitsIn(
  configuration: readonly { readonly key: string; readonly value: string | null }[],
): ListLimits {
  const valueOf = (wanted: string) => {
    const value = configuration.find(({ key }) => key.toLowerCase() === wanted.toLowerCase())?.value?.trim() ?? "";
    return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null;
  };
  return {
    sendLocalListMaxLength: valueOf("SendLocalListMaxLength"),
    localAuthListMaxLength: valueOf("LocalAuthListMaxLength"),
  };
}

/** The first entries up to the limit, and the number of the others. */
export function withinLimit<T>(
  entries: readonly T[],
  limit: number | null,
): { fitting: readonly T[]; leftOut: number } {
  const fitting = limit === null ? entries : entries.slice(0, limit);
  return { fitting, leftOut: entries.length - fitting.length };
}

/**
 * The changes after which the charge point has exactly the desired entries. Removals come first, so that the list is never longer than the
 * longer one of the two lists.
 */
export function differenceBetween(known: KnownList, desired: readonly ListEntry[], now: Date): ListChange[] {
  const desiredByKey = new Map(desired.map((entry) => [idTagKey(entry.idTag), entry]));
  const knownByKey = new Map(known.entries.map((entry) => [idTagKey(entry.idTag), entry]));
  const removals = known.entries.filter(({ idTag, idTagInfo, isInDoubt }) =>
    (idTagInfo !== null || isInDoubt) && !desiredByKey.has(idTagKey(idTag))
  );
  const additions = desired.filter(({ idTag, idTagInfo }) => {
    const entry = knownByKey.get(idTagKey(idTag));
    return !entry?.idTagInfo || entry.isInDoubt || !isSameIdTagInfo(entry.idTagInfo, idTagInfo, now);
  });
  return [...removals.map(({ idTag }) => ({ idTag })), ...additions];
}

/** Whether two idTagInfo have the same meaning at a time: after its expiryDate, Accepted means Expired. */
export function isSameIdTagInfo(one: IdTagInfo, other: IdTagInfo, now: Date): boolean {
  const parents = [one, other].map(({ parentIdTag }) => idTagKey(parentIdTag ?? ""));
  const expiries = [one, other].map(({ expiryDate }) => expiryDate === undefined ? null : Date.parse(expiryDate));
  if (parents[0] !== parents[1] || expiries[0] !== expiries[1]) return false;
  return statusAt(one, now) === statusAt(other, now);
}

function statusAt({ status, expiryDate }: IdTagInfo, now: Date): IdTagInfo["status"] {
  const isOver = expiryDate !== undefined && Date.parse(expiryDate) <= now.getTime();
  return status === "Accepted" && isOver ? "Expired" : status;
}

/** The input of a synchronisation. */
export interface Synchronisation {
  readonly updateType: UpdateType;
  readonly known: KnownList;
  /** Without duplicates, and not longer than the limit of the whole list. */
  readonly desired: readonly ListEntry[];
  readonly limits: ListLimits;
  readonly now: Date;
}

/**
 * The messages that bring the list up to date, in order. A Full replaces the list; entries that do not fit into it follow as Differentials
 * (OCPP 1.6 5.15, SendLocalListMaxLength). An empty Differential is not sent.
 */
export function updatesFor({ updateType, known, desired, limits, now }: Synchronisation): ListUpdate[] {
  const entriesMax = limits.sendLocalListMaxLength ?? CAUTIOUS_MESSAGE_LENGTH;
  const changes: readonly ListChange[] = updateType === "Full" ? desired : differenceBetween(known, desired, now);
  const updates: ListUpdate[] = [];
  for (let at = 0; at < changes.length || (at === 0 && updateType === "Full"); at += entriesMax) {
    updates.push({ updateType: at === 0 ? updateType : "Differential", entries: changes.slice(at, at + entriesMax) });
  }
  return updates;
}

/** The largest signed 32-bit integer. A reported version from here on is ignored. */
const VERSION_MAX = 2 ** 31 - 1;

/** The version of the next message: higher than every version that was sent or reported, and at least 1 (errata 3.52). */
export function nextVersion(...versions: readonly (number | null)[]): number {
  return 1 + Math.max(0, ...versions.filter((version): version is number => version !== null && version < VERSION_MAX));
}
