import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import type { CancelVerdict, ReserveVerdict } from "../../../ocpp/reservation/reservation_rules.ts";
import { after, type ModelState, type Occurrence, UNKNOWN } from "./reservation_model.ts";

/** The five fields of what is known, in a row: state, doubt, reason, whether it is answered, whether it is being cancelled. */
type Row = readonly [
  ModelState["state"],
  doubt: string | null,
  reason: string | null,
  answered?: boolean,
  cancelling?: boolean,
];

function known([state, doubt, reason, answered = true, cancelling = false]: Row): ModelState {
  return { state, doubt, reason, answered, cancelling };
}

const ASKED: Row = ["requested", null, null, false];
const ACTIVE: Row = ["active", null, null];
const REFUSED: Row = ["refused", null, "Occupied"];
const DOUBTFUL: Row = ["requested", "timedOut", null];

const CANCELLING: Row = ["requested", "timedOut", null, true, true];

const reserve = (verdict: ReserveVerdict): Occurrence => ({ kind: "reserveEnded", verdict });
const cancel = (verdict: CancelVerdict): Occurrence => ({ kind: "cancelEnded", verdict });
const report = (status: string): Occurrence => ({ kind: "statusReported", status });
const accepted = reserve({ kind: "active" });
const refused = reserve({ kind: "refused", reason: "Occupied" });
const unanswered = reserve({ kind: "doubt", doubt: "timedOut" });
const neverSent = reserve({ kind: "cancelled", reason: "NeverSent" });
const gone = cancel({ kind: "cancelled", reason: "NotThere" });

const rows: readonly [why: string, before: Row, Occurrence, after: Row][] = [
  ["accepted", ASKED, accepted, ACTIVE],
  ["refused", ASKED, refused, REFUSED],
  ["cancelled before it was sent", ASKED, neverSent, ["cancelled", null, "NeverSent"]],
  ["not answered", ASKED, unanswered, DOUBTFUL],
  ["accepted late", DOUBTFUL, accepted, ACTIVE],
  ["refused late", DOUBTFUL, refused, REFUSED],
  ["a second answer", ACTIVE, refused, ACTIVE],
  ["a second answer after a refusal", REFUSED, accepted, REFUSED],
  ["a late answer while it is cancelled", CANCELLING, accepted, CANCELLING],
  ["a replacement that is accepted", ["active", null, null, false], accepted, ACTIVE],
  ["a replacement that is refused leaves what was there", ["active", null, null, false], refused, ACTIVE],
  ["a replacement without an answer", ["active", null, null, false], unanswered, ["active", "timedOut", null]],
  ["accepted after it was cancelled", ["cancelled", null, null, false], accepted, ACTIVE],
  ["refused after it was cancelled", ["cancelled", null, null, false], refused, ["cancelled", null, null]],
  ["accepted after it was used", ["used", null, null, false], accepted, ["used", null, null]],
  ["accepted after it expired", ["expired", null, null, false], accepted, ["expired", null, null]],
  ["not answered after it was used", ["used", null, null, false], unanswered, ["used", null, null]],
  ["cancelled", ACTIVE, gone, ["cancelled", null, "NotThere"]],
  ["cancelled, which ends a doubt", DOUBTFUL, gone, ["cancelled", null, "NotThere"]],
  ["a cancellation without an answer", ACTIVE, cancel({ kind: "doubt", doubt: "unknown" }), [
    "active",
    "unknown",
    null,
  ]],
  ["a cancellation that did nothing", DOUBTFUL, cancel({ kind: "unchanged" }), DOUBTFUL],
  ["a cancellation after its end", REFUSED, gone, REFUSED],
  ["a cancellation is sent", ACTIVE, { kind: "cancelAsked" }, ["active", null, null, true, true]],
  ["asked again while it is active", ["active", "timedOut", null], { kind: "asked" }, ["active", null, null, false]],
  ["asked again after its end", REFUSED, { kind: "asked" }, ASKED],
  ["Reserved settles a doubt", DOUBTFUL, report("Reserved"), ACTIVE],
  ["Reserved before the answer", ASKED, report("Reserved"), ASKED],
  ["Faulted ends it", ACTIVE, report("Faulted"), ["cancelled", null, "Faulted"]],
  ["Unavailable ends one in doubt", DOUBTFUL, report("Unavailable"), ["cancelled", null, "Unavailable"]],
  ["Faulted before the answer", ASKED, report("Faulted"), ASKED],
  ["Available proves nothing", ACTIVE, report("Available"), ACTIVE],
  ["named by a transaction", ASKED, { kind: "named" }, ["used", null, null, false]],
  ["named after a refusal", REFUSED, { kind: "named" }, ["used", null, null]],
  ["a transaction fits an active one", ACTIVE, { kind: "fitted" }, ["used", null, null]],
  ["a transaction fits one in doubt", DOUBTFUL, { kind: "fitted" }, DOUBTFUL],
  ["its time passes", DOUBTFUL, { kind: "timePassed" }, ["expired", null, null]],
  ["its time passes after its end", REFUSED, { kind: "timePassed" }, REFUSED],
];
for (const [why, before, occurrence, expected] of rows) {
  Deno.test(`what is known of a reservation after ${why}: ${expected[0]}`, () => {
    assertEquals(after(known(before), occurrence), known(expected));
  });
}

