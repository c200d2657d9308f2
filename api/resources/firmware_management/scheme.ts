import { z } from "zod";
import { missingSettings } from "../../../actors/firmware_management/files.ts";
import type { Scheme } from "../../../db/firmware_management/firmware_campaign_tables.ts";
import type { App } from "../../http/app.ts";
import { invalid } from "../../http/problem.ts";

/** The protocol of a download or upload address that the Central System creates. */
export const scheme = z.enum(["http", "ftp", "ftps"]).meta({
  description:
    "The protocol of the address that is created here. http: http or https, as in CHARGEHAND_PUBLIC_URL; ftp needs CHARGEHAND_FTP_PORT, " +
    "ftps also CHARGEHAND_FTP_CERTIFICATE",
});

/** Throws 400 when the settings do not offer this protocol. */
export function requireScheme(asked: Scheme, { settings }: Pick<App, "settings">): void {
  const detail = missingSettings(asked, settings);
  if (detail !== undefined) throw invalid({ in: "body", pointer: "/scheme", detail });
}
