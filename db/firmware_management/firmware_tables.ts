/** The tables of the feature profile Firmware Management, as `tables.ts` has them. */
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
