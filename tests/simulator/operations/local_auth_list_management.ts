/** Local Authorization List Management (OCPP 1.6 §5.10, §5.15). */
import type { LocalListEntry } from "../id_tags.ts";
import type { Payload } from "../frames.ts";
import { type Handler, status } from "./operation.ts";

/** Returns the version: −1 when local lists are disabled, 0 when the list is empty (§5.10). */
export const GetLocalListVersion: Handler<Payload> = (_request, { device }) => {
  const enabled = device.configuration.flag("LocalAuthListEnabled");
  const { version, size } = device.localList;
  return { confirmation: { listVersion: !enabled ? -1 : size === 0 ? 0 : version } };
};

/** Replaces the list (Full), or changes it (Differential), which needs a version above the present one. */
export const SendLocalList: Handler<
  { listVersion: number; updateType: "Full" | "Differential"; localAuthorizationList?: LocalListEntry[] }
> = ({ listVersion, updateType, localAuthorizationList = [] }, { device }) => {
  const { configuration, localList } = device;
  if (!configuration.flag("LocalAuthListEnabled")) return status("NotSupported");
  const outcome = localList.update(updateType, listVersion, localAuthorizationList, {
    perMessage: configuration.integer("SendLocalListMaxLength"),
    inAll: configuration.integer("LocalAuthListMaxLength"),
  });
  device.save();
  return status(outcome);
};
