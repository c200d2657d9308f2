import { notice } from "./charge_point_report.ts";

/** How an upload of a log goes (security white paper 4.5). */
export const LogStatusNotification = notice("LogStatusNotification", ({ status }) => `log upload: ${status}`);

/** A security event; types that no list knows are kept, too (security white paper 4.7). */
export const SecurityEventNotification = notice(
  "SecurityEventNotification",
  ({ type, techInfo }) => `security event ${type}${techInfo ? `: ${techInfo}` : ""}`,
);
