import type { Handler } from "../handler_context.ts";

/** Answers with the time (OCPP 1.6 4.6). Nothing is recorded here: every frame updates when the charge point was last seen. */
export const Heartbeat: Handler<"Heartbeat"> = {
  answer: (_request, _scene, now) => ({ currentTime: now.toISOString() }),
};
