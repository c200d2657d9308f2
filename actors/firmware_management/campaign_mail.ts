import type { Decision } from "../../db/firmware_management/firmware_campaign_targets.ts";
import type { Signal } from "../runtime/signals.ts";

/** What happened. `heard`: something about a charge point. `edited`: the campaign or a charge point was. */
export type CampaignMail =
  | { readonly kind: "heard" | "callFailed"; readonly chargePoint: string }
  | { readonly kind: "called"; readonly chargePoint: string; readonly refused?: Decision }
  | { readonly kind: "edited" | "cancelled" | "lookDue" | "reloadDue" };

/** What a signal means for a campaign; undefined: nothing. */
export function campaignMailOf(signal: Signal): CampaignMail | undefined {
  switch (signal.kind) {
    case "connected":
    case "booted":
      return { kind: "heard", chargePoint: signal.chargePoint };
    case "noticed": {
      const { action, chargePoint } = signal;
      return action.endsWith("FirmwareStatusNotification") ? { kind: "heard", chargePoint } : undefined;
    }
    case "commandSettled":
    case "commandAnsweredLate": {
      const { command, chargePoint } = signal;
      return command.action === "UpdateFirmware" ? { kind: "heard", chargePoint } : undefined;
    }
    case "chargePointChanged":
      return { kind: "edited" };
    default:
      return undefined;
  }
}
