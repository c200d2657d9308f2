import type { Migration } from "kysely/migration";
import * as chargePoints from "./0001_charge_points.ts";
import * as transactions from "./0002_transactions.ts";
import * as meterValues from "./0003_meter_values.ts";
import * as operators from "./0004_operators.ts";
import * as notices from "./0005_notices.ts";
import * as events from "./0010_events.ts";
import * as webhooks from "./0011_webhooks.ts";
import * as audit from "./0012_audit.ts";
import * as messages from "./0020_messages.ts";
import * as connectionAttempts from "./0021_connection_attempts.ts";
import * as idempotencyKeys from "./0022_idempotency_keys.ts";
import * as pendingCredentials from "./0023_pending_credentials.ts";
import * as unlinkedMeterValues from "./0024_unlinked_meter_values.ts";
import * as chargingProfiles from "./0031_charging_profiles.ts";
import * as profileTemplates from "./0032_profile_templates.ts";
import * as sites from "./0033_sites.ts";
import * as siteGrants from "./0034_site_grants.ts";
import * as confirmedGrants from "./0035_confirmed_grants.ts";
import * as otherProfiles from "./0036_other_profiles.ts";
import * as firmwareUpdates from "./0040_firmware_updates.ts";
import * as firmwareCampaigns from "./0041_firmware_campaigns.ts";
import * as files from "./0042_files.ts";
import * as diagnostics from "./0043_diagnostics.ts";
import * as reservations from "./0050_reservations.ts";
import * as triggeredMessages from "./0051_triggered_messages.ts";
import * as localLists from "./0060_local_lists.ts";
import * as knownLocalLists from "./0061_known_local_lists.ts";
import * as lighterTransactions from "./0070_lighter_transactions.ts";
import * as campaignSchemes from "./0071_campaign_schemes.ts";
import * as dialledHosts from "./0072_dialled_hosts.ts";
import * as plainNames from "./0080_plain_names.ts";

/**
 * Every migration, by the name that the database stores. This is a list in code and not a folder, so that it works bundled and without
 * file permissions. The SQL of a published migration is never changed: add the next migration.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001_charge_points": chargePoints,
  "0002_transactions": transactions,
  "0003_meter_values": meterValues,
  "0004_operators": operators,
  "0005_notices": notices,
  "0010_events": events,
  "0011_webhooks": webhooks,
  "0012_audit": audit,
  "0020_messages": messages,
  "0021_connection_attempts": connectionAttempts,
  "0022_idempotency_keys": idempotencyKeys,
  "0023_pending_credentials": pendingCredentials,
  "0024_unlinked_meter_values": unlinkedMeterValues,
  "0031_charging_profiles": chargingProfiles,
  "0032_profile_templates": profileTemplates,
  "0033_sites": sites,
  "0034_site_grants": siteGrants,
  "0035_confirmed_grants": confirmedGrants,
  "0036_other_profiles": otherProfiles,
  "0040_firmware_updates": firmwareUpdates,
  "0041_firmware_campaigns": firmwareCampaigns,
  "0042_files": files,
  "0043_diagnostics": diagnostics,
  "0050_reservations": reservations,
  "0051_triggered_messages": triggeredMessages,
  "0060_local_lists": localLists,
  "0061_known_local_lists": knownLocalLists,
  "0070_lighter_transactions": lighterTransactions,
  "0071_campaign_schemes": campaignSchemes,
  "0072_dialled_hosts": dialledHosts,
  "0080_plain_names": plainNames,
};
