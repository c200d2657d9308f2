import { assertEquals } from "@std/assert";
import {
  type RequestedReservation,
  type ReservationContext,
  reservationWarnings,
} from "../../../ocpp/reservation/reservation_warnings.ts";

const NOW = new Date("2026-03-02T08:00:00.000Z");
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const REQUESTED: RequestedReservation = { connectorId: 1, idTag: "TAG", expiryDate: later(30) };
const TAG = { status: "Accepted", expiryDate: null, parentIdTag: null } as const;
const KNOWN: ReservationContext = {
  now: NOW,
  tag: TAG,
  status: "Available",
  held: undefined,
  connectorZeroSupported: undefined,
};

const cases: [string, Partial<RequestedReservation>, Partial<ReservationContext>, string[]][] = [
  ["nothing unusual", {}, {}, []],
  ["a connector without a reported status", {}, { status: undefined }, []],
  ["an unknown tag", {}, { tag: undefined }, ["id-tag-may-not-charge"]],
  ["a blocked tag", {}, { tag: { ...TAG, status: "Blocked" } }, ["id-tag-may-not-charge"]],
  ["a tag that expires before the reservation", {}, { tag: { ...TAG, expiryDate: later(10) } }, [
    "id-tag-may-not-charge",
  ]],
  ["a tag that expires later", {}, { tag: { ...TAG, expiryDate: later(60) } }, []],
  ["an end in the past", { expiryDate: NOW }, {}, ["already-over"]],
  ["a connector in use", {}, { status: "Charging" }, ["connector-not-free"]],
  ["a connector that is unavailable", {}, { status: "Unavailable" }, ["connector-not-free"]],
  ["a connector that has a reservation", {}, { status: "Reserved", held: { reservationId: 7 } }, [
    "already-reserved",
  ]],
  ["connector 0, unsupported", { connectorId: 0 }, { connectorZeroSupported: "False" }, ["connector-zero"]],
  ["connector 0, supported", { connectorId: 0 }, { connectorZeroSupported: "true" }, []],
  ["connector 1 where connector 0 is unsupported", {}, { connectorZeroSupported: "false" }, []],
];
for (const [about, requested, known, slugs] of cases) {
  Deno.test(`a reservation with ${about} has the warnings ${slugs.join() || "none"}`, () => {
    const warnings = reservationWarnings({ ...REQUESTED, ...requested }, { ...KNOWN, ...known });
    assertEquals(warnings.map(({ slug }) => slug as string), slugs);
  });
}
