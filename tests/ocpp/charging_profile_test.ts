import { assertEquals } from "@std/assert";
import { checkRequest } from "../../ocpp/check.ts";

const RELATIVE = {
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: "TxProfile",
  chargingProfileKind: "Relative",
  chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 6 }] },
};
const ABSOLUTE = {
  ...RELATIVE,
  chargingProfileKind: "Absolute",
  chargingSchedule: { ...RELATIVE.chargingSchedule, startSchedule: "2026-03-02T01:00:00Z" },
};
const limits = (...limits: number[]) => ({
  ...RELATIVE,
  chargingSchedule: {
    chargingRateUnit: "W",
    chargingSchedulePeriod: limits.map((limit, index) => ({ startPeriod: index * 60, limit })),
  },
});

const isSent = (csChargingProfiles: object, connectorId = 1) =>
  checkRequest("SetChargingProfile", { connectorId, csChargingProfiles }, "strict").ok;
const starts = (chargingProfile: object) =>
  checkRequest("RemoteStartTransaction", { idTag: "T", chargingProfile }, "strict").ok;

Deno.test("profiles that the charge point decides on are sent: unknown transactions and connectors, high levels, a past validity", () => {
  assertEquals(isSent({ ...RELATIVE, transactionId: -1 }), true);
  assertEquals(isSent({ ...RELATIVE, stackLevel: 99 }, 42), true);
  assertEquals(isSent({ ...RELATIVE, chargingProfilePurpose: "ChargePointMaxProfile" }, 3), true);
  assertEquals(isSent({ ...ABSOLUTE, validFrom: "2026-03-02T01:00:00Z", validTo: "2020-01-01T00:00:00Z" }), true);
});

Deno.test("a profile with contradicting fields is refused", () => {
  const { startSchedule: _, ...unstarted } = ABSOLUTE.chargingSchedule;
  assertEquals(isSent({ ...ABSOLUTE, chargingSchedule: unstarted }), false);
  assertEquals(isSent({ ...RELATIVE, chargingSchedule: ABSOLUTE.chargingSchedule }), false);
  assertEquals(isSent({ ...ABSOLUTE, chargingProfileKind: "Recurring" }), false);
  assertEquals(isSent({ ...ABSOLUTE, chargingProfileKind: "Recurring", recurrencyKind: "Daily" }), true);
  assertEquals(isSent({ ...ABSOLUTE, recurrencyKind: "Daily" }), false);
  assertEquals(isSent({ ...RELATIVE, chargingProfilePurpose: "TxDefaultProfile", transactionId: 1 }), false);
});

Deno.test("a limit has at most one decimal; every such limit from 0.1 to 1000 is accepted", () => {
  for (let tenths = 1; tenths <= 10_000; tenths++) assertEquals(isSent(limits(tenths / 10)), true, `${tenths / 10}`);
  for (const limit of [0.05, 8.15, 10.55, 0.1 + 0.2 + 0.01, -1]) assertEquals(isSent(limits(limit)), false);
});

Deno.test("the first period starts at 0, and the periods are in ascending order", () => {
  const from = (...starts: number[]) => ({
    ...RELATIVE,
    chargingSchedule: {
      chargingRateUnit: "A",
      chargingSchedulePeriod: starts.map((startPeriod) => ({ startPeriod, limit: 6 })),
    },
  });
  assertEquals([from(0), from(0, 60, 60), from(60), from(0, 60, 30), from()].map((each) => isSent(each)), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("the charging profile of a remote start is a TxProfile without a transactionId", () => {
  assertEquals(starts(RELATIVE), true);
  assertEquals(starts(ABSOLUTE), true);
  assertEquals(starts({ ...RELATIVE, transactionId: 1 }), false);
  assertEquals(starts({ ...RELATIVE, chargingProfilePurpose: "TxDefaultProfile" }), false);
});
