/** Remote start and stop (OCPP 1.6 §5.11, §5.12). Accepted means that the charge point will try (R 3.32). */
import type { ChargingProfile } from "../charging_profiles.ts";
import type { Connector } from "../connector.ts";
import { refusedTag } from "../id_tags.ts";
import { type Handler, type OperationContext, status } from "./operation.ts";

/** Starts a transaction. Without a connectorId it chooses a free connector with the cable plugged in, else any free one. */
export const RemoteStartTransaction: Handler<
  { idTag: string; connectorId?: number; chargingProfile?: ChargingProfile }
> = (
  { idTag, connectorId, chargingProfile: profile },
  context,
) => {
  const { device, registration, drivers, authorization } = context;
  // A Pending charge point refuses (§4.2), and the profile of a remote start must be a TxProfile without a transactionId (R 3.41).
  if (registration.state !== "Accepted") return status("Rejected");
  if (profile && (profile.chargingProfilePurpose !== "TxProfile" || profile.transactionId !== undefined)) {
    return status("Rejected");
  }
  const connector = chooseConnector(idTag, connectorId, context);
  if (!connector) return status("Rejected");
  return status("Accepted", async () => {
    if (device.configuration.flag("AuthorizeRemoteTxRequests")) {
      const info = await drivers.present(connector.connectorId, idTag, profile);
      if (info.status !== "Accepted") device.settings.log(refusedTag(idTag, info.status));
    } else {
      await drivers.begin(connector, { idTag, parentIdTag: authorization.known(idTag)?.parentIdTag, profile });
    }
  });
};

function chooseConnector(idTag: string, wanted: number | undefined, context: OperationContext): Connector | undefined {
  const { device, drivers, authorization } = context;
  const parentIdTag = authorization.known(idTag)?.parentIdTag;
  const usable = device.connectors.filter((connector) =>
    (wanted ?? connector.connectorId) === connector.connectorId && drivers.mayUse(connector, idTag, parentIdTag)
  );
  return usable.find((connector) => connector.plugged) ?? usable[0];
}

/** Stops a transaction; Rejected when no transaction has this id. */
export const RemoteStopTransaction: Handler<{ transactionId: number }> = (
  { transactionId },
  { registration, transactions },
) => {
  const connector = transactions.find(transactionId);
  if (registration.state !== "Accepted" || !connector) return status("Rejected");
  return status("Accepted", () => {
    // The transaction may have ended meanwhile.
    if (connector.transaction?.transactionId !== transactionId) return;
    return transactions.stop(connector.connectorId, { reason: "Remote" });
  });
};
