/**
 * The door to everything that is remembered. `openStore` chooses the database, and from there on nobody needs to know which one it
 * is: the same schema, statements and errors on both.
 */
import { CamelCasePlugin, type Dialect, Kysely, sql } from "kysely";
import { type ApiKeys, apiKeys } from "./api_keys.ts";
import { type Audit, audit } from "./audit.ts";
import { type ChargePoints, chargePoints } from "./charge_points.ts";
import { type ChargingProfiles, chargingProfiles } from "./smart_charging/charging_profiles.ts";
import { type ProfileInstallations, profileInstallations } from "./smart_charging/profile_installations.ts";
import { type ProfileTemplates, profileTemplates } from "./smart_charging/profile_templates.ts";
import { type Commands, commands } from "./commands.ts";
import { type ConfigurationKeys, configurationKeys } from "./configuration_keys.ts";
import { type ConnectionAttempts, connectionAttempts } from "./connection_attempts.ts";
import { type Connectors, connectors } from "./connectors.ts";
import { refused } from "./engine/errors.ts";
import { meetServer } from "./engine/first_contact.ts";
import { outboxSignal } from "./event_outbox.ts";
import { type Events, events } from "./events.ts";
import { type FirmwareCampaigns, firmwareCampaigns } from "./firmware_management/firmware_campaigns.ts";
import {
  type FirmwareCampaignTargets,
  firmwareCampaignTargets,
} from "./firmware_management/firmware_campaign_targets.ts";
import { type FirmwareUpdates, firmwareUpdates } from "./firmware_management/firmware_updates.ts";
import { type Diagnostics, diagnostics } from "./firmware_management/diagnostics.ts";
import { type Files, files } from "./firmware_management/files.ts";
import { type IdTags, idTags } from "./id_tags.ts";
import { type IdempotencyKeys, idempotencyKeys } from "./idempotency_keys.ts";
import { type DesiredLocalLists, desiredLocalLists } from "./local_auth_list_management/desired_local_lists.ts";
import { type KnownLocalLists, knownLocalLists } from "./local_auth_list_management/known_local_lists.ts";
import { type LocalListSyncs, localListSyncs } from "./local_auth_list_management/local_list_syncs.ts";
import { type Messages, messages } from "./messages.ts";
import { type MeterValues, meterValues } from "./meter_values.ts";
import { migrate } from "./engine/migrate.ts";
import { type ChargePointReports, chargePointReports } from "./charge_point_reports.ts";
import { openPGlite } from "./pglite.ts";
import { keepPlannerStatistics } from "./engine/planner_statistics.ts";
import { postgresDialect } from "./engine/postgres_dialect.ts";
import { PostgresPool } from "./engine/postgres_pool.ts";
import { holdPresence, processNumber } from "./engine/node_lease.ts";
import { type SiteGrants, siteGrants } from "./smart_charging/site_grants.ts";
import { type Sites, sites } from "./smart_charging/sites.ts";
import { type TriggeredMessages, triggeredMessages } from "./remote_trigger/triggered_messages.ts";
import { type Reservations, reservations } from "./reservation/reservations.ts";
import { countStatements, type Statements } from "./engine/statements.ts";
import type { Database } from "./tables.ts";
import { type Transactions, transactions } from "./transactions.ts";
import { type WebhookDeliveries, webhookDeliveries } from "./webhook_deliveries.ts";
import { type Webhooks, webhooks } from "./webhooks.ts";

