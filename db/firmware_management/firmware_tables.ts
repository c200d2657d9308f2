/** The tables of firmware updates, a part of `Database` in tables.ts. */
import type { Generated } from "kysely";

export interface FirmwareTables {
  firmwareUpdates: FirmwareUpdatesTable;
}

export interface FirmwareUpdatesTable {
  commandId: string;
  chargePoint: string;
  requestId: number | null;
  versionBefore: string | null;
  sentAt: Date;
  status: string | null;
  rank: Generated<number>;
  since: Date | null;
}
