import { assertEquals } from "@std/assert";
import { answersTrigger, bringsSeveral, connectorOf, isTrigger } from "../../../ocpp/remote_trigger/triggered.ts";

const plain = (request: object) => ({ action: "TriggerMessage", request });
const extended = (request: object) => ({ action: "ExtendedTriggerMessage", request });

const matches: [ReturnType<typeof plain>, string, object, boolean][] = [
  ...[
    "BootNotification",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "MeterValues",
    "StatusNotification",
  ].map((name): [ReturnType<typeof plain>, string, object, boolean] => [
    plain({ requestedMessage: name }),
    name,
    {},
    true,
  ]),
  [plain({ requestedMessage: "Heartbeat" }), "StatusNotification", {}, false],
  [plain({ requestedMessage: "Heartbeat", connectorId: 1 }), "Heartbeat", {}, true],
  [plain({ requestedMessage: "StatusNotification", connectorId: 1 }), "StatusNotification", { connectorId: 1 }, true],
  [plain({ requestedMessage: "StatusNotification", connectorId: 1 }), "StatusNotification", { connectorId: 2 }, false],
  [plain({ requestedMessage: "StatusNotification", connectorId: 0 }), "StatusNotification", { connectorId: 0 }, true],
  [plain({ requestedMessage: "MeterValues" }), "MeterValues", { connectorId: 7 }, true],
  [plain({ requestedMessage: "FirmwareStatusNotification" }), "SignedFirmwareStatusNotification", {}, false],
  [extended({ requestedMessage: "FirmwareStatusNotification" }), "SignedFirmwareStatusNotification", {}, true],
  [extended({ requestedMessage: "FirmwareStatusNotification" }), "FirmwareStatusNotification", {}, true],
  [extended({ requestedMessage: "SignChargePointCertificate" }), "SignCertificate", {}, true],
  [extended({ requestedMessage: "LogStatusNotification" }), "LogStatusNotification", {}, true],
];
for (const [trigger, action, payload, fits] of matches) {
  const { requestedMessage, connectorId } = trigger.request as Record<string, unknown>;
  const asked = `${trigger.action} of ${requestedMessage} at connector ${connectorId ?? "any"}`;
  Deno.test(`${asked} ${fits ? "is" : "is not"} answered by ${action} ${JSON.stringify(payload)}`, () => {
    assertEquals(answersTrigger(trigger, { action, payload }), fits);
  });
}

Deno.test("only messages about connectors come once for each, and only when none was named", () => {
  assertEquals(bringsSeveral(plain({ requestedMessage: "MeterValues" })), true);
  assertEquals(bringsSeveral(plain({ requestedMessage: "StatusNotification" })), true);
  assertEquals(bringsSeveral(plain({ requestedMessage: "StatusNotification", connectorId: 0 })), false);
  assertEquals(bringsSeveral(plain({ requestedMessage: "Heartbeat" })), false);
});

Deno.test("a connector is a whole number, whatever a stranger sends", () => {
  for (const payload of [null, undefined, {}, { connectorId: "1" }, { connectorId: null }, { connectorId: 1.5 }, []]) {
    assertEquals(connectorOf(payload), null);
  }
  assertEquals(connectorOf({ connectorId: 3 }), 3);
});

Deno.test("TriggerMessage and ExtendedTriggerMessage are the triggers", () => {
  const actions = ["TriggerMessage", "ExtendedTriggerMessage", "Reset"];
  assertEquals(actions.map((action) => isTrigger({ action })), [true, true, false]);
});
