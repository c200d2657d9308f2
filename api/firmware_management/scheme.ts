import { z } from "zod";
import type { Scheme } from "../../actors/firmware_management/files.ts";
import type { House } from "../house.ts";
import { invalid } from "../problem.ts";

/** How an address of ours shall be reached. */
export const scheme = z.enum(["http", "ftp"]).default("http").meta({
  description: "Of an address of ours; http: also https, as CHARGEHAND_PUBLIC_URL says; ftp needs CHARGEHAND_FTP_PORT",
});

/** Throws the problem when nobody listens there. */
export function requireScheme(asked: Scheme, { settings }: Pick<House, "settings">): void {
  if (asked !== "ftp" || settings.ftpPort !== null) return;
  throw invalid({
    in: "body",
    pointer: "/scheme",
    detail: "The FTP server is off; CHARGEHAND_FTP_PORT switches it on",
  });
}
