/** An operator's command as it is stored: its row, how it ends, and the event of its end. */
import type { CommandState } from "../ocpp/command_end.ts";
import { eventRows, intoOutbox } from "./event_outbox.ts";
import { type TriggeredMessage, triggeredOf, type TriggeredRow } from "./remote_trigger/triggered_parts.ts";
import type { CommandError, Row } from "./tables.ts";
import { json } from "./engine/values.ts";

/** A row of `commands`, as it is read. */
export type CommandRow = Row<"commands">;

/** An operator's command: its row without the column that only processes use. */
export interface Command extends Omit<CommandRow, "process"> {
  /** The messages that a TriggerMessage caused, where they were read, too. */
  triggered?: TriggeredMessage[];
}

/** How a command ended: its last state, and the answer or the error. */
export interface Settlement {
  state: Exclude<CommandState, "queued" | "sent">;
  confirmation?: object;
  error?: CommandError;
  settledAt: Date;
  latencyMs?: number;
  /** Settle the command only if it is still queued: the settlement says that nothing was sent. */
  onlyQueued?: true;
}

/** Makes a command from its row. */
export function commandOf(
  { process: _, triggered, ...row }: CommandRow & { triggered?: TriggeredRow[] | null },
): Command {
  return triggered ? { ...row, triggered: triggeredOf(triggered) } : row;
}

/**
 * The event of each row of the CTE `settled`. The values from the charge point's answer are inserted as whole JSON values: PostgreSQL
 * fails when it has to unpack JSON with an escaped NUL.
 */
export function settledEvents(confirmation?: object, error?: CommandError) {
  const { status = null } = (confirmation ?? {}) as { status?: unknown };
  return intoOutbox(eventRows("command.settled", "settled", {
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
