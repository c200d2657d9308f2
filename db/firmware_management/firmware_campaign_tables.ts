/** The tables of firmware campaigns, a part of `Database` in tables.ts. */
import type { Generated } from "kysely";
import type { TargetOutcome } from "../../ocpp/firmware_management/firmware_target.ts";
import type { MaintenanceWindow } from "../../ocpp/firmware_management/maintenance_window.ts";

export interface FirmwareCampaignTables {
  firmwareCampaigns: FirmwareCampaignsTable;
  firmwareCampaignTargets: FirmwareCampaignTargetsTable;
}

/** The charge points of a campaign: those that meet every given condition. `label` is "name" or "name=value". */
export interface TargetSelection {
  chargePoints?: string[];
  label?: string;
  vendor?: string;
  model?: string;
  firmwareVersion?: string;
}

/** The protocol of a download address: the one of the API (HTTP or HTTPS), or our FTP server without or with TLS. */
export type Scheme = "http" | "ftp" | "ftps";

export interface FirmwareCampaignsTable {
  id: string;
  name: string;
  location: string | null;
  file: string | null;
  /** The protocol of the addresses of `file`. */
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