/** Everything that is remembered: one small repository per aggregate, all over one database. */
export interface Store {
  readonly kind: "postgres" | "pglite";
  readonly chargePoints: ChargePoints;
  readonly connectors: Connectors;
  readonly configurationKeys: ConfigurationKeys;
  readonly idTags: IdTags;
  readonly transactions: Transactions;
  readonly meterValues: MeterValues;
  readonly chargingProfiles: ChargingProfiles;
  readonly profileTemplates: ProfileTemplates;
  readonly profileInstallations: ProfileInstallations;
  readonly commands: Commands;
  readonly apiKeys: ApiKeys;
  readonly chargePointReports: ChargePointReports;
  readonly firmwareUpdates: FirmwareUpdates;
  readonly firmwareCampaigns: FirmwareCampaigns;
  readonly firmwareCampaignTargets: FirmwareCampaignTargets;
  readonly events: Events;
  readonly webhooks: Webhooks;
  readonly webhookDeliveries: WebhookDeliveries;
  readonly audit: Audit;
  readonly messages: Messages;
  readonly connectionAttempts: ConnectionAttempts;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly desiredLocalLists: DesiredLocalLists;
  readonly knownLocalLists: KnownLocalLists;
  readonly localListSyncs: LocalListSyncs;
  readonly files: Files;
  readonly diagnostics: Diagnostics;
  readonly sites: Sites;
  readonly siteGrants: SiteGrants;
  readonly reservations: Reservations;
  readonly triggeredMessages: TriggeredMessages;
  readonly statements: Readonly<Statements>;
  /** Asks the database for a sign of life under the deadline; throws StoreError when there is none. */
  probe(): Promise<void>;
  /** To be called every few seconds: plans are good only as long as the planner knows how large the tables are. Returns what was analysed. */
  keepPlannerStatistics(): Promise<string[]>;
  /** Lets statements under way finish, then lets go of connections, locks and files. */
  close(): Promise<void>;
}

/** Which database, and how to reach it. Neither `databaseUrl` nor `dataDir`: PGlite in memory. */
export interface StoreOptions {
  readonly databaseUrl?: string;
  readonly dataDir?: string;
  /** Told of what an operator should look at; everything is fine as long as it is silent. */
  readonly log?: (line: string, facts?: Record<string, unknown>) => void;
  /** Per statement, waiting for a connection included. Default 2500; PostgreSQL only. */
  readonly queryDeadlineMs?: number;
  /** PostgreSQL only: a schema of its own, created when missing (tests). */
  readonly schema?: string;
  /** Meter values of months that ended longer ago are dropped. Null, the default: everything is kept. */
  readonly meterValueRetentionDays?: number | null;
  /** Logged messages of days that ended longer ago are dropped. Default 30. */
  readonly messageRetentionDays?: number;
  /** A clock that only ever rises, for the age of cached rows. Default performance.now. */
  readonly monotonicMs?: () => number;
}

/** An opened and migrated database. */
interface Opened {
  readonly kind: Store["kind"];
  readonly dialect: Dialect;
  /** The number under which this process is present, and whether no other can be. */
  readonly process: number;
  readonly alone: boolean;
  /** Ends the connections. Not Kysely's `destroy`, which does nothing as long as nothing was asked. */
  close(): Promise<void>;
}

