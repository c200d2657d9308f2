import type { Decision } from "../../db/firmware_management/firmware_campaign_targets.ts";
import type { Signal } from "../runtime/signals.ts";

/** `signalled`: a signal about a charge point. `edited`: the campaign or a charge point was edited. */
export type CampaignMail =
  | { readonly kind: "signalled" | "callFailed"; readonly chargePoint: string }
  | { readonly kind: "called"; readonly chargePoint: string; readonly refused?: Decision }
  | { readonly kind: "edited" | "cancelled" | "checkDue" | "reloadDue" };

/** The mail for a signal; undefined: the signal does not concern a campaign. */
export function campaignMailOf(signal: Signal): CampaignMail | undefined {
  switch (signal.kind) {
    case "connected":
    case "booted":
      return { kind: "signalled", chargePoint: signal.chargePoint };
    case "noticed": {
      const { action, chargePoint } = signal;
      return action.endsWith("FirmwareStatusNotification") ? { kind: "signalled", chargePoint } : undefined;
    }
    case "commandSettled":
    case "commandAnsweredLate": {
      const { command, chargePoint } = signal;
      return command.action === "UpdateFirmware" ? { kind: "signalled", chargePoint } : undefined;
    }
    case "chargePointChanged":
      return { kind: "edited" };
    default:
      return undefined;
  }
}
