import { objectionTo, type Target } from "../../ocpp/operator_rules.ts";
import type { FromCentralSystem } from "../../ocpp/registry.ts";
import { isSecretKey } from "../../ocpp/secrets.ts";
import { type Operator, requireRole } from "../http/operator.ts";
import { invalid, Problem } from "../http/problem.ts";

/**
 * Throws the problem of a request that its schema has accepted and that this operator may still not send to this charge point.
 * `place` stands for the rule's own pointer where the request was not the body.
 */
export function applyRules(
  action: FromCentralSystem,
  request: object,
  target: Target,
  operator: Operator,
  place?: string,
): void {
  // A new AuthorizationKey is a credential of the charge point, whichever way it goes.
  const setsKey = action === "ChangeConfiguration" && "key" in request && isSecretKey(String(request.key));
  if (setsKey) requireRole(operator, "admin");
  const objection = objectionTo(action, request, target);
  if (!objection) return;
  const fault = { in: "body", pointer: place ?? objection.pointer, detail: objection.detail } as const;
  if (objection.kind === "invalid") throw invalid(fault);
  throw new Problem("security-profile-not-lowered", fault.detail, { errors: [fault] });
}
