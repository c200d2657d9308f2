import { assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, now } from "../conformance/tool.ts";

const test = suite();

test("an idTag is found without regard to case, and the answer has its parentIdTag", async (tool) => {
  await tool.booted();
  const { valid, parent } = tool.tags;
  for (const idTag of [valid, valid.toLowerCase()]) {
    assertEquals(await tool.authorize(idTag), { status: "Accepted", parentIdTag: parent });
  }
});

test("an idTag with an expiryDate is accepted until then, and the answer has the expiryDate", async (tool) => {
  await tool.booted();
  const expiryDate = "2099-12-31T22:59:59.000Z";
  await tool.operator.put(`/v1/id-tags/${tool.tags.valid}`, { status: "Accepted", expiryDate });
  assertEquals(await tool.authorize(tool.tags.valid), { status: "Accepted", expiryDate });
});

test("an idTag with pattern characters or SQL matches no other idTag", async (tool) => {
  await tool.booted();
  for (const idTag of ["%", "_", "' or 1=1 --", "*", `${tool.tags.valid} `]) {
    assertEquals((await tool.authorize(idTag)).status, "Invalid");
  }
});

test("an idTag that was blocked or removed is refused at the next Authorize", async (tool) => {
  await tool.booted();
  assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
  await tool.operator.request("PATCH", `/v1/id-tags/${tool.tags.valid}`, { status: "Blocked" });
  assertEquals((await tool.authorize(tool.tags.valid)).status, "Blocked");
  assertEquals((await tool.operator.request("DELETE", `/v1/id-tags/${tool.tags.valid}`)).status, 204);
  assertEquals((await tool.authorize(tool.tags.valid)).status, "Invalid");
});

for (const [which, status] of [["invalid", "Invalid"], ["expired", "Expired"], ["blocked", "Blocked"]] as const) {
  test(`a start with an ${which} idTag is answered ${status} and is recorded`, async (tool) => {
    await tool.booted();
    const { transactionId, idTagInfo } = await tool.start({ idTag: tool.tags[which] });
    assertEquals(idTagInfo.status, status);
    await tool.stop(transactionId, "DeAuthorized");
  });
}

test("a second start with an idTag that already charges is answered ConcurrentTx and is recorded", async (tool) => {
  const other = await tool.another();
  await other.booted();
  const running = await tool.charging();
  assertEquals((await other.authorize(tool.tags.valid)).status, "Accepted", "ConcurrentTx is for starts only");
  const { transactionId, idTagInfo } = await other.start({ idTag: tool.tags.valid });
  assertEquals(idTagInfo.status, "ConcurrentTx");
  await other.stop(transactionId, "DeAuthorized");
  await tool.stop(running, "Local");
  assertEquals((await other.start({ idTag: tool.tags.valid, timestamp: now() })).idTagInfo.status, "Accepted");
});

test("an idTag may have as many transactions at once as maxActiveTransactions allows", async (tool) => {
  await tool.booted();
  await tool.operator.put(`/v1/id-tags/${tool.tags.valid}`, { status: "Accepted", maxActiveTransactions: 2 });
  const statuses = [];
  for (const connectorId of [1, 2, 3]) {
    statuses.push((await tool.start({ connectorId, meterStart: connectorId })).idTagInfo.status);
  }
  assertEquals(statuses, ["Accepted", "Accepted", "ConcurrentTx"]);
  await tool.operator.put(`/v1/id-tags/${tool.tags.second}`, { status: "Accepted", maxActiveTransactions: null });
  for (const connectorId of [4, 5, 6]) await tool.startAccepted({ connectorId, idTag: tool.tags.second });
});

test("another idTag with the same parentIdTag may stop a transaction", async (tool) => {
  const transactionId = await tool.charging();
  const { idTagInfo } = await tool.cp.call("StopTransaction", {
    transactionId,
    meterStop: 1100,
    timestamp: now(),
    idTag: tool.tags.second,
  });
  assertEquals(idTagInfo, { status: "Accepted", parentIdTag: tool.tags.parent });
  assertEquals((await tool.operator.transaction(transactionId)).flags, []);
});

test("a stop without an idTag is confirmed without idTagInfo", async (tool) => {
  const transactionId = await tool.charging();
  const stop = { transactionId, meterStop: 1100, timestamp: now(), reason: "Remote" };
  assertEquals(await tool.cp.call("StopTransaction", stop), {});
});

test("a start with an unknown connectorId and reservationId is recorded", async (tool) => {
  await tool.booted();
  const transactionId = await tool.startAccepted({ connectorId: 77, reservationId: 4711, timestamp: minutesAgo(1) });
  const { connectorId, reservationId } = await tool.operator.transaction(transactionId);
  assertEquals({ connectorId, reservationId }, { connectorId: 77, reservationId: 4711 });
});
