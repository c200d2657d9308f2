import type { Handler } from "../handler_context.ts";

/** The time. That the charge point lives is seen by any frame, so nothing is recorded here (OCPP 1.6 4.6). */
export const Heartbeat: Handler<"Heartbeat"> = {
  answer: (_request, _scene, now) => ({ currentTime: now.toISOString() }),
};
