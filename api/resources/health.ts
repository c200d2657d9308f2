import { z } from "zod";
import { Problem } from "../http/problem.ts";
import { ok, type Route, route } from "../http/route.ts";

const Health = z.object({ status: z.enum(["alive", "ready"]), version: z.string() }).meta({ id: "Health" });
const SOON = { headers: { "Retry-After": "5" } };

/** For whoever watches the process. */
export const healthRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/healthz",
    access: "open",
    tag: "Health",
    summary: "The process is alive",
    answers: { 200: Health },
    handle: ({ app }) => ok({ status: "alive", version: app.version }),
  }),
  route({
    method: "get",
    path: "/readyz",
    access: "open",
    tag: "Health",
    summary: "Able to serve: the database is migrated and answers, and every part of the process works",
    answers: { 200: Health },
    handle: async ({ app }) => {
      if (!app.ready()) throw new Problem("not-ready", "Starting, or shutting down", SOON);
      if (app.givenUp.length > 0) throw new Problem("not-ready", partsFailed(app.givenUp), SOON);
      await app.store.probe().catch(() => {
        throw new Problem("not-ready", "The database does not answer", SOON);
      });
      return ok({ status: "ready", version: app.version });
    },
  }),
];

function partsFailed(names: readonly string[]): string {
  const parts = names.map((name) => `"${name}"`).join(", ");
  return `Failed too often and stopped: ${parts}. The process ends by itself and must be started again`;
}