/** Connections of one process: statements are short and gathered, more would only queue up inside the server. */
const MAX_CONNECTIONS = 8;
const QUERY_DEADLINE_MS = 2500;
const MESSAGE_RETENTION_DAYS = 30;
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Opens the database, locks it (PGlite's folder), migrates it (one process at a time), and serves.
 * Throws StoreError "locked" when another process has the folder, and what the database says when it cannot be migrated.
 */
export async function openStore(options: StoreOptions = {}): Promise<Store> {
  const { kind, dialect, process, alone, close } = await (options.databaseUrl ? openPostgres : openEmbedded)(options);
  const { log = () => {}, meterValueRetentionDays, monotonicMs = () => performance.now() } = options;
  const { statements, log: count } = countStatements();
  const plugins = [new CamelCasePlugin({ maintainNestedObjectKeys: true })];
  const db = new Kysely<Database>({ dialect, plugins, log: count });
  const outbox = outboxSignal();
  const samples = meterValues(db, { retentionDays: meterValueRetentionDays ?? undefined, log });
  const conversations = messages(db, { retentionDays: options.messageRetentionDays ?? MESSAGE_RETENTION_DAYS, log });
  const groups = sites(db);
  return {
    kind,
    chargePoints: chargePoints(db, outbox),
    connectors: connectors(db, outbox),
    configurationKeys: configurationKeys(db),
    idTags: idTags(db, monotonicMs),
    transactions: transactions(db, outbox),
    meterValues: samples,
    chargingProfiles: chargingProfiles(db, outbox),
    profileTemplates: profileTemplates(db),
    profileInstallations: profileInstallations(db),
    commands: commands(db, { process, alone }, outbox),
    apiKeys: apiKeys(db, monotonicMs),
    chargePointReports: chargePointReports(db, outbox),
    firmwareUpdates: firmwareUpdates(db, outbox),
    firmwareCampaigns: firmwareCampaigns(db, outbox),
    firmwareCampaignTargets: firmwareCampaignTargets(db, outbox),
    events: events(db, outbox),
    webhooks: webhooks(db),
    webhookDeliveries: webhookDeliveries(db),
    audit: audit(db),
    messages: conversations,
    connectionAttempts: connectionAttempts(db),
    idempotencyKeys: idempotencyKeys(db, { process, alone }),
    desiredLocalLists: desiredLocalLists(db),
    knownLocalLists: knownLocalLists(db, outbox),
    localListSyncs: localListSyncs(db, outbox),
    files: files(db),
    diagnostics: diagnostics(db, outbox),
    sites: groups,
    siteGrants: siteGrants(db, groups),
    reservations: reservations(db, outbox),
    triggeredMessages: triggeredMessages(db),
    statements,
    async probe() {
      await sql`select 1`.execute(db);
    },
    keepPlannerStatistics: () => keepPlannerStatistics(db),
    async close() {
      await Promise.all([samples.quiet(), conversations.quiet()]);
      await close();
    },
  };
}

async function openEmbedded({ dataDir, log = () => {} }: StoreOptions): Promise<Opened> {
  const { dialect, close } = await openPGlite(dataDir);
  try {
    await migrate(new Kysely<unknown>({ dialect }), { log });
  } catch (error) {
    await close();
    throw error;
  }
  return { kind: "pglite", dialect, process: processNumber(), alone: true, close };
}

async function openPostgres(options: StoreOptions): Promise<Opened> {
  const { databaseUrl: url = "", schema, log = () => {}, queryDeadlineMs = QUERY_DEADLINE_MS } = options;
  if (schema !== undefined && !SCHEMA_NAME.test(schema)) throw refused(`${schema} is not a plain name of a schema`);
  const session = { ...SESSION, ...(schema !== undefined && { search_path: schema }) };

  await meetServer(url);
  const unhurried = new PostgresPool({
    url,
    maxConnections: 1,
    deadlineMs: 0,
    session: { ...session, ...NO_TIMEOUTS },
    log,
  });
  const db = new Kysely<unknown>({ dialect: postgresDialect(unhurried) });
  await migrate(db, { schema, log }).finally(() => unhurried.close());

  const presence = await holdPresence({ url, session: { ...session, ...NO_TIMEOUTS }, log });
  const timeouts = { ...session, ...TIMEOUTS };
  const pool = new PostgresPool({
    url,
    maxConnections: MAX_CONNECTIONS,
    deadlineMs: queryDeadlineMs,
    session: timeouts,
    log,
  });
  const close = async () => {
    await pool.close();
    await presence.close();
  };
  return { kind: "postgres", dialect: postgresDialect(pool), process: presence.number, alone: false, close };
}

/** Settings of every connection. jit off: it would cost more than our short statements ever do. */
const SESSION = { application_name: "chargehand", TimeZone: "UTC", synchronous_commit: "on", jit: "off" };

/** Shorter than our own deadline, so that the server lets go before we give up and the outcome is known. */
const TIMEOUTS = { statement_timeout: "2000", lock_timeout: "1000", idle_in_transaction_session_timeout: "5000" };

/** For migrations, which may take their time, and for the connection that only holds a lock. */
const NO_TIMEOUTS = { statement_timeout: "0", lock_timeout: "0", idle_in_transaction_session_timeout: "0" };
