/**
 * The events of statements about charge points. Each export builds the CTE that puts the events of one statement into the outbox.
 */
import { type Kysely, sql } from "kysely";
import { eventRows, intoOutbox } from "./event_outbox.ts";
import type { Database } from "./tables.ts";

/** Adds the CTE `before`: the row before the change. Every part of a statement sees the database as it was when the statement began. */
export function withBefore(db: Kysely<Database>, identity: string) {
  return db.with("before", (c) => c.selectFrom("chargePoints").select("registration").where("identity", "=", identity));
}

/** The event of a registration that has changed, from the CTEs `before` and `after`. */
export function registrationChanged(now: Date) {
  const changed = "after left join before on true where after.registration is distinct from before.registration";
  return intoOutbox(eventRows("chargePoint.registrationChanged", changed, {
    chargePoint: "after.identity",
    at: sql`${now}::timestamptz`,
    data: { before: "before.registration", after: "after.registration" },
  }));
}

/** The event of a charge point that was removed, from the CTE `before`. */
export function removed(now: Date) {
  return intoOutbox(eventRows("chargePoint.registrationChanged", "before", {
    chargePoint: "identity",
    at: sql`${now}::timestamptz`,
    data: { before: "registration", after: "null::text" },
  }));
}

/** The event of a BootNotification, from the CTE `booted`. */
export const booted = intoOutbox(eventRows("chargePoint.booted", "booted", {
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
