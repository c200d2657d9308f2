/** The tables of firmware campaigns, as `tables.ts` has them. */
import type { Generated } from "kysely";
import type { TargetOutcome } from "../../ocpp/firmware_management/firmware_target.ts";
import type { MaintenanceWindow } from "../../ocpp/firmware_management/maintenance_window.ts";

export interface FirmwareCampaignTables {
  firmwareCampaigns: FirmwareCampaignsTable;
  firmwareCampaignTargets: FirmwareCampaignTargetsTable;
}

/** Which charge points a campaign is for: those that meet all that is given. `label` is "name" or "name=value". */
export interface TargetSelection {
  chargePoints?: string[];
  label?: string;
  vendor?: string;
  model?: string;
  firmwareVersion?: string;
}

/** How an address of ours is reached: as everything else of ours, or over our FTP server, in clear or with TLS. */
export type Scheme = "http" | "ftp" | "ftps";

export interface FirmwareCampaignsTable {
  id: string;
  name: string;
  location: string | null;
  file: string | null;
  /** Of the addresses of `file`. */
  scheme: Scheme;
  version: string | null;
  retrieveDate: Date | null;
  targets: TargetSelection;
  waves: number[];
  maxConcurrent: number;
  abortAboveFailures: number;
  retries: number;
  retryIntervalSeconds: number;
  updateTimeoutSeconds: number;
  maintenanceWindow: MaintenanceWindow | null;
  sendUntil: Date | null;
  state: "draft" | "running" | "paused" | "completed" | "aborted";
  reason: string | null;
  wave: Generated<number>;
  requestedBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

export interface FirmwareCampaignTargetsTable {
  campaign: string;
  chargePoint: string;
  wave: number;
  state: "waiting" | "commanded" | "ended";
  outcome: TargetOutcome | null;
  detail: string | null;
  attempts: Generated<number>;
  commandId: string | null;
  commandedAt: Date | null;
  nextAttemptAt: Date | null;
  endedAt: Date | null;
}
