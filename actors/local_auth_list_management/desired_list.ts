/**
 * Computes the local list that a charge point should have now: its own entries and those of shared lists, with the idTagInfo of registered idTags,
 * up to the maximum length of the charge point's list.
 */
import type { DesiredPart } from "../../db/local_auth_list_management/desired_local_lists.ts";
import type { Store } from "../../db/store.ts";
import { authorize, idTagKey } from "../../ocpp/core/authorization.ts";
import {
  limitsIn,
  type ListEntry,
  type ListLimits,
  withinLimit,
  withoutDuplicates,
} from "../../ocpp/local_auth_list_management/local_list.ts";

/** An entry as it would be sent now. */
export interface DesiredEntry extends ListEntry {
  /** The shared list that it comes from; null: the charge point's own. */
  readonly list: string | null;
  /** Whether idTagInfo was given with the entry (`list`) or comes from the registered idTag (`idTag`). */
  readonly infoFrom: "list" | "idTag";
}

/** The list that a charge point should have, with what could not be included. */
export interface DesiredList {
  /** Whether any list is meant for the charge point. If not, `entries` is empty and the list in the charge point is left alone. */
  readonly isWanted: boolean;
  readonly entries: readonly DesiredEntry[];
  /** Number of entries beyond LocalAuthListMaxLength, which are not sent: the last ones. */
  readonly leftOut: number;
  /** idTags that are not registered, in the order of the list. They are sent as Invalid, like in an answer to Authorize. */
  readonly unknownIdTags: readonly string[];
  readonly limits: ListLimits;
}

/** Reads the desired list from the database. Throws StoreError. */
export async function desiredListOf(chargePoint: string, store: Store, now: Date): Promise<DesiredList> {
  const [parts, configuration] = await Promise.all([
    store.desiredLocalLists.partsFor(chargePoint),
    store.configurationKeys.list(chargePoint),
  ]);
  const limits = limitsIn(configuration);
  const { fitting, leftOut } = withinLimit(withoutDuplicates(parts.flatMap(listed)), limits.localAuthListMaxLength);
  const bare = fitting.filter(({ idTagInfo }) => idTagInfo === undefined).map(({ idTag }) => idTag);
  const registered = bare.length === 0 ? [] : await store.desiredLocalLists.idTagsAmong(bare);
  const byKey = new Map(registered.map((tag) => [tag.foldedIdTag, tag]));
  const entries = fitting.map(({ idTag, idTagInfo, list }): DesiredEntry =>
    idTagInfo === undefined
      ? { idTag, idTagInfo: authorize(byKey.get(idTagKey(idTag)), now), list, infoFrom: "idTag" }
      : { idTag, idTagInfo, list, infoFrom: "list" }
  );
  const unknownIdTags = bare.filter((idTag) => !byKey.has(idTagKey(idTag)));
  return { isWanted: parts.length > 0, entries, leftOut, unknownIdTags, limits };
}

function listed({ list, entries }: DesiredPart) {
  return entries.map((entry) => ({ ...entry, list }));
}
