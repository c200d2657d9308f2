import { uploadTokenHash } from "../../firmware_management/tokens.ts";
import type { CallHandler } from "../handler_context.ts";

/** For so long a charge point may bring its file: it collects, waits for its link and tries again. */
const MAY_COME_MS = 24 * 3_600_000;

/** Known before its CALL goes out, because the charge point may report and even upload before it answers. */
export const GetDiagnostics: CallHandler<"GetDiagnostics"> = {
  async sending({ location }, { store }, now, { id: commandId, chargePoint }) {
    const expiresAt = new Date(now.getTime() + MAY_COME_MS);
    await store.diagnostics.begin({ commandId, chargePoint, tokenHash: uploadTokenHash(location), expiresAt });
  },
};
