import { assertEquals, assertMatch } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../../actors/runtime/clock.ts";
import { isWebhookSecret, makeWebhookSecret, signatureHeaders } from "../../../actors/webhooks/standard_webhooks.ts";
import {
  isPublicAddress,
  postWebhook,
  targetProblem,
  type TargetRules,
} from "../../../actors/webhooks/webhook_request.ts";
import { within } from "../../conformance/within.ts";
import { FakeClock } from "../../fake_clock.ts";
import { startReceiver } from "../../receiver.ts";

const STRICT: TargetRules = { webhookHttp: "refuse", webhookPrivateTargets: "refuse" };
const LAB: TargetRules = { webhookHttp: "allow", webhookPrivateTargets: "allow" };

Deno.test("public addresses are recognised in all notations", () => {
  const open = ["1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.0.1", "192.0.1.1", "2606:4700::1111", "2a00::1"];
  for (const address of open) assertEquals(isPublicAddress(address), true, address);
  const closed = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.31.196.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:1.1.1.1",
    "::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "2001::1",
    "2001:db8::1",
    "2001:20::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "::ffff:0:1.2.3.4",
    "",
    "localhost",
    "1.2.3",
    "1.2.3.999",
    "010.1.1.1",
    "16843009",
    "0x1.1.1.1",
    "1.1.1.1 ",
    "not:an:address",
  ];
  for (const address of closed) assertEquals(isPublicAddress(address), false, address);
});

Deno.test("targets that are refused for their URL, without a look-up", () => {
  const refused = [
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "https://user:password@example.com/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://10.0.0.1:8443/x",
    "nonsense",
  ];
  for (const url of refused) assertMatch(targetProblem(url, STRICT) ?? "allowed", /^(?!allowed)/, url);
  for (const url of ["https://example.com/", "https://1.1.1.1/x?y=z"]) {
    assertEquals(targetProblem(url, STRICT), undefined);
  }
  for (const url of ["http://127.0.0.1/", "http://[::1]:80/"]) assertEquals(targetProblem(url, LAB), undefined);
  assertEquals(targetProblem("ftp://127.0.0.1/", LAB), "Only https: is allowed");
});

Deno.test("a host name with an address that is not public is refused when it is resolved", async () => {
  await using receiver = await startReceiver();
  const url = receiver.url.replace("127.0.0.1", "localhost");
  const rules: TargetRules = { webhookHttp: "allow", webhookPrivateTargets: "refuse" };
  const { status, error } = await postWebhook(url, {}, "{}", rules, systemClock);
  assertEquals(status, null);
  assertMatch(error!, /^localhost: .+ is not a public address/);
  assertEquals(receiver.received.length, 0);
});

Deno.test("the request goes to the resolved address and names the host; a redirect is not followed", async () => {
  await using receiver = await startReceiver();
  const url = receiver.url.replace("127.0.0.1", "localhost");
  assertEquals((await postWebhook(url, {}, "{}", LAB, systemClock)).error, null);
  assertEquals(receiver.received[0]!.headers.host, new URL(url).host);
  receiver.answer = (_, response) => void response.writeHead(307, { location: receiver.url }).end();
  const redirected = await postWebhook(url, {}, "{}", LAB, systemClock);
  assertEquals([redirected.status, redirected.error], [307, "It answered 307; redirects are not followed"]);
  assertEquals(receiver.received.length, 2);
});

Deno.test("an answer without an end is cut, and its status counts", async () => {
  await using receiver = await startReceiver();
  let written = 0;
  const cut = Promise.withResolvers<void>();
  receiver.answer = (_, response) => {
    response.writeHead(200);
    response.on("close", () => cut.resolve());
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536))) written++;
    };
    response.on("drain", more);
    more();
  };
  assertEquals((await postWebhook(receiver.url, {}, "{}", LAB, systemClock)).error, null);
  await within(cut.promise, "the connection to be cut");
});

Deno.test("a receiver without an answer fails after 5 s, and one that refuses the connection fails at once", async () => {
  await using receiver = await startReceiver();
  const asked = Promise.withResolvers<void>();
  receiver.answer = () => asked.resolve();
  const clock = new FakeClock();
  const posting = postWebhook(receiver.url, {}, "{}", LAB, clock);
  await asked.promise;
  await clock.advance(4999);
  await clock.advance(1);
  assertEquals(await posting, { status: null, error: "No answer within 5 s", latencyMs: 5000 });

  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", () => resolve()));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const { status, error } = await postWebhook(`http://127.0.0.1:${port}/`, {}, "{}", LAB, systemClock);
  assertEquals(status, null);
  assertMatch(error!, /refused/i);
});

Deno.test("an answer without TLS or HTTP is a failure", async () => {
  await using receiver = await startReceiver();
  const secure = await postWebhook(receiver.url.replace("http:", "https:"), {}, "{}", LAB, systemClock);
  assertEquals([secure.status, receiver.received.length], [null, 0]);
  for (const said of ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 20\r\n\r\n", ""]) {
    receiver.answer = (_, response) => void response.socket!.end(said);
    const { status, error } = await postWebhook(receiver.url, {}, "{}", LAB, systemClock);
    assertEquals(status, null);
    assertMatch(error!, /^The answer is not HTTP|^The connection ended/);
  }
  receiver.answer = (_, response) =>
    void response.socket!.end("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n");
  assertEquals((await postWebhook(receiver.url, {}, "{}", LAB, systemClock)).status, 202);
});

Deno.test("signatures conform to the Standard Webhooks specification", () => {
  // The example of the reference libraries.
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const at = new Date(1_614_265_330_000);
  const headers = signatureHeaders("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}', [secret]);
  assertEquals(headers, {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

Deno.test("a secret has a prefix and 24 to 64 bytes", () => {
  assertEquals(isWebhookSecret(makeWebhookSecret()), true);
  const of = (bytes: number) => `whsec_${new Uint8Array(bytes).toBase64()}`;
  assertEquals([23, 24, 64, 65].map((bytes) => isWebhookSecret(of(bytes))), [false, true, true, false]);
  for (const text of ["whsec_", "whsec_!!!!", of(32).slice(6), `${of(32)}x`]) {
    assertEquals(isWebhookSecret(text), false);
  }
});
