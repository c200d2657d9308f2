import { objectionTo, type Target } from "../../ocpp/operator_rules.ts";
import type { FromCentralSystem } from "../../ocpp/registry.ts";
import { isSecretKey } from "../../ocpp/secrets.ts";
import { type Operator, requireRole } from "../http/operator.ts";
import { invalid, Problem } from "../http/problem.ts";

/**
 * Throws the problem of a valid request that this operator may not send to this charge point. `pointer` replaces the rule's own pointer when
 * the request was only a part of the body.
 */
export function applyRules(
  action: FromCentralSystem,
  request: object,
  target: Target,
  operator: Operator,
  pointer?: string,
): void {
  // A new AuthorizationKey is a credential of the charge point, as if it was set by the credentials route.
  const setsKey = action === "ChangeConfiguration" && "key" in request && isSecretKey(String(request.key));
  if (setsKey) requireRole(operator, "admin");
  const objection = objectionTo(action, request, target);
  if (!objection) return;
  const fault = { in: "body", pointer: pointer ?? objection.pointer, detail: objection.detail } as const;
  if (objection.kind === "invalid") throw invalid(fault);
  throw new Problem("security-profile-not-lowered", fault.detail, { errors: [fault] });
}
