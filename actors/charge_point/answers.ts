/**
 * How a charge point's CALL is answered: may it be looked at, is it well-formed, what does its handler say. Each CALL gets exactly one
 * answer, a handler's failure included; what was wrong with it is counted and noted.
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
import type { Heard } from "./noted_messages.ts";

/** A frame that is being answered, and when its turn came. */
export interface Turn {
  readonly heard: Heard;
  readonly startedMs: number;
}

/** Answers a CALL. Resolves when the answer has been sent and the work behind it is done; true: it was confirmed. */
export async function answer(call: Call, turn: Turn, live: LiveConnection): Promise<boolean> {
  const { context } = live;
  if (!isFromChargePoint(call.action)) return refuse(call, unknownAction(call.action), turn, live);
  const problem = mayNot(call, live);
  if (problem) return refuse(call, problem, turn, live);
  const checked = checkRequest(call.action, call.payload, context.chargePoint.validation);
  if (!checked.ok) return refuse(call, checked.fault, turn, live);
  if (checked.deviations.length > 0) live.deviated(checked.deviations.map(({ kind }) => kind));

  const handler = handlers[call.action] as Handler<FromChargePoint>;
  const now = context.clock.now();
  let confirmation;
  try {
    confirmation = await handler.answer(checked.value, context, now);
  } catch (error) {
    return refuse(call, failure(call.action, error, context), turn, live);
  }
  const problems = problemsIn(call, checked.deviations);
  reply(call, { type: "CALLRESULT", id: call.id, payload: confirmation }, problems, turn, live);
  context.triggers.answered(context.chargePoint.identity, call, turn.heard.at);
  await quietly(context, call.action, () => handler.afterwards?.(checked.value, confirmation, context, now));
  return true;
}

/** Answers with CALLERROR. False: it was not confirmed. */
export function refuse(
  call: Call | FaultyCall,
  { code, description, details }: CallFault,
  turn: Turn,
  live: LiveConnection,
): false {
  const { log, chargePoint } = live.context;
  log.info(`${chargePoint.identity} is answered with ${code}: ${description}`);
  const answer = { type: "CALLERROR", id: call.id, code, description, details } as const;
  reply(call, answer, [{ kind: code, detail: description }], turn, live);
  return false;
}

/** Why this CALL is not looked at: the framing of a strictly checked charge point, or a charge point that is not accepted yet. */
function mayNot(call: Call, live: LiveConnection): CallFault | undefined {
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

/** OCPP-J table 7: not known at all is NotImplemented, known in the other direction is NotSupported. */
function unknownAction(name: string): CallFault {
  return findAction(name)
    ? fault("NotSupported", "This action is sent by the Central System only")
    : fault("NotImplemented", "This action is not known");
}

/** A handler's failure is an answer, not a crash. Details stay here; the charge point is asked, in effect, to try again. */
function failure(action: string, error: unknown, { log, chargePoint }: HandlerContext): CallFault {
  const said = `${chargePoint.identity} ${action}`;
  if (error instanceof StoreError) {
    log.error(`${said} could not be recorded; it is answered with InternalError`, { error });
    return fault("InternalError", "temporarily unavailable");
  }
  log.error(`${said} failed; it is answered with InternalError`, { error });
  return fault("InternalError", "the Central System could not process this");
}

function reply(
  call: Call | FaultyCall,
  answer: CallResult | CallError,
  problems: readonly MessageProblem[],
  { heard, startedMs }: Turn,
  { connection, messages, context: { counts, clock } }: LiveConnection,
): void {
  const text = encode(answer);
  connection.send(text);
  const action = call.type === "CALL" && isFromChargePoint(call.action) ? call.action : OTHER_ACTION;
  const outcome = answer.type === "CALLERROR" ? answer.code : "answered";
  counts.messages.inc({ direction: "in", action, outcome });
  counts.handling.observe({ action }, (clock.monotonicMs() - startedMs) / 1000);
  messages.answered(heard, call, answer, text, problems);
}

/** What the message log says of a CALL that was understood all the same. */
function problemsIn({ framingDeviation }: Call, deviations: readonly Deviation[]): MessageProblem[] {
  const found = deviations.map(({ kind, path }) => ({ kind, detail: path }));
  return framingDeviation ? [{ kind: "framing", detail: framingDeviation }, ...found] : found;
}
