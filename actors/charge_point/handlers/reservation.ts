import type { Command } from "../../../db/commands.ts";
import type { FromCentralSystem } from "../../../ocpp/registry.ts";
import { recordOutcome } from "../../reservation/outcomes.ts";
import type { CallHandler } from "../handler_context.ts";

/** The reservation follows what became of its command, before anybody is told of that; a late answer counts as well. */
function followed<N extends FromCentralSystem>(): CallHandler<N> {
  return {
    async settled(_request, _confirmation, outcome, { store }, now, command) {
      const { confirmation = null, error = null, state } = outcome;
      const ended = { ...command, state, confirmation: confirmation as Command["confirmation"], error };
      await recordOutcome(ended, store, now);
    },
    answeredLate: (command, { store }, now) => recordOutcome(command, store, now),
  };
}

/** OCPP 1.6 5.13. */
export const ReserveNow = followed<"ReserveNow">();

/** OCPP 1.6 5.1. */
export const CancelReservation = followed<"CancelReservation">();
