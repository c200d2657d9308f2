import { assertEquals, assertMatch } from "@std/assert";
import { suite } from "../../conformance/suite.ts";

/** Behaviour that only a real connection shows. */
const test = suite();

test(
  "a body that is too large is refused while it is still coming, and the next request is served",
  async (tool, central) => {
    const piece = new Uint8Array(64 * 1024).fill(0x20);
    let pieces = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pieces++ < 1024) controller.enqueue(piece);
        else controller.close();
      },
    });
    const headers = { Authorization: `Bearer ${central.adminKey}`, "Content-Type": "application/json" };
    const url = `${central.url}/v1/id-tags/${tool.tags.valid}`;
    const response = await fetch(url, { method: "PUT", headers, body: endless });
    assertEquals([response.status, (await response.json()).type], [413, "/problems/content-too-large"]);
    assertEquals((await tool.operator.request("GET", `/v1/id-tags/${tool.tags.valid}`)).status, 200);
  },
);

test("the body of a request without a key is not read", async (_, central) => {
  const body = "x".repeat(2 * 1024 * 1024);
  const response = await fetch(`${central.url}/v1/api-keys`, { method: "POST", body });
  assertEquals([response.status, (await response.json()).type], [401, "/problems/unauthorized"]);
});

test("HEAD answers like GET, without the body", async (tool, central) => {
  const headers = { Authorization: `Bearer ${central.adminKey}` };
  const path = `${central.url}/v1/charge-points/${tool.cp.identity}`;
  const response = await fetch(path, { method: "HEAD", headers });
  assertEquals([response.status, await response.text()], [200, ""]);
  assertMatch(response.headers.get("Content-Type")!, /^application\/json/);
});
