/**
 * The tables as Kysely sees them: camelCase here, snake_case in the database (CamelCasePlugin), the same on both databases. What
 * the columns mean is said in the migrations; what the rows mean, beside the repository that owns them.
 */
import type { Generated } from "kysely";

export interface Database {
  chargePoints: ChargePointsTable;
  connectors: ConnectorsTable;
  statusNotifications: StatusNotificationsTable;
  configurationKeys: ConfigurationKeysTable;
  idTags: IdTagsTable;
  transactions: TransactionsTable;
  transactionStops: TransactionStopsTable;
  meterValues: MeterValuesTable;
  commands: CommandsTable;
  apiKeys: ApiKeysTable;
  notices: NoticesTable;
}

export interface ChargePointsTable {
  identity: string;
  registration: string;
  securityProfile: number;
  heartbeatInterval: number | null;
  labels: Record<string, string>;
  description: string;
  validation: string;
  vendor: string | null;
  model: string | null;
  serialNumber: string | null;
  chargeBoxSerialNumber: string | null;
  firmwareVersion: string | null;
  iccid: string | null;
  imsi: string | null;
  meterType: string | null;
  meterSerialNumber: string | null;
  bootedAt: Date | null;
  lastSeenAt: Date | null;
  remoteAddress: string | null;
  deviations: Generated<Record<string, number>>;
  localListVersion: number | null;
  credentials: HashedKey | null;
  pendingCredentials: HashedKey | null;
  createdAt: Date;
}

/** Credentials as stored: salt and hash in hex. */
export interface HashedKey {
  scheme: "sha256" | "scrypt";
  salt: string;
  hash: string;
}

export interface ConnectorsTable {
  chargePoint: string;
  connectorId: number;
  status: string | null;
  errorCode: string | null;
  info: string | null;
  vendorId: string | null;
  vendorErrorCode: string | null;
  since: Date | null;
  receivedAt: Date | null;
  availability: "Operative" | "Inoperative" | null;
  availabilitySetAt: Date | null;
}

export interface StatusNotificationsTable {
  id: Generated<number>;
  chargePoint: string;
  connectorId: number;
  status: string;
  errorCode: string;
  info: string | null;
  vendorId: string | null;
  vendorErrorCode: string | null;
  reportedAt: Date | null;
  receivedAt: Date;
}

export interface ConfigurationKeysTable {
  chargePoint: string;
  foldedKey: string;
  key: string;
  value: string | null;
  readonly: boolean;
  fetchedAt: Date;
}

export interface IdTagsTable {
  foldedIdTag: string;
  idTag: string;
  status: "Accepted" | "Blocked";
  expiryDate: Date | null;
  parentIdTag: string | null;
  foldedParentIdTag: string | null;
  maxActiveTransactions: number | null;
  description: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface TransactionsTable {
  transactionId: number;
  chargePoint: string;
  connectorId: number;
  idTag: string;
  foldedIdTag: string;
  state: "active" | "ended";
  meterStart: number;
  meterStop: number | null;
  reason: string | null;
  startedAt: Date;
  startReceivedAt: Date;
  stoppedAt: Date | null;
  stopReceivedAt: Date | null;
  stopIdTag: string | null;
  idTagInfo: Record<string, unknown>;
  reservationId: number | null;
  flags: string[];
}

export interface TransactionStopsTable {
  id: Generated<number>;
  chargePoint: string;
  reportedTransactionId: number;
  transactionId: number | null;
  outcome: "ended" | "conflict" | "inferred" | "orphan";
  idTag: string | null;
  foldedIdTag: string | null;
  meterStop: number;
  stoppedAt: Date;
  receivedAt: Date;
  reason: string | null;
  flags: string[];
}

export interface MeterValuesTable {
  sampledAt: Date;
  digest: string;
  chargePoint: string;
  connectorId: number;
  reportedTransactionId: number | null;
  transactionId: number | null;
  isForeign: boolean;
  receivedAt: Date;
  value: string;
  measurand: string;
  phase: string | null;
  location: string;
  context: string;
  unit: string | null;
  format: string;
}

export interface CommandsTable {
  id: string;
  chargePoint: string;
  action: string;
  request: Record<string, unknown>;
  state: string;
  confirmation: Record<string, unknown> | null;
  error: Record<string, unknown> | null;
  lateAnswer: unknown;
  createdAt: Date;
  sentAt: Date | null;
  settledAt: Date | null;
  latencyMs: number | null;
  expiresAt: Date;
  messageId: string | null;
  requestedBy: string | null;
  whenOffline: "queue" | "refuse";
  process: number | null;
}

export interface ApiKeysTable {
  id: string;
  number: Generated<number>;
  name: string;
  role: "viewer" | "operator" | "admin";
  hash: Uint8Array;
  createdAt: Date;
  lastUsedAt: Date | null;
}

export interface NoticesTable {
  id: Generated<number>;
  chargePoint: string;
  action: string;
  content: Record<string, unknown>;
  reportedAt: Date | null;
  receivedAt: Date;
}
