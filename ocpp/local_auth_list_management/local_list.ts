/**
 * How a local authorization list is brought up to date: what differs, in which messages it is said, under which version, and what an answer
 * means. Pure. What the charge point has is known only as far as it confirmed, so each known entry may be in doubt, and a list is
 * complete only when nothing else can be in it. A Differential says again whatever is in doubt, so that it is right in either case.
 */
import { idTagKey } from "../core/authorization.ts";
import type { IdTagInfo } from "../types/id_tag_info.ts";

/** An idTag with what the charge point shall know of it. */
export interface ListEntry {
  readonly idTag: string;
  readonly idTagInfo: IdTagInfo;
}

/** One entry of SendLocalList: without idTagInfo the idTag is taken off the list (7.1 AuthorizationData). */
export interface ListChange {
  readonly idTag: string;
  readonly idTagInfo?: IdTagInfo;
}

/** What we know of one idTag at the charge point. */
export interface KnownEntry {
  readonly idTag: string;
  /** null: it is not in the list. */
  readonly idTagInfo: IdTagInfo | null;
  /** A message about it was sent, and nobody knows whether it took effect. */
  readonly isInDoubt: boolean;
}

/** What we know of a charge point's list. */
export interface KnownList {
  /** Whether nothing but `entries` can be in it: a Full was accepted, or the charge point said that it is empty. */
  readonly isComplete: boolean;
  readonly entries: readonly KnownEntry[];
}

/** 7.46 UpdateType. */
export type UpdateType = "Full" | "Differential";

/** A SendLocalList without its version, which is chosen when it is sent. */
export interface ListUpdate {
  readonly updateType: UpdateType;
  readonly entries: readonly ListChange[];
}

/** What a charge point says that it can take; null where it has not said so. */
export interface ListLimits {
  /** Entries of one SendLocalList. */
  readonly sendLocalListMaxLength: number | null;
  /** Entries of the whole list. */
  readonly localAuthListMaxLength: number | null;
}

/** Entries of one message for a charge point whose SendLocalListMaxLength is not known. */
export const CAUTIOUS_MESSAGE_LENGTH = 100;

/** Each idTag once, without regard to case; the first one counts. */
export function withoutDuplicates<T extends { readonly idTag: string }>(entries: readonly T[]): T[] {
  const seen = new Map<string, T>();
  for (const entry of entries) {
    const key = idTagKey(entry.idTag);
    if (!seen.has(key)) seen.set(key, entry);
  }
  return [...seen.values()];
}

/** The limits, out of a charge point's configuration. A value that is no number above 0 says nothing. */
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

/** The entries that there is room for, in their order, and how many are left out. */
export function withinLimit<T>(
  entries: readonly T[],
  limit: number | null,
): { fitting: readonly T[]; leftOut: number } {
  const fitting = limit === null ? entries : entries.slice(0, limit);
  return { fitting, leftOut: entries.length - fitting.length };
}

/**
 * What has to be said for the charge point to have exactly the desired entries: first what goes, so that the list is never longer than
 * the longer of the two, then what changes or comes.
 */
export function differenceBetween(known: KnownList, desired: readonly ListEntry[], now: Date): ListChange[] {
  const wanted = new Map(desired.map((entry) => [idTagKey(entry.idTag), entry]));
  const there = new Map(known.entries.map((entry) => [idTagKey(entry.idTag), entry]));
  const goes = known.entries.filter(({ idTag, idTagInfo, isInDoubt }) =>
    (idTagInfo !== null || isInDoubt) && !wanted.has(idTagKey(idTag))
  );
  const comes = desired.filter(({ idTag, idTagInfo }) => {
    const entry = there.get(idTagKey(idTag));
    return !entry?.idTagInfo || entry.isInDoubt || !saysTheSame(entry.idTagInfo, idTagInfo, now);
  });
  return [...goes.map(({ idTag }) => ({ idTag })), ...comes];
}

/** Whether two idTagInfo mean the same today: once its expiryDate has passed, Accepted means Expired. */
export function saysTheSame(one: IdTagInfo, other: IdTagInfo, now: Date): boolean {
  const parents = [one, other].map(({ parentIdTag }) => idTagKey(parentIdTag ?? ""));
  const expiries = [one, other].map(({ expiryDate }) => expiryDate === undefined ? null : Date.parse(expiryDate));
  if (parents[0] !== parents[1] || expiries[0] !== expiries[1]) return false;
  return statusToday(one, now) === statusToday(other, now);
}

function statusToday({ status, expiryDate }: IdTagInfo, now: Date): IdTagInfo["status"] {
  const isOver = expiryDate !== undefined && Date.parse(expiryDate) <= now.getTime();
  return status === "Accepted" && isOver ? "Expired" : status;
}

/** What is to be done, and with what. */
export interface Synchronisation {
  readonly updateType: UpdateType;
  readonly known: KnownList;
  /** Without duplicates, and within the limit of the whole list. */
  readonly desired: readonly ListEntry[];
  readonly limits: ListLimits;
  readonly now: Date;
}

/**
 * The messages that bring the list up to date, in order. Each Full begins anew and what does not fit into it follows as Differentials
 * (OCPP 1.6 5.15, SendLocalListMaxLength); a Differential that has nothing to say is not sent.
 */
export function updatesFor({ updateType, known, desired, limits, now }: Synchronisation): ListUpdate[] {
  const most = limits.sendLocalListMaxLength ?? CAUTIOUS_MESSAGE_LENGTH;
  const changes: readonly ListChange[] = updateType === "Full" ? desired : differenceBetween(known, desired, now);
  const updates: ListUpdate[] = [];
  for (let at = 0; at < changes.length || (at === 0 && updateType === "Full"); at += most) {
    updates.push({ updateType: at === 0 ? updateType : "Differential", entries: changes.slice(at, at + most) });
  }
  return updates;
}

/** A version that no 32-bit integer holds is not one that we go on counting from. */
const VERSION_MAX = 2 ** 31 - 1;

/** The version of the next message: above every one that was sent or reported, and never 0 or −1, which are answers (errata 3.52). */
export function nextVersion(...versions: readonly (number | null)[]): number {
  return 1 + Math.max(0, ...versions.filter((version): version is number => version !== null && version < VERSION_MAX));
}
