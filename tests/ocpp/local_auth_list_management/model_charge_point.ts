/**
 * A model of a charge point's local list after OCPP 1.6 5.15, independent of the product: a plain array with linear search. It is strict and
 * refuses everything that a real charge point may refuse.
 */
import type { ListUpdate } from "../../../ocpp/local_auth_list_management/local_list.ts";

/** The entries of a list in a comparable form: idTags in lower case, sorted. */
export type Content = [idTag: string, idTagInfo: unknown][];

/** A charge point that accepts at most `perMessage` entries in a message and `inAll` entries in the list. */
export class ModelChargePoint {
  version = 0;
  list: { idTag: string; idTagInfo: unknown }[] = [];

  constructor(readonly perMessage: number, readonly inAll: number) {}

  /** Handles SendLocalList. The list changes only if the answer is Accepted. */
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

  get content(): Content {
    return contentOf(this.list);
  }
}

/** A list of entries in the comparable form. */
export function contentOf(entries: readonly { readonly idTag: string; readonly idTagInfo: unknown }[]): Content {
  return entries.map(({ idTag, idTagInfo }): Content[number] => [idTag.toLowerCase(), idTagInfo])
    .sort(([one], [other]) => one < other ? -1 : 1);
}
