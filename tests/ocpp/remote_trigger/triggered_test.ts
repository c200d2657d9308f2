import { assertEquals } from "@std/assert";
import { answersTrigger, connectorOf, expectsSeveral, isTrigger } from "../../../ocpp/remote_trigger/triggered.ts";

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

Deno.test("a trigger without a connector expects one StatusNotification or MeterValues per connector, and one of every other message", () => {
  assertEquals(expectsSeveral(plain({ requestedMessage: "MeterValues" })), true);
  assertEquals(expectsSeveral(plain({ requestedMessage: "StatusNotification" })), true);
  assertEquals(expectsSeveral(plain({ requestedMessage: "StatusNotification", connectorId: 0 })), false);
  assertEquals(expectsSeveral(plain({ requestedMessage: "Heartbeat" })), false);
});

Deno.test("only an integer is read as a connector", () => {
  for (const payload of [null, undefined, {}, { connectorId: "1" }, { connectorId: null }, { connectorId: 1.5 }, []]) {
    assertEquals(connectorOf(payload), null);
  }
  assertEquals(connectorOf({ connectorId: 3 }), 3);
});

Deno.test("TriggerMessage and ExtendedTriggerMessage are the triggers", () => {
  const actions = ["TriggerMessage", "ExtendedTriggerMessage", "Reset"];
  assertEquals(actions.map((action) => isTrigger({ action })), [true, true, false]);
});
