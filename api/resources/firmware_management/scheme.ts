import { z } from "zod";
import { missingSettings } from "../../../actors/firmware_management/files.ts";
import type { Scheme } from "../../../db/firmware_management/firmware_campaign_tables.ts";
import type { App } from "../../http/app.ts";
import { invalid } from "../../http/problem.ts";

/** How an address of ours shall be reached. */
export const scheme = z.enum(["http", "ftp", "ftps"]).meta({
  description:
    "Of an address of ours; http: also https, as CHARGEHAND_PUBLIC_URL says; ftp needs CHARGEHAND_FTP_PORT, ftps also CHARGEHAND_FTP_CERTIFICATE",
});

/** Throws the problem when nobody listens there. */
export function requireScheme(asked: Scheme, { settings }: Pick<App, "settings">): void {
  const detail = missingSettings(asked, settings);
  if (detail !== undefined) throw invalid({ in: "body", pointer: "/scheme", detail });
}