const reserveVerdicts: readonly ReserveVerdict[] = [
  { kind: "active" },
  { kind: "refused", reason: "Occupied" },
  { kind: "cancelled", reason: "NeverSent" },
  { kind: "doubt", doubt: "timedOut" },
];
const cancelVerdicts: readonly CancelVerdict[] = [
  { kind: "cancelled", reason: null },
  { kind: "doubt", doubt: "timedOut" },
  { kind: "unchanged" },
];
const occurrences: fc.Arbitrary<Occurrence> = fc.constantFrom<Occurrence>(
  { kind: "asked" },
  { kind: "cancelAsked" },
  { kind: "named" },
  { kind: "fitted" },
  { kind: "timePassed" },
  ...reserveVerdicts.map((verdict) => ({ kind: "reserveEnded" as const, verdict })),
  ...cancelVerdicts.map((verdict) => ({ kind: "cancelEnded" as const, verdict })),
  ...["Available", "Reserved", "Faulted", "Unavailable"].map((status) => ({ kind: "statusReported" as const, status })),
);

/** What is known after each of the occurrences. */
const histories = fc.array(occurrences, { maxLength: 20 }).map((occurrence) =>
  occurrence.reduce<ModelState[]>((known, occurrence) => [...known, after(known.at(-1)!, occurrence)], [UNKNOWN])
);

const isOpen = ({ state }: ModelState) => state === "requested" || state === "active";

Deno.test("only an open reservation is in doubt, and only an ended one has a reason", () => {
  fc.assert(fc.property(histories, (history) => {
    for (const known of history) {
      if (known.doubt !== null) assert(isOpen(known));
      if (known.reason !== null) assert(!isOpen(known));
    }
  }));
});

Deno.test("time ends every open reservation, and a transaction that names a reservation uses it", () => {
  fc.assert(fc.property(histories, (history) => {
    const last = history.at(-1)!;
    assertEquals(isOpen(after(last, { kind: "timePassed" })), false);
    assertEquals(after(last, { kind: "named" }).state, "used");
  }));
});

Deno.test("an ended reservation stays ended, except after a new ReserveNow or a transaction that names it", () => {
  const quiet = occurrences.filter(({ kind }) => kind !== "asked" && kind !== "reserveEnded");
  fc.assert(fc.property(histories, quiet, (history, occurrence) => {
    const last = history.at(-1)!;
    const next = after(last, occurrence);
    if (!isOpen(last) && occurrence.kind !== "named") assertEquals(next.state, last.state);
  }));
});

Deno.test("the same end of a command, applied twice, has the effect of once", () => {
  const ends = occurrences.filter(({ kind }) => kind === "reserveEnded" || kind === "cancelEnded");
  fc.assert(fc.property(histories, ends, (history, occurrence) => {
    const once = after(history.at(-1)!, occurrence);
    assertEquals(after(once, occurrence), once);
  }));
});
