import type { Command } from "../../db/commands.ts";
import { checkConfirmation } from "../../ocpp/check.ts";
import type { ActionName } from "../../ocpp/registry.ts";

/** How a command would have ended, had its answer come in time. */
export type LateEnd =
  | { readonly state: "answered"; readonly confirmation: object }
  | { readonly state: "callError"; readonly error: { readonly code: string } };

/** Reads the answer that came after the command had ended; undefined: none came, or it is no answer to this action. */
export function lateEndOf(action: ActionName, { lateAnswer }: Pick<Command, "lateAnswer">): LateEnd | undefined {
  const { confirmation, error } = (lateAnswer ?? {}) as { confirmation?: object; error?: { code: string } };
  if (error) return { state: "callError", error };
  if (confirmation === undefined || !checkConfirmation(action, confirmation).ok) return undefined;
  return { state: "answered", confirmation };
}
