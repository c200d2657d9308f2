/**
 * What a charge point knows about id tags by itself: the local list (OCPP 1.6 §3.5.2) and the authorization cache (§3.5.1).
 * Tags compare without regard to case.
 */
import type { Payload } from "./frames.ts";

/** `IdTagInfo` of §7.27. */
export interface IdTagInfo {
  readonly status: string;
  readonly expiryDate?: string;
  readonly parentIdTag?: string;
}

/** That a driver may not charge, and the cure: `otherwise` is what else would help. */
export function refusedTag(idTag: string, status: string, otherwise = ""): string {
  const cure = status === "Invalid"
    ? `. Make it known: PUT /v1/id-tags/${encodeURIComponent(idTag)} {"status": "Accepted"}${otherwise}`
    : "";
  return `the tag ${idTag} is ${status}${cure}`;
}

/** One entry of SendLocalList; without `idTagInfo` it removes the tag. */
export interface LocalListEntry {
  readonly idTag: string;
  readonly idTagInfo?: IdTagInfo;
}

/** `UpdateStatus` of §7.45. */
export type UpdateStatus = "Accepted" | "Failed" | "NotSupported" | "VersionMismatch";

/** The list that the Central System sends, with its version; version 0 is "empty" (§5.10). */
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

  /** SendLocalList (§5.15). Either the whole update holds or nothing changes. */
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

  /** Takes over what was on the disk. */
  restore(version: number, entries: readonly LocalListEntry[]): void {
    this.version = version;
    this.#entries.clear();
    for (const entry of entries) this.#entries.set(entry.idTag.toLowerCase(), entry);
  }
}

/** What the Central System said last about a tag. */
export class AuthorizationCache {
  readonly #entries = new Map<string, IdTagInfo>();

  find(idTag: string): IdTagInfo | undefined {
    return this.#entries.get(idTag.toLowerCase());
  }

  /** Remembers the idTagInfo of a confirmation, if it has one. ConcurrentTx says nothing about the tag itself. */
  learn(idTag: string, confirmation: Payload | undefined): void {
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

/** May this tag charge now, as far as `info` says? */
export function isUsable(info: IdTagInfo | undefined, now: Date): boolean {
  if (info?.status !== "Accepted") return false;
  return info.expiryDate === undefined || Date.parse(info.expiryDate) > now.getTime();
}
