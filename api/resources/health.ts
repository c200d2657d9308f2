import { z } from "zod";
import { outageOf } from "../../actors/database/database_watch.ts";
import { Problem } from "../http/problem.ts";
import { ok, type Route, route } from "../http/route.ts";

const Health = z.object({ status: z.enum(["alive", "ready"]), version: z.string() }).meta({ id: "Health" });
const SOON = { headers: { "Retry-After": "5" } };

/** Liveness and readiness, for supervisors and load balancers. */
export const healthRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/healthz",
    access: "open",
    tag: "Health",
    summary: "Answers 200 while the process runs",
    answers: { 200: Health },
    handle: ({ app }) => ok({ status: "alive", version: app.version }),
  }),
  route({
    method: "get",
    path: "/readyz",
    access: "open",
    tag: "Health",
    summary: "Answers 200 when the Central System can serve: the database answers and every part of the process works",
    answers: { 200: Health },
    handle: async ({ app }) => {
      const why = app.notReady();
      if (why !== undefined) throw new Problem("not-ready", why, SOON);
      if (app.givenUp.length > 0) throw new Problem("not-ready", partsFailed(app.givenUp), SOON);
      await app.store.probe().catch((error) => {
        throw new Problem("not-ready", outageOf(error), SOON);
      });
      return ok({ status: "ready", version: app.version });
    },
  }),
];

function partsFailed(names: readonly string[]): string {
  const parts = names.map((name) => `"${name}"`).join(", ");
  return `These parts failed too often and were stopped: ${parts}. The process will end by itself; start it again`;
}
