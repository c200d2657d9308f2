import { z } from "zod";
import { hashPassword, makeKey } from "../../actors/charge_point/credentials.ts";
import { noChargePoint, params } from "./charge_points.ts";
import { nothing } from "../http/fields.ts";
import type { App } from "../http/app.ts";
import { created, done, type Route, route } from "../http/route.ts";

const tag = "Charge points";

const MadeKey = z.object({
  password: z.string().meta({ description: "A key of 20 bytes in hex. It is shown only in this response" }),
}).meta({ id: "MadeKey" });

/** Stores a salted hash, and ends the connection, so that the charge point authenticates with the new password. */
async function setPassword(identity: string, password: string, { store, chargePoints }: App): Promise<void> {
  if (!await store.chargePoints.setCredentials(identity, await hashPassword(password))) throw noChargePoint(identity);
  chargePoints.disconnect(identity, "the credentials were changed");
}

/** HTTP Basic passwords of charge points (security profiles 1 and 2). They can be set but not read. */
export const credentialRoutes: readonly Route[] = [
  route({
    method: "put",
    path: "/v1/charge-points/{identity}/credentials",
    access: "admin",
    tag,
    summary: "Sets the charge point's password for HTTP Basic authentication",
    description:
      "A text of 32 to 40 hex digits is a key of 16 to 20 bytes. The charge point may send it as this text or as the bytes. A connected " +
      "charge point is disconnected and must use the new password.",
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
    summary: "Creates a random password for the charge point and shows it once",
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
