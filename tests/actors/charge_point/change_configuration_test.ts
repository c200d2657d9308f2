import { assert, assertEquals } from "@std/assert";
import { hashPassword, verifyPassword } from "../../../actors/charge_point/credentials.ts";
import { ChangeConfiguration } from "../../../actors/charge_point/handlers/change_configuration.ts";
import type { HandlerContext } from "../../../actors/charge_point/handler_context.ts";
import type { Command } from "../../../db/commands.ts";
import { endOf } from "../../../ocpp/command_end.ts";
import { openTestStore } from "../../database.ts";
import { fields } from "../../db/records.ts";

const { chargePoints, ...store } = await openTestStore();
Deno.test.afterAll(() => store.close());

const now = new Date();
const [OLD, FIRST, SECOND] = ["0a", "1b", "2c"].map((byte) => byte.repeat(20)) as [string, string, string];

type Answer = "Accepted" | "RebootRequired" | "Rejected" | "NotSupported" | "none";

/** Sends each key and settles it with its answer. Returns the keys with which the charge point can connect afterwards. */
async function changed(identity: string, ...changes: [key: string, answer: Answer][]): Promise<string[]> {
  const chargePoint = (await chargePoints.put(identity, fields(), now)).chargePoint;
  await chargePoints.setCredentials(identity, await hashPassword(OLD));
  const context = { chargePoint, store: { chargePoints, ...store } } as HandlerContext;
  for (const [value, status] of changes) {
    const request = { key: "authorizationKey", value };
    await ChangeConfiguration.sending?.(request, context, now, {} as Command);
    const command = { action: "ChangeConfiguration", request, sentAt: now } as unknown as Command & {
      request: typeof request;
    };
    const ended = status === "none"
      ? { ...command, state: "timedOut" } as const
      : { ...command, state: "answered", confirmation: { status } } as const;
    await ChangeConfiguration.ended?.(ended, endOf<{ status: typeof status & "Accepted" }>(ended)!, context);
  }
  const { credentials, pendingCredentials } = (await chargePoints.findForAdmission(identity))!;
  assert(credentials);
  const valid = [];
  for (const stored of [credentials, ...pendingCredentials]) {
    for (const key of [OLD, FIRST, SECOND]) {
      if (await verifyPassword(Uint8Array.fromHex(key), stored)) valid.push(key);
    }
  }
  return valid;
}

const cases: [about: string, changes: [string, Answer][], valid: string[]][] = [
  ["accepted: it alone counts", [[FIRST, "none"], [SECOND, "Accepted"]], [SECOND]],
  ["accepted, but only after a reboot: both count until one is used", [[FIRST, "RebootRequired"]], [OLD, FIRST]],
  ["rejected: the old one counts", [[FIRST, "Rejected"]], [OLD]],
  ["not supported: the old one counts", [[FIRST, "NotSupported"]], [OLD]],
  ["rejected after one without an answer: that one may count", [[FIRST, "none"], [SECOND, "Rejected"]], [OLD, FIRST]],
  ["rejected the second time: the first time may count", [[FIRST, "none"], [FIRST, "Rejected"]], [OLD, FIRST]],
];

for (const [index, [about, changes, valid]] of cases.entries()) {
  Deno.test(`a new AuthorizationKey, ${about}`, async () => {
    assertEquals(await changed(`CP${index}`, ...changes), valid);
  });
}
