/**
 * What the end of a command means for its reservation, recorded. The handlers do this before the command is shown as settled; the shared
 * actor does it again for commands whose end could not be recorded then. Doing it twice changes nothing.
 */
import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import type { CommandEnd } from "../../ocpp/command_end.ts";
import { verdictOfCancelReservation, verdictOfReserveNow } from "../../ocpp/reservation/reservation_rules.ts";

/** Whether a command is about a reservation. */
export function isAboutReservation({ action }: Pick<Command, "action">): boolean {
  return action === "ReserveNow" || action === "CancelReservation";
}

/** Records what an ended command means for its reservation, a late answer included. Throws StoreError. */
export async function recordOutcome(
  command: Pick<Command, "id" | "chargePoint" | "action" | "request">,
  end: CommandEnd | undefined,
  { reservations }: Pick<Store, "reservations">,
  now: Date,
): Promise<void> {
  if (!end) return;
  if (command.action === "ReserveNow") await reservations.reserveEnded(command, verdictOfReserveNow(end), now);
  if (command.action === "CancelReservation") {
    await reservations.cancelEnded(command, verdictOfCancelReservation(end), now);
  }
}
