import type { UploadStatus } from "../../ocpp/firmware_management/diagnostics.ts";

/** The tables of files, of their download addresses, and of diagnostics. The migrations explain the columns. */
export interface FileTables {
  files: FilesTable;
  fileAddresses: FileAddressesTable;
  diagnostics: DiagnosticsTable;
}

export interface FilesTable {
  /** uuid version 7: ids rise with time. */
  id: string;
  /** The file name at the end of the download address. */
  name: string;
  description: string;
  bytes: number;
  /** In hex. */
  sha256: string;
  createdAt: Date;
}

export interface FileAddressesTable {
  /** SHA-256 of the token, in hex. */
  tokenHash: string;
  file: string;
  /** The charge point that may use the address; null: any client that has it. */
  chargePoint: string | null;
  /** Whether the address ends after the first complete download. */
  once: boolean;
  usedAt: Date | null;
  createdAt: Date;
  expiresAt: Date;
}

export interface DiagnosticsTable {
  commandId: string;
  chargePoint: string;
  /** SHA-256 of the token in the upload address, in hex; null: the location is on another server. */
  tokenHash: string | null;
  /** Until when an upload is accepted. */
  expiresAt: Date;
  status: UploadStatus | null;
  statusAt: Date | null;
  /** The id of the stored file; null when there is none. */
  file: string | null;
  name: string | null;
  bytes: number | null;
  sha256: string | null;
  receivedAt: Date | null;
}
