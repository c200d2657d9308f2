/**
 * Names and types derived from the table of actions: the payloads of an action, and which side may send it. A name is looked up as an own
 * property only, so that `constructor` and `__proto__` are unknown actions.
 */
import type { z } from "zod";
import type { Action } from "./action.ts";
import * as actions from "./actions.ts";

type Actions = typeof actions;

/** The name of any action. */
export type ActionName = keyof Actions;

/** The type of an action's request payload after the check. */
export type RequestOf<Name extends ActionName> = z.output<Actions[Name]["request"]>;

/** The type of an action's confirmation payload after the check. */
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

/** The description of an action, for code that handles all actions in the same way; undefined for an unknown name. */
export function findAction(name: string): Action | undefined {
  return isActionName(name) ? actions[name] : undefined;
}

/** Whether a charge point may send this action. Otherwise the answer is NotSupported for a known name, NotImplemented for an unknown one. */
export function isFromChargePoint(name: string): name is FromChargePoint {
  return isActionName(name) && actions[name].initiatedBy !== "CentralSystem";
}

/** Whether the Central System may send this action. */
export function isFromCentralSystem(name: string): name is FromCentralSystem {
  return isActionName(name) && actions[name].initiatedBy !== "ChargePoint";
}
