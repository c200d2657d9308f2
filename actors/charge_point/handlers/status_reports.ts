import { notice } from "./charge_point_report.ts";

/** Progress of an upload of a log (security white paper 4.5). */
export const LogStatusNotification = notice("LogStatusNotification", ({ status }) => `log upload: ${status}`);

/** A security event, with any type (security white paper 4.7). */
export const SecurityEventNotification = notice(
  "SecurityEventNotification",
  ({ type, techInfo }) => `security event ${type}${techInfo ? `: ${techInfo}` : ""}`,
);
