/**
 * What the end of a command means for its reservation, recorded. The handlers do this before the command is shown as settled; the shared
 * actor does it again for commands whose end nobody could tell then. Doing it twice changes nothing.
 */
import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import { cancelReservationMeans, type CommandEnd, reserveNowMeans } from "../../ocpp/reservation/reservation_rules.ts";
import { lateEndOf } from "../charge_point/late_answer.ts";

/** A command, as far as a reservation depends on it. */
export type EndedCommand = Pick<
  Command,
  "id" | "chargePoint" | "action" | "request" | "state" | "confirmation" | "error" | "sentAt" | "lateAnswer"
>;

/** Whether a command is about a reservation. */
export function isAboutReservation({ action }: Pick<Command, "action">): boolean {
  return action === "ReserveNow" || action === "CancelReservation";
}

/** Records what an ended command means for its reservation, a late answer included. Throws StoreError. */
export async function recordOutcome(command: EndedCommand, { reservations }: Store, now: Date): Promise<void> {
  if (command.state === "queued" || command.state === "sent") return;
  const end = endOf(command);
  if (command.action === "ReserveNow") await reservations.reserveEnded(command, reserveNowMeans(end), now);
  if (command.action === "CancelReservation") {
    await reservations.cancelEnded(command, cancelReservationMeans(end), now);
  }
}

/** An answer that came late is an answer, if it is one at all. */
function endOf(command: EndedCommand): CommandEnd {
  const { action, state, confirmation, error, sentAt } = command;
  const wasSent = sentAt !== null;
  const late = isReservationAction(action) ? lateEndOf(action, command) : undefined;
  return { ...late ?? { state, confirmation, error }, wasSent };
}

function isReservationAction(action: string): action is "ReserveNow" | "CancelReservation" {
  return isAboutReservation({ action });
}
