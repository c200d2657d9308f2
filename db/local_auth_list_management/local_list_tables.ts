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
  version: number | null;
  isComplete: Generated<boolean>;
  pendingVersion: number | null;
  pendingType: UpdateType | null;
  highestVersion: Generated<number>;
  isSupported: boolean | null;
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
  state: "running" | "waiting" | "synchronised" | "failed" | "inDoubt" | null;
  updateType: UpdateType | null;
  nextStep: "askVersion" | "sendFull" | "sendDifferential" | null;
  waitsForChargePoint: Generated<boolean>;
  requestedBy: string | null;
  requestedAt: Date | null;
  expiresAt: Date | null;
  endedAt: Date | null;
  reason: string | null;
  commandId: string | null;
  commandIds: Generated<string[]>;
  repairs: Generated<number>;
  notBefore: Date | null;
  isManaged: Generated<boolean>;
  isDue: Generated<boolean>;
}
