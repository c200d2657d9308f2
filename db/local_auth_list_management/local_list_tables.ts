import type { Generated } from "kysely";
import type { ListChange, UpdateType } from "../../ocpp/local_auth_list_management/local_list.ts";
import type { IdTagInfo } from "../../ocpp/types/id_tag_info.ts";

/** The tables of the local authorization lists, a part of `Database` in tables.ts. */
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
  /** The last accepted or reported version; null: none. */
  version: number | null;
  /** Whether the list cannot have other entries than the known ones. */
  isComplete: Generated<boolean>;
  /** The version of a message without an answer: it is under way, or its outcome is not known. */
  pendingVersion: number | null;
  pendingType: UpdateType | null;
  /** The highest version that was ever sent, accepted or reported. */
  highestVersion: Generated<number>;
  /** Whether the charge point supports local lists; null: not known. */
  isSupported: boolean | null;
  /** When the charge point last reported a LocalListConflict. Until it accepts an update of type Full, the list is not complete. */
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
  /** `waiting`: until the charge point connects. Null: no synchronisation has begun. */
  state: "running" | "waiting" | "synchronised" | "failed" | "inDoubt" | null;
  updateType: UpdateType | null;
  /** `askVersion` finds out whether a message in doubt was accepted. */
  nextStep: "askVersion" | "sendFull" | "sendDifferential" | null;
  /** Whether the synchronisation waits, instead of failing, when the charge point is not connected. */
  waitsForChargePoint: Generated<boolean>;
  /** The id of the API key of the operator; null for the Central System. */
  requestedBy: string | null;
  requestedAt: Date | null;
  /** When waiting ends; null: never. */
  expiresAt: Date | null;
  endedAt: Date | null;
  /** Why it waits, or has ended without success. */
  reason: string | null;
  /** The id of the command under way, or of the next one. */
  commandId: string | null;
  /** The ids of ended commands, in order. */
  commandIds: Generated<string[]>;
  /** The number of messages that were sent to repair a mismatch; it is limited. */
  repairs: Generated<number>;
  notBefore: Date | null;
  isManaged: Generated<boolean>;
  isDue: Generated<boolean>;
}
