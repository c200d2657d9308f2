/** Tables of files, of the addresses at which they are fetched, and of diagnostics. What the columns mean is said in the migrations. */
export interface FileTables {
  files: FilesTable;
  fileAddresses: FileAddressesTable;
  diagnostics: DiagnosticsTable;
}

export interface FilesTable {
  id: string;
  name: string;
  description: string;
  bytes: number;
  sha256: string;
  createdAt: Date;
}

export interface FileAddressesTable {
  tokenHash: string;
  file: string;
  chargePoint: string | null;
  once: boolean;
  usedAt: Date | null;
  createdAt: Date;
  expiresAt: Date;
}

export interface DiagnosticsTable {
  commandId: string;
  chargePoint: string;
  tokenHash: string | null;
  expiresAt: Date;
  status: string | null;
  statusAt: Date | null;
  file: string | null;
  name: string | null;
  bytes: number | null;
  sha256: string | null;
  receivedAt: Date | null;
}
