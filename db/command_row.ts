/** An operator's command as it is kept: its states, its row, and the event of its end. */
import type { CommandState } from "../ocpp/command_end.ts";
import { fact, intoOutbox } from "./event_outbox.ts";
import { type TriggeredMessage, triggeredOf, type TriggeredRow } from "./remote_trigger/triggered_parts.ts";
import type { CommandError, Row } from "./tables.ts";
import { json } from "./engine/values.ts";

/** A row of `commands`. */
export type CommandRow = Row<"commands">;

/** An operator's command, its row without what only processes need to know. */
export interface Command extends Omit<CommandRow, "process"> {
  /** What a trigger brought, where it was asked for. */
  triggered?: TriggeredMessage[];
}

/** How a command ended. */
export interface Settlement {
  state: Exclude<CommandState, "queued" | "sent">;
  confirmation?: object;
  error?: CommandError;
  settledAt: Date;
  latencyMs?: number;
  /** Only a command that is still queued may end like this: it says that nothing was sent. */
  onlyQueued?: true;
}

/** A command from its row. */
export function commandOf(
  { process: _, triggered, ...row }: CommandRow & { triggered?: TriggeredRow[] | null },
): Command {
  return triggered ? { ...row, triggered: triggeredOf(triggered) } : row;
}

/**
 * The event of each row of `settled`. What charge points said goes in as JSON that is never taken apart: PostgreSQL would stumble over
 * an escaped NUL in it.
 */
export function told(confirmation?: object, error?: CommandError) {
  const { status = null } = (confirmation ?? {}) as { status?: unknown };
  return intoOutbox(fact("command.settled", "settled", {
    chargePoint: "charge_point",
    at: "settled_at",
    data: {
      commandId: "id",
      action: "action",
      state: "state",
      status: json(typeof status === "string" ? status : null),
      errorCode: json(error?.code ?? null),
      errorDescription: json(error?.description ?? null),
      requestedBy: "requested_by",
      latencyMs: "latency_ms",
    },
  }));
}
