import { apiKeyRoutes } from "./api_keys.ts";
import { auditRoutes } from "./audit.ts";
import { chargePointRoutes } from "./charge_points.ts";
import { commandRoutes } from "./commands.ts";
import { configurationRoutes } from "./configuration.ts";
import { connectionAttemptRoutes } from "./connection_attempts.ts";
import { connectorRoutes } from "./connectors.ts";
import { credentialRoutes } from "./credentials.ts";
import { eventRoutes } from "./events.ts";
import { firmwareCampaignRoutes } from "./firmware_management/firmware_campaigns.ts";
import { firmwareUpdateRoutes } from "./firmware_management/firmware_update.ts";
import { diagnosticsRoutes } from "./firmware_management/diagnostics.ts";
import { downloadRoutes } from "./firmware_management/downloads.ts";
import { fileRoutes } from "./firmware_management/files.ts";
import { uploadRoutes } from "./firmware_management/uploads.ts";
import { healthRoutes } from "./health.ts";
import { idTagRoutes } from "./id_tags.ts";
import { localListRoutes } from "./local_auth_list_management/local_list.ts";
import { sharedLocalListRoutes } from "./local_auth_list_management/local_lists.ts";
import { messageRoutes } from "./messages.ts";
import { meterValueRoutes } from "./meter_values.ts";
import { metricRoutes } from "./metrics.ts";
import { reservationRoutes } from "./reservation/reservations.ts";
import type { Route } from "./route.ts";
import { chargingProfileRoutes } from "./smart_charging/charging_profiles.ts";
import { compositeScheduleRoutes } from "./smart_charging/composite_schedule.ts";
import { securityEventRoutes } from "./security/security_events.ts";
import { siteAllocationRoutes } from "./smart_charging/site_allocation.ts";
import { siteRoutes } from "./smart_charging/sites.ts";
import { profileInstallationRoutes } from "./smart_charging/profile_installations.ts";
import { profileTemplateRoutes } from "./smart_charging/profile_templates.ts";
import { transactionRoutes } from "./transactions.ts";
import { webhookRoutes } from "./webhooks.ts";

/** Every route of the API, in the order of the OpenAPI document, which is itself the only one that is not in here. */
export const routes: readonly Route[] = [
  ...chargePointRoutes,
  ...credentialRoutes,
  ...connectorRoutes,
  ...compositeScheduleRoutes,
  ...configurationRoutes,
  ...messageRoutes,
  ...connectionAttemptRoutes,
  ...securityEventRoutes,
  ...commandRoutes,
  ...firmwareUpdateRoutes,
  ...firmwareCampaignRoutes,
  ...idTagRoutes,
  ...localListRoutes,
  ...sharedLocalListRoutes,
  ...transactionRoutes,
  ...meterValueRoutes,
  ...fileRoutes,
  ...downloadRoutes,
  ...chargingProfileRoutes,
  ...diagnosticsRoutes,
  ...uploadRoutes,
  ...siteRoutes,
  ...siteAllocationRoutes,
  ...profileTemplateRoutes,
  ...profileInstallationRoutes,
  ...reservationRoutes,
  ...eventRoutes,
  ...webhookRoutes,
  ...auditRoutes,
  ...apiKeyRoutes,
  ...healthRoutes,
  ...metricRoutes,
];
