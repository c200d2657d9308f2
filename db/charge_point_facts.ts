/**
 * What the statements about charge points tell of, each as a select from their CTEs.
 */
import { type Kysely, sql } from "kysely";
import { fact, intoOutbox } from "./event_outbox.ts";
import type { Database } from "./tables.ts";

/** The row as it was: every part of a statement sees the database as it was when the statement began. */
export function withBefore(db: Kysely<Database>, identity: string) {
  return db.with("before", (c) => c.selectFrom("chargePoints").select("registration").where("identity", "=", identity));
}

/** The event of a registration that is not what it was, from `before` and `after`. */
export function registrationChanged(now: Date) {
  const changed = "after left join before on true where after.registration is distinct from before.registration";
  return intoOutbox(fact("chargePoint.registrationChanged", changed, {
    chargePoint: "after.identity",
    at: sql`${now}::timestamptz`,
    data: { before: "before.registration", after: "after.registration" },
  }));
}

/** The event of a charge point that is no longer registered, from `before`. */
export function removed(now: Date) {
  return intoOutbox(fact("chargePoint.registrationChanged", "before", {
    chargePoint: "identity",
    at: sql`${now}::timestamptz`,
    data: { before: "registration", after: "null::text" },
  }));
}

/** The event of a boot, from `booted`. */
export const booted = intoOutbox(fact("chargePoint.booted", "booted", {
  chargePoint: "identity",
  at: "booted_at",
  data: {
    registration: "registration",
    vendor: "coalesce(vendor, '')",
    model: "coalesce(model, '')",
    serialNumber: "serial_number",
    firmwareVersion: "firmware_version",
  },
}));
