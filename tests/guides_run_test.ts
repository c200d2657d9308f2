/**
 * Sends the requests of those guides that need only a charge point, in their order, to a Central System with a simulated charge point. The
 * guide about webhooks is not among them: its receiver is outside this machine.
 */
import { assert, assertEquals } from "@std/assert";
import { type CentralSystem, startCentralSystem } from "./harness.ts";
import { fences, requestsIn, type ShownRequest } from "./readme.ts";
import { simulateChargePoint } from "./simulator/charge_point.ts";
import { readText } from "./tools/tree.ts";

const GUIDES = [
  "local-lists",
  "smart-charging",
  "sites",
  "reservations",
  "remote-trigger",
  "diagnostics",
  "http-api",
  "api-keys",
] as const;

for (const guide of GUIDES) {
  Deno.test(`the requests of the guide ${guide} succeed`, async () => {
    await using central = await startCentralSystem();
    await central.api("PUT", "/v1/charge-points/CP001", { securityProfile: 0 });
    await central.api("PUT", "/v1/id-tags/DRIVER1", { status: "Accepted" });
    await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity: "CP001" });
    await chargePoint.boot();
    const requests = fences(await readText(`api/docs/guides/${guide}.md`)).flatMap(({ text }) => requestsIn(text))
      .filter(({ line, isStream }) => line.startsWith("api ") && !isStream);
    assert(requests.length > 0);
    await sendAll(requests, central);
  });
}

/** Fails at the first answer with a status of 300 or more. */
async function sendAll(requests: readonly ShownRequest[], central: CentralSystem): Promise<void> {
  const variables: Record<string, string> = {};
  let lastId: string | undefined;
  for (const { line, method, target, body, headers, sets } of requests) {
    for (const [name, value] of Object.entries(sets)) variables[name] = value === "…" ? lastId ?? "" : value;
    const filled = (text: string) => text.replaceAll(/\$(\w+)/g, (_, name) => variables[name] ?? "");
    const { Authorization: _, ...others } = headers;
    const sent = body === undefined ? undefined : JSON.parse(filled(body));
    const answer = await central.api(method, filled(target), sent, others);
    assertEquals(answer.status < 300, true, `${line}: ${JSON.stringify(answer.body)}`);
    lastId = answer.body?.id ?? lastId;
  }
}
