import type { Generated } from "kysely";
import type { ListChange, UpdateType } from "../../ocpp/local_auth_list_management/local_list.ts";
import type { IdTagInfo } from "../../ocpp/types/id_tag_info.ts";

/** The tables of the local authorization lists. */
export interface LocalListTables {
  desiredLocalLists: DesiredLocalListsTable;
  localLists: LocalListsTable;
  knownLocalLists: KnownLocalListsTable;
  knownLocalListEntries: KnownLocalListEntriesTable;
  localListSyncs: LocalListSyncsTable;
}

export interface DesiredLocalListsTable {
  chargePoint: string;
  entries: ListChange[];
  foldedIdTags: string[];
  updatedAt: Date;
}

export interface LocalListsTable {
  name: string;
  label: string;
  entries: ListChange[];
  foldedIdTags: string[];
  createdAt: Date;
  updatedAt: Date;
}

export interface KnownLocalListsTable {
  chargePoint: string;
  /** As accepted or reported last; null: never heard of. */
  version: number | null;
  /** Whether nothing but the known entries can be in the list. */
  isComplete: Generated<boolean>;
  /** The version of a message that is under way, or whose outcome is not known. */
  pendingVersion: number | null;
  pendingType: UpdateType | null;
  /** The highest that was ever sent, accepted or reported. */
  highestVersion: Generated<number>;
  /** Null: not known. */
  isSupported: boolean | null;
  /** When the charge point last said that its list contradicts our answers; until it accepts a Full, the list is not complete. */
  conflictAt: Date | null;
  changedAt: Date | null;
}

export interface KnownLocalListEntriesTable {
  chargePoint: string;
  foldedIdTag: string;
  idTag: string;
  idTagInfo: IdTagInfo | null;
  pendingVersion: number | null;
  pendingInfo: IdTagInfo | null;
}

export interface LocalListSyncsTable {
  chargePoint: string;
  /** `waiting`: for the charge point to connect. Null: none has begun yet. */
  state: "running" | "waiting" | "synchronised" | "failed" | "inDoubt" | null;
  updateType: UpdateType | null;
  /** `askVersion` settles a doubt. */
  nextStep: "askVersion" | "sendFull" | "sendDifferential" | null;
  /** Whether it waits when the charge point is away, rather than to fail. */
  waitsForChargePoint: Generated<boolean>;
  /** Id of the API key that asked; null for ourselves. */
  requestedBy: string | null;
  requestedAt: Date | null;
  /** When it has not ended by then, it waits no longer; null: it waits as long as it takes. */
  expiresAt: Date | null;
  endedAt: Date | null;
  /** Why it is waiting or has ended otherwise than desired. */
  reason: string | null;
  /** The command under way, or about to be asked for. */
  commandId: string | null;
  /** The commands that have ended, in order. */
  commandIds: Generated<string[]>;
  /** Full lists and questions that were sent to repair something, which are bounded. */
  repairs: Generated<number>;
  notBefore: Date | null;
  isManaged: Generated<boolean>;
  isDue: Generated<boolean>;
}
