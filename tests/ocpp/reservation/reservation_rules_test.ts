import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  after,
  cancelReservationMeans,
  type CommandEnd,
  type Known,
  type Learned,
  reserveNowMeans,
  UNKNOWN,
  type Verdict,
} from "../../../ocpp/reservation/reservation_rules.ts";

const answered = (status: string): CommandEnd => ({ state: "answered", confirmation: { status }, wasSent: true });
const sent = (state: string): CommandEnd => ({ state, wasSent: true });
const unsent = (state: string): CommandEnd => ({ state, wasSent: false });
const callError = (code: string): CommandEnd => ({ state: "callError", error: { code }, wasSent: true });

const reserving: readonly [CommandEnd, Verdict][] = [
  [answered("Accepted"), { kind: "active" }],
  ...["Faulted", "Occupied", "Rejected", "Unavailable"].map((status): [CommandEnd, Verdict] => [
    answered(status),
    { kind: "refused", reason: status },
  ]),
  ...["NotSupported", "NotImplemented", "InternalError"].map((code): [CommandEnd, Verdict] => [
    callError(code),
    { kind: "refused", reason: code },
  ]),
  ...["timedOut", "connectionLost", "unknown", "invalidAnswer"].map((state): [CommandEnd, Verdict] => [
    sent(state),
    { kind: "doubt", doubt: state },
  ]),
  [unsent("connectionLost"), { kind: "refused", reason: "NeverSent" }],
  [unsent("expired"), { kind: "refused", reason: "NeverSent" }],
  [unsent("cancelled"), { kind: "cancelled", reason: "NeverSent" }],
];
for (const [end, verdict] of reserving) {
  Deno.test(`a ReserveNow that ended as ${JSON.stringify(end)} means ${verdict.kind}`, () => {
    assertEquals(reserveNowMeans(end), verdict);
  });
}

const cancelling: readonly [CommandEnd, Verdict][] = [
  [answered("Accepted"), { kind: "cancelled", reason: null }],
  [answered("Rejected"), { kind: "cancelled", reason: "NotThere" }],
  [callError("NotSupported"), { kind: "unchanged" }],
  [sent("timedOut"), { kind: "doubt", doubt: "timedOut" }],
  [sent("connectionLost"), { kind: "doubt", doubt: "connectionLost" }],
  [unsent("connectionLost"), { kind: "unchanged" }],
  [unsent("expired"), { kind: "unchanged" }],
];
for (const [end, verdict] of cancelling) {
  Deno.test(`a CancelReservation that ended as ${JSON.stringify(end)} means ${verdict.kind}`, () => {
    assertEquals(cancelReservationMeans(end), verdict);
  });
}

const verdicts: readonly Verdict[] = [
  { kind: "active" },
  { kind: "refused", reason: "Occupied" },
  { kind: "cancelled", reason: null },
  { kind: "doubt", doubt: "timedOut" },
  { kind: "unchanged" },
];
const facts: fc.Arbitrary<Learned> = fc.constantFrom<Learned>(
  { kind: "asked" },
  { kind: "cancelAsked" },
  { kind: "named" },
  { kind: "fitted" },
  { kind: "timePassed" },
  ...verdicts.map((verdict) => ({ kind: "reserveEnded" as const, verdict })),
  ...verdicts.map((verdict) => ({ kind: "cancelEnded" as const, verdict })),
  ...["Available", "Reserved", "Faulted", "Unavailable"].map((status) => ({ kind: "statusReported" as const, status })),
);

/** What is known after each of the facts. */
const histories = fc.array(facts, { maxLength: 20 }).map((learned) =>
  learned.reduce<Known[]>((known, fact) => [...known, after(known.at(-1)!, fact)], [UNKNOWN])
);

const isOpen = ({ state }: Known) => state === "requested" || state === "active";

Deno.test("only what is open is in doubt, and only what is over has a reason", () => {
  fc.assert(fc.property(histories, (history) => {
    for (const known of history) {
      if (known.doubt !== null) assert(isOpen(known));
      if (known.reason !== null) assert(!isOpen(known));
    }
  }));
});

Deno.test("time ends whatever is open, and a transaction that names it uses whatever is not used", () => {
  fc.assert(fc.property(histories, (history) => {
    const last = history.at(-1)!;
    assertEquals(isOpen(after(last, { kind: "timePassed" })), false);
    assertEquals(after(last, { kind: "named" }).state, "used");
  }));
});

Deno.test("what is over stays over until it is asked for again, but for a transaction that proves its use", () => {
  const quiet = facts.filter(({ kind }) => kind !== "asked" && kind !== "reserveEnded");
  fc.assert(fc.property(histories, quiet, (history, fact) => {
    const last = history.at(-1)!;
    const next = after(last, fact);
    if (!isOpen(last) && fact.kind !== "named") assertEquals(next.state, last.state);
  }));
});

Deno.test("hearing the same end of a command twice is hearing it once", () => {
  const ends = facts.filter(({ kind }) => kind === "reserveEnded" || kind === "cancelEnded");
  fc.assert(fc.property(histories, ends, (history, fact) => {
    const once = after(history.at(-1)!, fact);
    assertEquals(after(once, fact), once);
  }));
});
