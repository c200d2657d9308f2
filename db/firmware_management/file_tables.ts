/** Tables of files and of the addresses at which they are fetched. What the columns mean is said in the migrations. */
export interface FileTables {
  files: FilesTable;
  fileAddresses: FileAddressesTable;
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
