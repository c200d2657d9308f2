/**
 * Answers a charge point's CALL: checks whether the charge point may send it, checks the request, and calls the handler. Each CALL gets exactly one
 * answer, also when its handler fails. Deviations and errors are counted and written to the message log.
 */
import { StoreError } from "../../db/engine/errors.ts";
import type { MessageProblem } from "../../db/messages.ts";
import { checkRequest } from "../../ocpp/check.ts";
import type { Deviation } from "../../ocpp/deviation.ts";
import { type CallFault, fault } from "../../ocpp/errors.ts";
import { type Call, type CallError, type CallResult, encode, type FaultyCall } from "../../ocpp/message.ts";
import { findAction, type FromChargePoint, isFromChargePoint } from "../../ocpp/registry.ts";
import { OTHER_ACTION } from "../runtime/counts.ts";
import type { LiveConnection } from "./connection.ts";
import { handlers } from "./handlers/mod.ts";
import { type Handler, type HandlerContext, quietly } from "./handler_context.ts";
import type { Frame } from "./noted_messages.ts";

/** A frame that is being answered, and the time when the work on it began. */
export interface IncomingCall {
  readonly frame: Frame;
  readonly startedMs: number;
}

/** Answers a CALL. Resolves when the answer is sent and the handler's work after it is done: true with CALLRESULT, false with CALLERROR. */
export async function answer(call: Call, incoming: IncomingCall, live: LiveConnection): Promise<boolean> {
  const { context } = live;
  if (!isFromChargePoint(call.action)) return refuse(call, unknownAction(call.action), incoming, live);
  const problem = refusalOf(call, live);
  if (problem) return refuse(call, problem, incoming, live);
  const checked = checkRequest(call.action, call.payload, context.chargePoint.validation);
  if (!checked.ok) return refuse(call, checked.fault, incoming, live);
  if (checked.deviations.length > 0) live.deviated(checked.deviations.map(({ kind }) => kind));

  const handler = handlers[call.action] as Handler<FromChargePoint>;
  const now = context.clock.now();
  let confirmation;
  try {
    confirmation = await handler.answer(checked.value, context, now);
  } catch (error) {
    return refuse(call, failure(call.action, error, context), incoming, live);
  }
  const problems = problemsIn(call, checked.deviations);
  reply(call, { type: "CALLRESULT", id: call.id, payload: confirmation }, problems, incoming, live);
  context.triggers.answered(context.chargePoint.identity, call, incoming.frame.at);
  await quietly(context, call.action, () => handler.afterwards?.(checked.value, confirmation, context, now));
  return true;
}

/** Answers with CALLERROR. Returns false, as `answer` does for it. */
export function refuse(
  call: Call | FaultyCall,
  { code, description, details }: CallFault,
  incoming: IncomingCall,
  live: LiveConnection,
): false {
  const { log, chargePoint } = live.context;
  log.info(`${chargePoint.identity} is answered with ${code}: ${description}`);
  const answer = { type: "CALLERROR", id: call.id, code, description, details } as const;
  reply(call, answer, [{ kind: code, detail: description }], incoming, live);
  return false;
}

/** Why this CALL is refused before its request is checked: wrong framing with strict validation, or a charge point that is not accepted. */
function refusalOf(call: Call, live: LiveConnection): CallFault | undefined {
  const { registration, validation } = live.context.chargePoint;
  if (call.framingDeviation && validation === "strict") {
    return fault("FormationViolation", "A CALL has four elements: [2, id, action, payload]");
  }
  if (call.framingDeviation) live.deviated(["framing"]);
  // OCPP-J errata 3.8. Once accepted, a charge point stays so over connections and restarts (OCPP-J 5.4).
  if (registration !== "Accepted" && call.action !== "BootNotification") {
    return fault("SecurityError", `The charge point's registration is ${registration}; send BootNotification first`);
  }
  return undefined;
}

/** OCPP-J table 7: NotImplemented for an unknown action, NotSupported for one that only the Central System sends. */
function unknownAction(name: string): CallFault {
  return findAction(name)
    ? fault("NotSupported", "This action is sent by the Central System only")
    : fault("NotImplemented", "This action is not known");
}

/** The answer after a handler failed. The details go to the log only; the charge point may send the CALL again. */
function failure(action: string, error: unknown, { log, chargePoint }: HandlerContext): CallFault {
  const name = `${chargePoint.identity} ${action}`;
  if (error instanceof StoreError) {
    log.error(`${name} could not be recorded; it is answered with InternalError`, { error });
    return fault("InternalError", "temporarily unavailable");
  }
  log.error(`${name} failed; it is answered with InternalError`, { error });
  return fault("InternalError", "the Central System could not process this");
}

function reply(
  call: Call | FaultyCall,
  answer: CallResult | CallError,
  problems: readonly MessageProblem[],
  { frame, startedMs }: IncomingCall,
  { connection, messages, context: { counts, clock } }: LiveConnection,
): void {
  const text = encode(answer);
  connection.send(text);
  const action = call.type === "CALL" && isFromChargePoint(call.action) ? call.action : OTHER_ACTION;
  const outcome = answer.type === "CALLERROR" ? answer.code : "answered";
  counts.messages.inc({ direction: "in", action, outcome });
  counts.handling.observe({ action }, (clock.monotonicMs() - startedMs) / 1000);
  messages.answered(frame, call, answer, text, problems);
}

/** The deviations of a CALL, for the message log. */
function problemsIn({ framingDeviation }: Call, deviations: readonly Deviation[]): MessageProblem[] {
  const found = deviations.map(({ kind, path }) => ({ kind, detail: path }));
  return framingDeviation ? [{ kind: "framing", detail: framingDeviation }, ...found] : found;
}
