/**
 * The store: one small repository for each kind of object, all over one PostgreSQL database. `openStore` opens and migrates the
 * database.
 */
import { CamelCasePlugin, Kysely } from "kysely";
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
import { type ChargePointReports, chargePointReports } from "./charge_point_reports.ts";
import { type DatabaseOptions, openDatabase } from "./engine/database.ts";
import { keepPlannerStatistics } from "./engine/planner_statistics.ts";
import { type SiteGrants, siteGrants } from "./smart_charging/site_grants.ts";
import { type Sites, sites } from "./smart_charging/sites.ts";
import { type TriggeredMessages, triggeredMessages } from "./remote_trigger/triggered_messages.ts";
import { type Reservations, reservations } from "./reservation/reservations.ts";
import { signOfLife } from "./engine/sign_of_life.ts";
import { countStatements, type Statements } from "./engine/statements.ts";
import type { Database } from "./tables.ts";
import { type Transactions, transactions } from "./transactions.ts";
import { type WebhookDeliveries, webhookDeliveries } from "./webhook_deliveries.ts";
import { type Webhooks, webhooks } from "./webhooks.ts";

/** All repositories, and the maintenance of the database. */
export interface Store {
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
  /** Checks the database under the deadline; throws StoreError when it does not answer or its disk is full. */
  probe(): Promise<void>;
  /** Analyses tables that have grown, so that the planner knows their size. To be called every few seconds. Returns their names. */
  keepPlannerStatistics(): Promise<string[]>;
  /** Waits for statements under way, then closes connections and releases locks. */
  close(): Promise<void>;
}

/** The database, its deadline, and how long rows are kept. */
export interface StoreOptions extends DatabaseOptions {
  /** Meter values of months that ended longer ago are removed. Null, the default: all are kept. */
  readonly meterValueRetentionDays?: number | null;
  /** Messages of days that ended longer ago are removed from the message log. Default 30. */
  readonly messageRetentionDays?: number;
  /** A monotonic clock for the age of cached rows. Default performance.now. */
  readonly monotonicMs?: () => number;
}

const MESSAGE_RETENTION_DAYS = 30;

/** Opens the database and migrates it, one process at a time. Throws StoreError with the database's message. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { dialect, process, close } = await openDatabase(options);
  const { log = () => {}, meterValueRetentionDays, monotonicMs = () => performance.now() } = options;
  const { statements, log: count } = countStatements();
  const life = signOfLife();
  const plugins = [new CamelCasePlugin({ maintainNestedObjectKeys: true })];
  const db = new Kysely<Database>({
    dialect,
    plugins,
    log: (event) => [count, life.log].forEach((hear) => hear(event)),
  });
  const outbox = outboxSignal();
  const samples = meterValues(db, { retentionDays: meterValueRetentionDays ?? undefined, log });
  const messageLog = messages(db, { retentionDays: options.messageRetentionDays ?? MESSAGE_RETENTION_DAYS, log });
  const allSites = sites(db);
  return {
    chargePoints: chargePoints(db, outbox),
    connectors: connectors(db, outbox),
    configurationKeys: configurationKeys(db),
    idTags: idTags(db, monotonicMs),
    transactions: transactions(db, outbox),
    meterValues: samples,
    chargingProfiles: chargingProfiles(db, outbox),
    profileTemplates: profileTemplates(db),
    profileInstallations: profileInstallations(db),
    commands: commands(db, process, outbox),
    apiKeys: apiKeys(db, monotonicMs),
    chargePointReports: chargePointReports(db, outbox),
    firmwareUpdates: firmwareUpdates(db, outbox),
    firmwareCampaigns: firmwareCampaigns(db, outbox),
    firmwareCampaignTargets: firmwareCampaignTargets(db, outbox),
    events: events(db, outbox),
    webhooks: webhooks(db),
    webhookDeliveries: webhookDeliveries(db),
    audit: audit(db),
    messages: messageLog,
    connectionAttempts: connectionAttempts(db),
    idempotencyKeys: idempotencyKeys(db, process),
    desiredLocalLists: desiredLocalLists(db),
    knownLocalLists: knownLocalLists(db, outbox),
    localListSyncs: localListSyncs(db, outbox),
    files: files(db),
    diagnostics: diagnostics(db, outbox),
    sites: allSites,
    siteGrants: siteGrants(db, allSites),
    reservations: reservations(db, outbox),
    triggeredMessages: triggeredMessages(db),
    statements,
    probe: () => life.ask(db),
    keepPlannerStatistics: () => keepPlannerStatistics(db),
    async close() {
      await Promise.all([samples.idle(), messageLog.idle()]);
      await close();
    },
  };
}
