/**
 * Everything that follows from the table of actions: names, types of payloads, who may send what. Names that come from outside are
 * looked up as own properties only, so that `constructor` or `__proto__` is as unknown as any other word.
 */
import type { z } from "zod";
import type { Action } from "./action.ts";
import * as actions from "./actions.ts";

type Actions = typeof actions;

/** The name of any action. */
export type ActionName = keyof Actions;

/** The request payload of an action, checked. */
export type RequestOf<Name extends ActionName> = z.output<Actions[Name]["request"]>;

/** The confirmation payload of an action, checked. */
export type ConfirmationOf<Name extends ActionName> = z.output<Actions[Name]["confirmation"]>;

type InitiatedBy<Side extends "ChargePoint" | "CentralSystem"> = {
  [Name in ActionName]: Actions[Name]["initiatedBy"] extends Side | "Both" ? Name : never;
}[ActionName];

/** Names of the actions that a charge point may send: each needs a handler. */
export type FromChargePoint = InitiatedBy<"ChargePoint">;

/** Names of the actions that an operator may command. */
export type FromCentralSystem = InitiatedBy<"CentralSystem">;

/** All names, in alphabetical order. */
export const actionNames: readonly ActionName[] = Object.keys(actions).sort() as ActionName[];

/** True for the exact, case-sensitive name of an action (OCPP-J 4.2.1). */
export function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}

/** The description of an action, for code that treats all alike. */
export function findAction(name: string): Action | undefined {
  return isActionName(name) ? actions[name] : undefined;
}

/** May a charge point send this? A known name that it may not send deserves NotSupported, an unknown one NotImplemented. */
export function isFromChargePoint(name: string): name is FromChargePoint {
  return isActionName(name) && actions[name].initiatedBy !== "CentralSystem";
}

/** May we send this? */
export function isFromCentralSystem(name: string): name is FromCentralSystem {
  return isActionName(name) && actions[name].initiatedBy !== "ChargePoint";
}
