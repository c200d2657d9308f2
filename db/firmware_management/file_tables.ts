import type { UploadStatus } from "../../ocpp/firmware_management/diagnostics.ts";

/** Tables of files, of the addresses at which they are fetched, and of diagnostics. What the columns mean is said in the migrations. */
export interface FileTables {
  files: FilesTable;
  fileAddresses: FileAddressesTable;
  diagnostics: DiagnosticsTable;
}

export interface FilesTable {
  /** uuid version 7: ids rise with time. */
  id: string;
  /** As the charge point shall see it at the end of the address. */
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
  /** For which charge point it was made; null: for every client that has it. */
  chargePoint: string | null;
  /** It ends when the last byte of the file has been fetched. */
  once: boolean;
  usedAt: Date | null;
  createdAt: Date;
  expiresAt: Date;
}

export interface DiagnosticsTable {
  commandId: string;
  chargePoint: string;
  /** SHA-256 of the token in its location, in hex; null: the location is foreign. */
  tokenHash: string | null;
  /** Until then something may come. */
  expiresAt: Date;
  status: UploadStatus | null;
  statusAt: Date | null;
  /** Under which the bytes are kept; null when there are none. */
  file: string | null;
  name: string | null;
  bytes: number | null;
  sha256: string | null;
  receivedAt: Date | null;
}
