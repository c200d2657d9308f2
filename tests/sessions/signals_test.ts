import { assertEquals } from "@std/assert";
import type { Signal } from "../../actors/runtime/signals.ts";
import { suite } from "../conformance/suite.ts";
import { now } from "../conformance/tool.ts";
import { eventually } from "../conformance/within.ts";

const test = suite();

test(
  "a listener gets a signal for everything that happens to a charge point, after it is recorded",
  async (tool, central) => {
    const received: Signal[] = [];
    const { signals } = central.app;
    const { identity } = tool.cp;
    const stopFailing = signals.listen(() => {
      throw new Error("a failing listener must not affect the others");
    });
    const stop = signals.listen((item) => {
      if ("chargePoint" in item && item.chargePoint === identity) received.push(item);
    });

    const transactionId = await tool.charging();
    await tool.cp.call("FirmwareStatusNotification", { status: "Downloading" });
    await tool.command("ClearCache", {}, { status: "Accepted" });
    await tool.stop(transactionId, "Local");
    await central.api("PATCH", `/v1/charge-points/${identity}`, { description: "edited" });
    await tool.cp.disconnect();
    await eventually(
      "the signal disconnected has come",
      () => Promise.resolve(received.at(-1)?.kind === "disconnected" || undefined),
    );
    stop();
    stopFailing();
    await tool.cp.connect();

    const kinds = received.map(({ kind }) => kind);
    assertEquals(kinds.filter((kind) => kind !== "statusReported"), [
      "connected",
      "booted",
      "transactionStarted",
      "noticed",
      "commandSettled",
      "transactionEnded",
      "chargePointChanged",
      "disconnected",
    ]);
    assertEquals(received.findLast(({ kind }) => kind === "statusReported"), {
      kind: "statusReported",
      chargePoint: identity,
      connectorId: 1,
      status: "Charging",
      errorCode: "NoError",
    });
    const settled = received.find((item) => item.kind === "commandSettled");
    assertEquals(settled?.command.state, "answered");
  },
);

test("each edit of an idTag is a signal", async (_tool, central) => {
  const received: Signal[] = [];
  const stop = central.app.signals.listen((item) => void received.push(item));
  const body = { expiryDate: now() };
  await central.api("PUT", "/v1/id-tags/EDITED", body);
  await central.api("PATCH", "/v1/id-tags/EDITED", { status: "Blocked" });
  await central.api("DELETE", "/v1/id-tags/EDITED");
  stop();
  assertEquals(
    received.filter(({ kind }) => kind === "idTagChanged"),
    Array.from({ length: 3 }, () => ({ kind: "idTagChanged" as const, idTag: "EDITED" })),
  );
});
