import type { Migration } from "kysely/migration";
import * as chargePoints from "./0001_charge_points.ts";
import * as transactions from "./0002_transactions.ts";
import * as meterValues from "./0003_meter_values.ts";
import * as operators from "./0004_operators.ts";
import * as notices from "./0005_notices.ts";

/**
 * Every migration, by the name that the database remembers. A list in code rather than a folder to read, so that it works
 * bundled and without file permissions. A published migration is never changed: add the next one.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001_charge_points": chargePoints,
  "0002_transactions": transactions,
  "0003_meter_values": meterValues,
  "0004_operators": operators,
  "0005_notices": notices,
};
