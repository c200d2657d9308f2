import { notice } from "./notice.ts";

/** How an upload of diagnostics goes (OCPP 1.6 4.4). */
export const DiagnosticsStatusNotification = notice(
  "DiagnosticsStatusNotification",
  ({ status }) => `diagnostics: ${status}`,
);

/** How a firmware update goes (OCPP 1.6 4.5). */
export const FirmwareStatusNotification = notice("FirmwareStatusNotification", ({ status }) => `firmware: ${status}`);

/** How an upload of a log goes (security white paper 4.5). */
export const LogStatusNotification = notice("LogStatusNotification", ({ status }) => `log upload: ${status}`);

/** How an update of signed firmware goes (security white paper 4.8). */
export const SignedFirmwareStatusNotification = notice(
  "SignedFirmwareStatusNotification",
  ({ status }) => `signed firmware: ${status}`,
);

/** A security event; types that no list knows are kept, too (security white paper 4.7). */
export const SecurityEventNotification = notice(
  "SecurityEventNotification",
  ({ type, techInfo }) => `security event ${type}${techInfo ? `: ${techInfo}` : ""}`,
);
