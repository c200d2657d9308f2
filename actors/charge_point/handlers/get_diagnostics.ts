import { uploadTokenHash } from "../../firmware_management/tokens.ts";
import type { CallHandler } from "../handler_context.ts";

/** Time that a charge point has to upload its file, including retries. */
const MAY_COME_MS = 24 * 3_600_000;

/** Recorded before the CALL is sent, because the charge point may report its progress and even upload before it answers. */
export const GetDiagnostics: CallHandler<"GetDiagnostics"> = {
  async sending({ location }, { store }, now, { id: commandId, chargePoint }) {
    const expiresAt = new Date(now.getTime() + MAY_COME_MS);
    await store.diagnostics.begin({ commandId, chargePoint, tokenHash: uploadTokenHash(location), expiresAt });
  },
};
