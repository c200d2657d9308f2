/**
 * The tables as Kysely types: camelCase here, snake_case in the database (CamelCasePlugin). Every column is declared here once, and the
 * repositories derive their types from `Row`. The migrations explain the columns, too.
 */
import type { Generated, Selectable } from "kysely";
import type { CommandState } from "../ocpp/command_end.ts";
import type { IdTagInfo } from "../ocpp/types/id_tag_info.ts";
import type { EventType } from "./event_types.ts";
import type { FirmwareCampaignTables } from "./firmware_management/firmware_campaign_tables.ts";
import type { FirmwareTables } from "./firmware_management/firmware_tables.ts";
import type { LocalListTables } from "./local_auth_list_management/local_list_tables.ts";
import type { ChargingProfileTables } from "./smart_charging/charging_profile_tables.ts";
import type { FileTables } from "./firmware_management/file_tables.ts";
import type { SiteTables } from "./smart_charging/site_tables.ts";
import type { TriggeredMessagesTable } from "./remote_trigger/triggered_messages_table.ts";
import type { ReservationsTable } from "./reservation/reservation_tables.ts";

/** All tables by name. */
export interface Database
  extends ChargingProfileTables, FileTables, FirmwareCampaignTables, FirmwareTables, LocalListTables, SiteTables {
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
  chargePointReports: ChargePointReportsTable;
  events: EventsTable;
  eventOutbox: EventOutboxTable;
  webhooks: WebhooksTable;
  webhookDeliveries: WebhookDeliveriesTable;
  audit: AuditTable;
  auditHead: AuditHeadTable;
  messages: MessagesTable;
  connectionAttempts: ConnectionAttemptsTable;
  idempotencyKeys: IdempotencyKeysTable;
  reservations: ReservationsTable;
  triggeredMessages: TriggeredMessagesTable;
}

/** A row of a table as it is read. */
export type Row<Table extends keyof Database> = Selectable<Database[Table]>;

/** A row in which these columns are not null. */
export type Filled<Columns, Name extends keyof Columns> =
  & Omit<Columns, Name>
  & { [N in Name]: NonNullable<Columns[N]> };

export interface ChargePointsTable {
  identity: string;
  /** The status with which BootNotification is answered (OCPP 1.6, 7.41 RegistrationStatus). */
  registration: "Accepted" | "Pending" | "Rejected";
  securityProfile: 0 | 1 | 2 | 3;
  /** Seconds; null: the Central System's setting. */
  heartbeatInterval: number | null;
  labels: Record<string, string>;
  description: string;
  validation: "tolerant" | "strict";
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
  /** The base address of the last connection, from the Host header that the charge point sent, such as `http://cs.example:8080`. */
  dialled: string | null;
  /** The number of deviations from the specification, by their kind. */
  deviations: Generated<Record<string, number>>;
  localListVersion: number | null;
  credentials: HashedKey | null;
  /** Oldest first. */
  pendingCredentials: Generated<HashedKey[]>;
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
  /** The charge point's time of the status, or the time of reception when it sent none. */
  since: Date | null;
  receivedAt: Date | null;
  /** What an operator set with ChangeAvailability; null: never set. */
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
  /** Null: no limit. */
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
  idTagInfo: IdTagInfo;
  reservationId: number | null;
  /** What is unusual about the recorded values: `conflictingStop`, `matchedByInference`, `abandoned`, and the flags of the caller. */
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
  /** The text exactly as it was received. */
  value: string;
  measurand: string;
  phase: string | null;
  location: string;
  context: string;
  unit: string | null;
  format: string;
}

/** Why there is no confirmation: the received CALLERROR, or what was wrong with the answer. */
export interface CommandError {
  code: string;
  description: string;
  details: unknown;
}

