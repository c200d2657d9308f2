/**
 * The idTags that a charge point has stored: the local list (OCPP 1.6 §3.5.2) and the authorization cache (§3.5.1). IdTags are compared without
 * regard to case.
 */
import type { Payload } from "./frames.ts";

/** `IdTagInfo` of §7.27. */
export interface IdTagInfo {
  readonly status: string;
  readonly expiryDate?: string;
  readonly parentIdTag?: string;
}

/** The log line for a refused idTag, with advice for an unregistered one; `alternative` is added to the advice. */
export function refusedTag(idTag: string, status: string, alternative = ""): string {
  const advice = status === "Invalid"
    ? `. Register it: PUT /v1/id-tags/${encodeURIComponent(idTag)} {"status": "Accepted"}${alternative}`
    : "";
  return `the idTag ${idTag} is ${status}${advice}`;
}

/** One entry of SendLocalList; without `idTagInfo` it removes the idTag. */
export interface LocalListEntry {
  readonly idTag: string;
  readonly idTagInfo?: IdTagInfo;
}

/** `UpdateStatus` of §7.45. */
export type UpdateStatus = "Accepted" | "Failed" | "NotSupported" | "VersionMismatch";

/** The local list with its version; version 0 means that it is empty (§5.10). */
export class LocalList {
  version = 0;
  readonly #entries = new Map<string, LocalListEntry>();

  get size(): number {
    return this.#entries.size;
  }

  find(idTag: string): IdTagInfo | undefined {
    return this.#entries.get(idTag.toLowerCase())?.idTagInfo;
  }

  entries(): LocalListEntry[] {
    return [...this.#entries.values()];
  }

  /** SendLocalList (§5.15). An update that is not Accepted changes nothing. */
  update(
    type: "Full" | "Differential",
    version: number,
    entries: readonly LocalListEntry[],
    limits: { readonly perMessage: number; readonly inAll: number },
  ): UpdateStatus {
    const names = entries.map((entry) => entry.idTag.toLowerCase());
    if (version < 1 || new Set(names).size !== names.length || entries.length > limits.perMessage) return "Failed";
    if (type === "Full" && entries.some((entry) => !entry.idTagInfo)) return "Failed";
    if (type === "Differential" && version <= this.version) return "VersionMismatch";
    const next = new Map(type === "Full" ? [] : this.#entries);
    for (const entry of entries) {
      if (entry.idTagInfo) next.set(entry.idTag.toLowerCase(), entry);
      else next.delete(entry.idTag.toLowerCase());
    }
    if (next.size > limits.inAll) return "Failed";
    this.restore(version, [...next.values()]);
    return "Accepted";
  }

  /** Sets version and entries to those of a saved list. */
  restore(version: number, entries: readonly LocalListEntry[]): void {
    this.version = version;
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.idTag.toLowerCase(), entry);
  }
}

/** The last idTagInfo of each idTag that the Central System sent. */
export class AuthorizationCache {
  readonly #entries = new Map<string, IdTagInfo>();

  find(idTag: string): IdTagInfo | undefined {
    return this.#entries.get(idTag.toLowerCase());
  }

  /** Stores the idTagInfo of a confirmation, if it has one. ConcurrentTx is not stored: it is not a property of the idTag. */
  update(idTag: string, confirmation: Payload | undefined): void {
    const info = idTagInfoOf(confirmation);
    if (info && info.status !== "ConcurrentTx") this.#entries.set(idTag.toLowerCase(), info);
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** The idTagInfo of a confirmation; undefined when there is none. */
export function idTagInfoOf(confirmation: Payload | undefined): IdTagInfo | undefined {
  const info = confirmation?.idTagInfo as IdTagInfo | undefined;
  return typeof info?.status === "string" ? info : undefined;
}

/** True when `info` allows charging now: Accepted and not expired. */
export function isUsable(info: IdTagInfo | undefined, now: Date): boolean {
  if (info?.status !== "Accepted") return false;
  return info.expiryDate === undefined || Date.parse(info.expiryDate) > now.getTime();
}
