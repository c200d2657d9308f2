import { assertEquals, assertMatch } from "@std/assert";
import type { CallError, CallResult } from "../../ocpp/message.ts";
import { fc } from "../packages/fast_check.ts";
import {
  answeredWith,
  COMMAND_STATES,
  type CommandEnd,
  type EndedCommand,
  endOf,
  isAnswered,
  isRefused,
  isUnderWay,
  lateAnswerFrom,
} from "../../ocpp/command_end.ts";

const sentAt = new Date(0);

function read(command: Partial<EndedCommand>) {
  return endOf({ action: "ReserveNow", state: "timedOut", sentAt, ...command });
}

const answered = (action: string, confirmation: object) => ({ action, state: "answered", confirmation }) as const;

const cases: [Partial<EndedCommand>, CommandEnd["kind"], answer: string][] = [
  [answered("ReserveNow", { status: "Accepted" }), "applied", "Accepted"],
  [answered("ChangeAvailability", { status: "Scheduled" }), "applied", "Scheduled"],
  [answered("ChangeConfiguration", { status: "RebootRequired" }), "applied", "RebootRequired"],
  [answered("UnlockConnector", { status: "Unlocked" }), "applied", "Unlocked"],
  [answered("GetLog", { status: "AcceptedCanceled" }), "applied", "AcceptedCanceled"],
  [answered("UpdateFirmware", {}), "applied", "Accepted"],
  [answered("GetLocalListVersion", { listVersion: 3 }), "applied", "Accepted"],
  [answered("ReserveNow", { status: "Occupied" }), "refused", "Occupied"],
  [answered("ClearChargingProfile", { status: "Unknown" }), "refused", "Unknown"],
  [answered("SendLocalList", { status: "VersionMismatch" }), "refused", "VersionMismatch"],
  [answered("UnlockConnector", { status: "UnlockFailed" }), "refused", "UnlockFailed"],
  [answered("SendLocalList", { status: "NotSupported" }), "notSupported", "NotSupported"],
  [answered("TriggerMessage", { status: "NotImplemented" }), "notSupported", "NotImplemented"],
  [{ state: "callError", error: { code: "InternalError" } }, "refused", "InternalError"],
  [{ state: "callError", error: { code: "NotSupported" } }, "notSupported", "NotSupported"],
  [{ state: "callError", error: { code: "NotImplemented" } }, "notSupported", "NotImplemented"],
  [{ state: "invalidAnswer", error: { code: "InvalidAnswer" } }, "doubtful", "invalidAnswer"],
  [{ state: "timedOut" }, "doubtful", "timedOut"],
  [{ state: "connectionLost" }, "doubtful", "connectionLost"],
  [{ state: "connectionLost", sentAt: undefined }, "doubtful", "connectionLost"],
  [{ state: "unknown" }, "doubtful", "unknown"],
  [{ state: "connectionLost", sentAt: null }, "neverSent", "connectionLost"],
  [{ state: "connectionLost", error: { code: "NeverSent" } }, "neverSent", "connectionLost"],
  [{ state: "expired", sentAt: undefined }, "neverSent", "expired"],
  [{ state: "cancelled", sentAt: undefined }, "neverSent", "cancelled"],
];

Deno.test("the end of a command follows from its state, its confirmation and its error", () => {
  for (const [command, kind, answer] of cases) {
    const end = read(command);
    assertEquals([end?.kind, end?.answer, end?.isLate], [kind, answer, false], JSON.stringify(command));
    assertEquals(end?.confirmation, command.confirmation ?? null, JSON.stringify(command));
  }
});

Deno.test("a queued or sent command has not ended", () => {
  assertEquals(COMMAND_STATES.filter((state) => isUnderWay({ state })), ["queued", "sent"]);
  for (const state of ["queued", "sent"] as const) assertEquals(read({ state }), undefined);
});

Deno.test("a late answer counts like an answer in time", () => {
  for (const state of ["timedOut", "connectionLost", "unknown"] as const) {
    const late = (lateAnswer: unknown) => read({ state, lateAnswer });
    const accepted = { status: "Accepted" };
    assertEquals(late({ confirmation: accepted }), {
      kind: "applied",
      confirmation: accepted,
      answer: "Accepted",
      description: "",
      isLate: true,
    });
    const error = { code: "NotSupported", description: "no reservations" };
    assertEquals(late({ error }), {
      kind: "notSupported",
      confirmation: null,
      answer: "NotSupported",
      description: "no reservations",
      isLate: true,
    });
  }
});

const id = "1";
const callError = { code: "InternalError", description: "full", details: { memory: 0 } };
const messages: [CallResult | CallError, "applied" | "refused" | "doubtful"][] = [
  [{ type: "CALLRESULT", id, payload: { status: "Accepted" } }, "applied"],
  [{ type: "CALLRESULT", id, payload: { status: "Occupied" } }, "refused"],
  [{ type: "CALLRESULT", id, payload: { status: "Perhaps" } }, "doubtful"],
  [{ type: "CALLERROR", id, ...callError }, "refused"],
];

Deno.test("a message means the same in time and late", () => {
  for (const [message, kind] of messages) {
    const inTime = read(answeredWith("ReserveNow", message));
    assertEquals([inTime?.kind, inTime?.isLate], [kind, false]);
    const late = read({ lateAnswer: lateAnswerFrom(message) });
    assertEquals([late?.kind, late?.isLate], [kind, kind !== "doubtful"]);
  }
});

Deno.test("an answer is stored as received, with the reason if it is invalid", () => {
  const [accepted, , perhaps, error] = messages.map(([message]) => answeredWith("ReserveNow", message));
  assertEquals(accepted, { state: "answered", confirmation: { status: "Accepted" } });
  assertEquals(error, { state: "callError", error: callError });
  assertEquals([perhaps!.state, perhaps!.confirmation], ["invalidAnswer", undefined]);
  assertEquals([perhaps!.error?.code, perhaps!.error?.details], [
    "InvalidAnswer",
    { received: { status: "Perhaps" } },
  ]);
  assertMatch(perhaps!.error!.description, /status/);
});

Deno.test("a late answer that is not a valid confirmation of the action is ignored", () => {
  const none: unknown[] = [null, undefined, {}, { confirmation: null }, { confirmation: { status: "Perhaps" } }];
  for (const lateAnswer of none) {
    assertEquals([read({ lateAnswer })?.kind, read({ lateAnswer })?.isLate], ["doubtful", false]);
  }
  const confirmation = { status: "Accepted" };
  assertEquals(read({ action: "NoSuchAction", lateAnswer: { confirmation } })?.kind, "doubtful");
});

Deno.test("each end is answered, doubtful or never sent, and only an answer is a refusal", () => {
  const command = fc.record({
    state: fc.constantFrom(...COMMAND_STATES),
    sentAt: fc.constantFrom(null, undefined, sentAt),
    confirmation: fc.constantFrom(null, {}, { status: "Accepted" }, { status: "Rejected" }),
    error: fc.constantFrom(null, { code: "InternalError" }, { code: "NeverSent" }, { code: "NotSupported" }),
    lateAnswer: fc.constantFrom(null, { confirmation: { status: "Accepted" } }, { error: { code: "InternalError" } }),
  });
  fc.assert(fc.property(command, (command) => {
    const end = read(command);
    assertEquals(end === undefined, isUnderWay(command));
    if (!end) return;
    assertEquals(isAnswered(end), isRefused(end) || end.kind === "applied");
    assertEquals(isAnswered(end), command.state === "answered" || command.state === "callError" || end.isLate);
    if (end.confirmation !== null) assertEquals(isAnswered(end), true);
  }));
});
