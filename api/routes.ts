import { apiKeyRoutes } from "./resources/api_keys.ts";
import { auditRoutes } from "./resources/audit.ts";
import { chargePointRoutes } from "./resources/charge_points.ts";
import { commandRoutes } from "./resources/commands.ts";
import { configurationRoutes } from "./resources/configuration.ts";
import { connectionAttemptRoutes } from "./resources/connection_attempts.ts";
import { connectorRoutes } from "./resources/connectors.ts";
import { credentialRoutes } from "./resources/credentials.ts";
import { eventRoutes } from "./resources/events.ts";
import { firmwareCampaignRoutes } from "./resources/firmware_management/firmware_campaigns.ts";
import { firmwareUpdateRoutes } from "./resources/firmware_management/firmware_update.ts";
import { diagnosticsRoutes } from "./resources/firmware_management/diagnostics.ts";
import { downloadRoutes } from "./resources/firmware_management/downloads.ts";
import { fileRoutes } from "./resources/firmware_management/files.ts";
import { uploadRoutes } from "./resources/firmware_management/uploads.ts";
import { healthRoutes } from "./resources/health.ts";
import { idTagRoutes } from "./resources/id_tags.ts";
import { localListRoutes } from "./resources/local_auth_list_management/local_list.ts";
import { sharedLocalListRoutes } from "./resources/local_auth_list_management/local_lists.ts";
import { messageRoutes } from "./resources/messages.ts";
import { meterValueRoutes } from "./resources/meter_values.ts";
import { metricRoutes } from "./resources/metrics.ts";
import { reservationRoutes } from "./resources/reservation/reservations.ts";
import type { Route } from "./http/route.ts";
import { chargingProfileRoutes } from "./resources/smart_charging/charging_profiles.ts";
import { compositeScheduleRoutes } from "./resources/smart_charging/composite_schedule.ts";
import { securityEventRoutes } from "./resources/security/security_events.ts";
import { siteAllocationRoutes } from "./resources/smart_charging/site_allocation.ts";
import { siteRoutes } from "./resources/smart_charging/sites.ts";
import { profileInstallationRoutes } from "./resources/smart_charging/profile_installations.ts";
import { profileTemplateRoutes } from "./resources/smart_charging/profile_templates.ts";
import { transactionRoutes } from "./resources/transactions.ts";
import { webhookRoutes } from "./resources/webhooks.ts";

/** All routes in the order of the OpenAPI document. Only those of the documentation are made elsewhere: they need this list. */
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
