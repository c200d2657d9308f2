import { assertEquals } from "@std/assert";
import {
  type Circumstances,
  reservationWarnings,
  type Wanted,
} from "../../../ocpp/reservation/reservation_warnings.ts";

const NOW = new Date("2026-03-02T08:00:00.000Z");
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const WANTED: Wanted = { connectorId: 1, idTag: "TAG", expiryDate: later(30) };
const TAG = { status: "Accepted", expiryDate: null, parentIdTag: null } as const;
const KNOWN: Circumstances = {
  now: NOW,
  tag: TAG,
  status: "Available",
  held: undefined,
  connectorZeroSupported: undefined,
};

const odd: [string, Partial<Wanted>, Partial<Circumstances>, string[]][] = [
  ["nothing odd", {}, {}, []],
  ["a connector that was never reported", {}, { status: undefined }, []],
  ["an unknown tag", {}, { tag: undefined }, ["id-tag-may-not-charge"]],
  ["a blocked tag", {}, { tag: { ...TAG, status: "Blocked" } }, ["id-tag-may-not-charge"]],
  ["a tag that expires in between", {}, { tag: { ...TAG, expiryDate: later(10) } }, ["id-tag-may-not-charge"]],
  ["a tag that expires later", {}, { tag: { ...TAG, expiryDate: later(60) } }, []],
  ["an end in the past", { expiryDate: NOW }, {}, ["already-over"]],
  ["a connector in use", {}, { status: "Charging" }, ["connector-not-free"]],
  ["a connector that is unavailable", {}, { status: "Unavailable" }, ["connector-not-free"]],
  ["a connector that is kept for somebody", {}, { status: "Reserved", held: { reservationId: 7 } }, [
    "already-reserved",
  ]],
  ["any connector, unsupported", { connectorId: 0 }, { connectorZeroSupported: "False" }, ["connector-zero"]],
  ["any connector, supported", { connectorId: 0 }, { connectorZeroSupported: "true" }, []],
  ["one connector where any is unsupported", {}, { connectorZeroSupported: "false" }, []],
];
for (const [about, wanted, known, slugs] of odd) {
  Deno.test(`a reservation with ${about} is warned of ${slugs.join() || "nothing"}`, () => {
    const warnings = reservationWarnings({ ...WANTED, ...wanted }, { ...KNOWN, ...known });
    assertEquals(warnings.map(({ slug }) => slug as string), slugs);
  });
}
