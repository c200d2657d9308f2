import { assertEquals } from "@std/assert";
import type { Signal } from "../../actors/runtime/signals.ts";
import { suite } from "../conformance/suite.ts";
import { now } from "../conformance/tool.ts";
import { eventually } from "../conformance/within.ts";

const test = suite();

test(
  "whoever listens hears of everything that happened to a charge point, after it is recorded",
  async (tool, central) => {
    const heard: Signal[] = [];
    const { signals } = central.app;
    const { identity } = tool.cp;
    const stopFailing = signals.listen(() => {
      throw new Error("a listener that fails is nobody else's business");
    });
    const stop = signals.listen((item) => {
      if ("chargePoint" in item && item.chargePoint === identity) heard.push(item);
    });

    const transactionId = await tool.charging();
    await tool.cp.call("FirmwareStatusNotification", { status: "Downloading" });
    await tool.command("ClearCache", {}, { status: "Accepted" });
    await tool.stop(transactionId, "Local");
    await central.api("PATCH", `/v1/charge-points/${identity}`, { description: "edited" });
    await tool.cp.disconnect();
    await eventually("the end is heard", () => Promise.resolve(heard.at(-1)?.kind === "disconnected" || undefined));
    stop();
    stopFailing();
    await tool.cp.connect();

    const kinds = heard.map(({ kind }) => kind);
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
    assertEquals(heard.findLast(({ kind }) => kind === "statusReported"), {
      kind: "statusReported",
      chargePoint: identity,
      connectorId: 1,
      status: "Charging",
      errorCode: "NoError",
    });
    const settled = heard.find((item) => item.kind === "commandSettled");
    assertEquals(settled?.command.state, "answered");
  },
);

test("an edited idTag is signals, too", async (_tool, central) => {
  const heard: Signal[] = [];
  const stop = central.app.signals.listen((item) => void heard.push(item));
  const body = { expiryDate: now() };
  await central.api("PUT", "/v1/id-tags/NEWS", body);
  await central.api("PATCH", "/v1/id-tags/NEWS", { status: "Blocked" });
  await central.api("DELETE", "/v1/id-tags/NEWS");
  stop();
  assertEquals(
    heard.filter(({ kind }) => kind === "idTagChanged"),
    Array.from({ length: 3 }, () => ({ kind: "idTagChanged" as const, idTag: "NEWS" })),
  );
});