/** The table `commands`. `messageId`, `sentAt` and `process` are null until the command is sent. */
export interface CommandsTable {
  /** uuid version 7, made by the caller: ids rise with time. */
  id: string;
  chargePoint: string;
  action: string;
  request: Record<string, unknown>;
  state: CommandState;
  confirmation: Record<string, unknown> | null;
  error: CommandError | null;
  lateAnswer: unknown;
  createdAt: Date;
  sentAt: Date | null;
  settledAt: Date | null;
  latencyMs: number | null;
  expiresAt: Date;
  messageId: string | null;
  /** The id of an API key. */
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

export interface ChargePointReportsTable {
  id: Generated<number>;
  chargePoint: string;
  action: string;
  content: object;
  /** The charge point's own time; null when the action has none. */
  reportedAt: Date | null;
  receivedAt: Date;
}

export interface MessagesTable {
  at: Date;
  /** Rises within a process. `at`, `id` and the charge point together are the key. */
  id: number;
  chargePoint: string;
  /** `in`: from the charge point. */
  direction: "in" | "out";
  /** `unreadable`: the frame is none of the other three. */
  type: "CALL" | "CALLRESULT" | "CALLERROR" | "unreadable";
  messageId: string | null;
  action: string | null;
  /** For a CALLERROR `{code, description, details}`; for an unreadable frame its text; with `isCut` the beginning of the text. */
  payload: unknown;
  /** Whether only the beginning of the payload is stored, as text. */
  isCut: boolean;
  /** For an answer: the time since its CALL. */
  latencyMs: number | null;
  commandId: string | null;
  transactionId: number | null;
  problems: { kind: string; detail: string }[];
}

export interface ConnectionAttemptsTable {
  /** uuid version 7, made by the caller: ids rise with time. */
  id: string;
  at: Date;
  lastAt: Date;
  count: number;
  address: string;
  /** Null when the URL had none, and when one address tried very many identities. */
  identity: string | null;
  /** A slug of a closed list. */
  cause: string;
  /** What was found, as a sentence. */
  found: string;
  /** What to do about it, as a sentence. */
  cure: string;
}

export interface IdempotencyKeysTable {
  apiKey: string;
  key: string;
  /** A hash of the request. */
  fingerprint: Uint8Array;
  answer: Uint8Array | null;
  process: number;
  createdAt: Date;
}

export interface EventsTable {
  sequence: number;
  type: string;
  chargePoint: string | null;
  at: Date;
  data: Record<string, unknown>;
  publishedAt: Date;
}

export interface EventOutboxTable {
  id: Generated<number>;
  type: string;
  chargePoint: string | null;
  at: Date;
  data: Record<string, unknown>;
}

export interface WebhooksTable {
  id: string;
  number: Generated<number>;
  url: string;
  description: string;
  /** Empty: every type. */
  types: EventType[];
  /** Empty: every charge point. */
  chargePoints: string[];
  enabled: boolean;
  secret: string;
  previousSecret: string | null;
  previousSecretUntil: Date | null;
  /** The number of the last event for which deliveries were made. */
  position: number;
  /** Events up to this number were removed, because of their age, before they were delivered; null: none was missed. */
  lostUntil: number | null;
  /** The number of failed attempts since the last successful one. */
  failures: Generated<number>;
  /** Since when several attempts in a row have failed; null: the webhook does not count as failing. */
  failingSince: Date | null;
  lastError: string | null;
  createdAt: Date;
}

export interface WebhookDeliveriesTable {
  webhook: string;
  sequence: number;
  lane: string;
  type: string;
  state: "pending" | "delivered" | "skipped";
  attempts: Generated<number>;
  createdAt: Date;
  nextAttemptAt: Date;
  leasedUntil: Date | null;
  lastAttemptAt: Date | null;
  lastStatus: number | null;
  lastError: string | null;
  latencyMs: number | null;
  settledAt: Date | null;
}

export interface AuditTable {
  number: number;
  entry: Record<string, unknown>;
  hash: Uint8Array;
}

export interface AuditHeadTable {
  number: number;
  hash: Uint8Array;
}
