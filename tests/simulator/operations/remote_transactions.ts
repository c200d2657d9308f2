/** Remote start and stop (OCPP 1.6 §5.11, §5.12): Accepted means "will try" (R 3.32); the transaction itself comes later. */
import type { ChargingProfile } from "../charging_profiles.ts";
import type { Connector } from "../connector.ts";
import { refusedTag } from "../id_tags.ts";
import { type Grounds, type Handler, status } from "./operation.ts";

/** Without a connectorId: a connector with its cable in, else any that is free. */
export const RemoteStartTransaction: Handler<
  { idTag: string; connectorId?: number; chargingProfile?: ChargingProfile }
> = (
  { idTag, connectorId, chargingProfile: profile },
  grounds,
) => {
  const { device, registration, drivers, authorization } = grounds;
  // A Pending charge point refuses (§4.2), and a profile in a remote start is a TxProfile without transaction (R 3.41).
  if (registration.state !== "Accepted") return status("Rejected");
  if (profile && (profile.chargingProfilePurpose !== "TxProfile" || profile.transactionId !== undefined)) {
    return status("Rejected");
  }
  const connector = chooseConnector(idTag, connectorId, grounds);
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

function chooseConnector(idTag: string, wanted: number | undefined, grounds: Grounds): Connector | undefined {
  const { device, drivers, authorization } = grounds;
  const parentIdTag = authorization.known(idTag)?.parentIdTag;
  const usable = device.connectors.filter((connector) =>
    (wanted ?? connector.connectorId) === connector.connectorId && drivers.mayUse(connector, idTag, parentIdTag)
  );
  return usable.find((connector) => connector.plugged) ?? usable[0];
}

/** Rejected when no transaction with this id runs here. */
export const RemoteStopTransaction: Handler<{ transactionId: number }> = (
  { transactionId },
  { registration, transactions },
) => {
  const connector = transactions.find(transactionId);
  if (registration.state !== "Accepted" || !connector) return status("Rejected");
  return status("Accepted", () => {
    // It may have ended by itself meanwhile.
    if (connector.transaction?.transactionId !== transactionId) return;
    return transactions.stop(connector.connectorId, { reason: "Remote" });
  });
};
