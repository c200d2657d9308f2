import { assertEquals, assertMatch } from "@std/assert";
import { eventually, within } from "../../conformance/within.ts";
import { type CentralSystem, startCentralSystem } from "../../harness.ts";
import { assertSigned, startReceiver } from "../../receiver.ts";

const NOWHERE = "https://receiver.invalid/";

async function inLab(run: (central: CentralSystem) => Promise<void>): Promise<void> {
  await using central = await startCentralSystem({ webhookHttp: "allow", webhookPrivateTargets: "allow" });
  await run(central);
}

Deno.test("events reach the receiver, signed with the secret that was shown once; also after a restart", () =>
  inLab(async (central) => {
    await using receiver = await startReceiver();
    const body = { url: receiver.url, types: ["chargePoint.registrationChanged"] };
    const made = await central.api("POST", "/v1/webhooks", body);
    const { id, secret, ...view } = made.body;
    assertEquals([made.status, made.headers.get("location")], [201, `/v1/webhooks/${id}`]);
    assertMatch(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    assertEquals([view.state, view.pending, view.types, view.chargePoints], ["healthy", 0, body.types, []]);

    await central.api("PUT", "/v1/charge-points/HOOKED", {});
    await within(receiver.whenReceived(1), "the first event");
    assertSigned(receiver.received[0]!, secret);
    assertEquals(receiver.received[0]!.event.data, { before: null, after: "Accepted" });

    receiver.answer = () => 500;
    await central.api("PATCH", "/v1/charge-points/HOOKED", { registration: "Rejected" });
    await within(receiver.whenReceived(2), "the second event");
    await central.restart();
    receiver.answer = () => 200;
    // An edit retries waiting deliveries at once and keeps the secret.
    assertEquals((await central.api("PUT", `/v1/webhooks/${id}`, body)).body.secret, undefined);
    await within(receiver.whenReceived(3), "the second event again");
    assertEquals(receiver.received[1]!.id, receiver.received[2]!.id);
    assertSigned(receiver.received[2]!, secret);
    const deliveries = async () =>
      (await central.api("GET", `/v1/webhooks/${id}/deliveries?state=delivered`)).body.items;
    const [second, first] = await eventually("both are recorded", async () => {
      const items = await deliveries();
      return items.length === 2 ? items : undefined;
    });
    assertEquals([first.attempts, second.attempts, second.chargePoint], [1, 2, "HOOKED"]);

    const { body: tested } = await central.api("POST", `/v1/webhooks/${id}/test`);
    assertEquals([tested.delivered, tested.status, tested.error], [true, 200, null]);
    assertEquals(tested.latencyMs, Math.round(tested.latencyMs), "whole milliseconds, as at a delivery");
    assertEquals(receiver.received.at(-1)!.event.type, "webhook.test");
    assertSigned(receiver.received.at(-1)!, secret);

    assertEquals((await central.api("DELETE", `/v1/webhooks/${id}`)).status, 204);
    for (const path of ["", "/deliveries"]) {
      assertEquals((await central.api("GET", `/v1/webhooks/${id}${path}`)).status, 404);
    }
    assertEquals((await central.api("POST", `/v1/webhooks/${id}/test`)).status, 404);
  }));

Deno.test("without the laboratory settings a webhook needs https and a public address", async () => {
  await using central = await startCentralSystem();
  for (const url of ["http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://a:b@example.com/", "x"]) {
    const { status, body } = await central.api("POST", "/v1/webhooks", { url });
    assertEquals([status, body.errors?.[0].pointer], [400, "/url"], url);
  }
  const { id } = (await central.api("POST", "/v1/webhooks", { url: "https://localhost/" })).body;
  const { body } = await central.api("POST", `/v1/webhooks/${id}/test`);
  assertEquals([body.delivered, body.status], [false, null]);
  assertMatch(body.error, /not a public address/);
});

Deno.test("PUT creates a webhook with a given id and secret, and replaces it; the secret is never shown", async () => {
  await using central = await startCentralSystem();
  const path = "/v1/webhooks/018f0000-0000-7000-8000-000000000001";
  const secret = `whsec_${new Uint8Array(32).fill(1).toBase64()}`;
  const first = await central.api("PUT", path, { url: NOWHERE, secret });
  const again = await central.api("PUT", path, { url: NOWHERE, description: "x", enabled: false, secret });
  assertEquals([first.status, again.status], [201, 200]);
  assertEquals([again.body.description, again.body.state], ["x", "disabled"]);
  const listed = await central.api("GET", "/v1/webhooks");
  assertEquals(listed.body.items, [again.body]);
  for (const { body } of [first, again, listed]) assertEquals(JSON.stringify(body).includes("whsec"), false);
  const wrong = await central.api("PUT", path, { url: NOWHERE, secret: "whsec_short", types: ["no.such"] });
  assertEquals([wrong.status, wrong.body.errors.map((one: { pointer: string }) => one.pointer).toSorted()], [
    400,
    ["/secret", "/types/0"],
  ]);
});
