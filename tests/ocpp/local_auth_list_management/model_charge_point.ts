/**
 * A charge point's local list by the letter of OCPP 1.6 5.15, written without a look at ours: a plain array, searched from the front. It
 * is strict, so that whatever a real one may refuse is refused here.
 */
import type { ListUpdate } from "../../../ocpp/local_auth_list_management/local_list.ts";

/** What it has, with idTags in lower case and in order, to be compared. */
export type Held = [idTag: string, idTagInfo: unknown][];

export class ModelChargePoint {
  version = 0;
  list: { idTag: string; idTagInfo: unknown }[] = [];

  constructor(readonly perMessage: number, readonly inAll: number) {}

  /** SendLocalList. Nothing changes unless it is accepted. */
  take({ updateType, entries }: ListUpdate, listVersion: number): "Accepted" | "Failed" | "VersionMismatch" {
    if (listVersion < 1 || entries.length > this.perMessage) return "Failed";
    if (updateType === "Differential" && listVersion <= this.version) return "VersionMismatch";
    const after = updateType === "Full" ? [] : this.list.map((entry) => ({ ...entry }));
    const named: string[] = [];
    for (const { idTag, idTagInfo } of entries) {
      const name = idTag.toUpperCase();
      if (named.includes(name)) return "Failed";
      named.push(name);
      const at = after.findIndex((entry) => entry.idTag.toUpperCase() === name);
      if (idTagInfo === undefined) {
        if (updateType === "Full") return "Failed";
        if (at >= 0) after.splice(at, 1);
      } else if (at >= 0) after[at] = { idTag, idTagInfo };
      else after.push({ idTag, idTagInfo });
    }
    if (after.length > this.inAll) return "Failed";
    this.list = after;
    this.version = listVersion;
    return "Accepted";
  }

  get held(): Held {
    return heldOf(this.list);
  }
}

/** The same form for a desired list. */
export function heldOf(entries: readonly { readonly idTag: string; readonly idTagInfo: unknown }[]): Held {
  return entries.map(({ idTag, idTagInfo }): Held[number] => [idTag.toLowerCase(), idTagInfo])
    .sort(([one], [other]) => one < other ? -1 : 1);
}
