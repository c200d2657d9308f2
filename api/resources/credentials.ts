import { z } from "zod";
import { hashPassword, makeKey } from "../../actors/charge_point/credentials.ts";
import { noChargePoint, params } from "./charge_points.ts";
import { nothing } from "../http/fields.ts";
import type { App } from "../http/app.ts";
import { created, done, type Route, route } from "../http/route.ts";

const tag = "Charge points";

const MadeKey = z.object({
  password: z.string().meta({ description: "The key of 20 bytes in hex. Shown this once and never again" }),
}).meta({ id: "MadeKey" });

/** Stores only a salted hash. Whoever is connected with the old password must come in anew. */
async function setPassword(identity: string, password: string, { store, chargePoints }: App): Promise<void> {
  if (!await store.chargePoints.setCredentials(identity, await hashPassword(password))) throw noChargePoint(identity);
  chargePoints.disconnect(identity, "the credentials were changed");
}

/** HTTP Basic passwords of charge points (security profiles 1 and 2). They can be set and never read. */
export const credentialRoutes: readonly Route[] = [
  route({
    method: "put",
    path: "/v1/charge-points/{identity}/credentials",
    access: "admin",
    tag,
    summary: "Sets the password with which the charge point comes in",
    description:
      "Hex text of 32 to 40 digits means the bytes of a key; the charge point may present them in either form.",
    params,
    body: z.strictObject({ password: z.string().min(1).max(255) }),
    example: { password: "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF" },
    answers: { 204: nothing },
    handle: async ({ params: { identity }, body: { password }, app }) => {
      await setPassword(identity, password, app);
      return done;
    },
  }),
  route({
    method: "post",
    path: "/v1/charge-points/{identity}/credentials",
    access: "admin",
    tag,
    summary: "Makes a random key, shows it once",
    params,
    body: z.strictObject({}),
    answers: { 201: MadeKey },
    handle: async ({ params: { identity }, app }) => {
      const password = makeKey().toHex();
      await setPassword(identity, password, app);
      return created({ password }, `/v1/charge-points/${encodeURIComponent(identity)}`);
    },
  }),
];
