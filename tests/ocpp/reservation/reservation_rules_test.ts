import { assertEquals } from "@std/assert";
import { type CommandEnd, type CommandState, type EndedCommand, endOf } from "../../../ocpp/command_end.ts";
import {
  type CancelVerdict,
  type ReserveVerdict,
  verdictOfCancelReservation,
  verdictOfReserveNow,
} from "../../../ocpp/reservation/reservation_rules.ts";

const end = (command: Omit<EndedCommand, "action">): CommandEnd => endOf({ action: "ReserveNow", ...command })!;
const answered = (status: string) => end({ state: "answered", confirmation: { status } });
const sent = (state: CommandState) => end({ state, sentAt: new Date() });
const unsent = (state: CommandState) => end({ state, sentAt: null });
const callError = (code: string) => end({ state: "callError", error: { code } });

const reserving: readonly [CommandEnd, ReserveVerdict][] = [
  [answered("Accepted"), { kind: "active" }],
  ...["Faulted", "Occupied", "Rejected", "Unavailable"].map((status): [CommandEnd, ReserveVerdict] => [
    answered(status),
    { kind: "refused", reason: status },
  ]),
  ...["NotSupported", "NotImplemented", "InternalError"].map((code): [CommandEnd, ReserveVerdict] => [
    callError(code),
    { kind: "refused", reason: code },
  ]),
  ...(["timedOut", "connectionLost", "unknown", "invalidAnswer"] as const).map((
    state,
  ): [CommandEnd, ReserveVerdict] => [
    sent(state),
    { kind: "doubt", doubt: state },
  ]),
  [unsent("connectionLost"), { kind: "refused", reason: "NeverSent" }],
  [unsent("expired"), { kind: "refused", reason: "NeverSent" }],
  [unsent("cancelled"), { kind: "cancelled", reason: "NeverSent" }],
];
for (const [end, verdict] of reserving) {
  Deno.test(`a ReserveNow that ended as ${JSON.stringify(end)} means ${verdict.kind}`, () => {
    assertEquals(verdictOfReserveNow(end), verdict);
  });
}

const cancelling: readonly [CommandEnd, CancelVerdict][] = [
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
    assertEquals(verdictOfCancelReservation(end), verdict);
  });
}
