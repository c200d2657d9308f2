/**
 * The simulated charge point and the Central System: a session with a password of raw bytes, messages that are queued offline, and a restart of the
 * Central System.
 */
import { assertEquals, assertRejects } from "@std/assert";
import type { Operator } from "../conformance/operator.ts";
import { suite } from "../conformance/suite.ts";
import { within } from "../conformance/within.ts";
import { ConnectionRefused } from "../simulator/dial.ts";
import { simulateChargePoint } from "../simulator/charge_point.ts";

const test = suite();

/** A password of bytes that are no valid UTF-8 (OCPP-J 6.2.2). */
const KEY = "0001020304050607ffffffffffffffffffffffff";

/** Sets security profile 1 and the password of a charge point. */
async function secure(operator: Operator, identity: string): Promise<void> {
  await operator.put(`/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 1 });
  await operator.put(`/v1/charge-points/${identity}/credentials`, { password: KEY });
}

test(
  "the simulator: a session with a password of raw bytes, started and stopped by the operator",
  async (tool, central) => {
    const { operator, tags, cp: { identity } } = tool;
    await secure(operator, identity);
    const options = { url: central.ocppUrl, identity };
    await using wrong = simulateChargePoint({ ...options, password: "wrong" });
    assertEquals((await assertRejects(() => wrong.connect(), ConnectionRefused)).status, 401);

    await using chargePoint = simulateChargePoint({ ...options, password: { hex: KEY } });
    await within(chargePoint.boot(), "the boot");
    await chargePoint.call("Heartbeat");
    assertEquals((await chargePoint.authorize(tags.valid)).status, "Accepted");
    await chargePoint.plugIn(1);
    const remote = await operator.start(identity, "RemoteStartTransaction", { idTag: tags.valid, connectorId: 1 });
    assertEquals(remote.body.confirmation, { status: "Accepted" });
    const transactions = `/v1/transactions?chargePoint=${identity}`;
    const [running] = (await operator.until(transactions, ({ items }) => items.length === 1)).items;
    await operator.until(`/v1/charge-points/${identity}/connectors/1`, ({ status }) => status === "Charging");

    chargePoint.device.existing(1).meter.addEnergy(700);
    await chargePoint.meterValues(1);
    const configuration = await operator.start(identity, "GetConfiguration", { key: ["NumberOfConnectors"] });
    assertEquals(configuration.body.confirmation.configurationKey, [
      { key: "NumberOfConnectors", readonly: true, value: "2" },
    ]);
    const stop = await operator.request("POST", `/v1/transactions/${running.transactionId}/stop`);
    assertEquals(stop.body.confirmation, { status: "Accepted" });
    const path = `/v1/transactions/${running.transactionId}`;
    assertEquals((await operator.until(path, ({ state }) => state === "ended")).reason, "Remote");
    assertEquals(chargePoint.violations, { unreadable: 0, unexpectedAnswers: 0, overlappingCalls: 0 });
  },
);

test(
  "the simulator: transactions during a disconnection are recorded once after the reconnection",
  async (tool, central) => {
    const { operator, tags, cp: { identity } } = tool;
    await secure(operator, identity);
    await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity, password: { hex: KEY } });
    await within(chargePoint.boot(), "the boot");
    await chargePoint.startTransaction(1, tags.valid);
    const before = chargePoint.transactionOn(1)?.transactionId;
    chargePoint.goOffline();
    await chargePoint.stopTransaction(1);
    await chargePoint.startTransaction(2, tags.second);
    await chargePoint.stopTransaction(2);
    await within(chargePoint.goOnline(), "the new connection");
    await within(chargePoint.drained(), "the outbox to be empty");
    const [second, first] = await operator.transactions(identity);
    assertEquals([first?.transactionId, first?.state, first?.idTag], [before, "ended", tags.valid]);
    assertEquals([second?.state, second?.idTag, second?.connectorId], ["ended", tags.second, 2]);
    assertEquals((await operator.transactions(identity)).length, 2);
  },
);

test(
  "the simulator: a transaction from before a restart of the Central System is ended after it",
  async (tool, central) => {
    const { operator, tags, cp: { identity } } = tool;
    await secure(operator, identity);
    const stateDir = await Deno.makeTempDir();
    try {
      const options = { identity, password: { hex: KEY }, stateDir };
      let transactionId: number | undefined;
      {
        await using before = simulateChargePoint({ ...options, url: central.ocppUrl });
        await within(before.boot(), "the boot");
        transactionId = (await before.startTransaction(1, tags.valid)).transactionId;
      }
      await central.restart();
      // The restarted Central System has another port, so a new simulator continues from `stateDir`: it ends the running transaction.
      await using after = simulateChargePoint({ ...options, url: central.ocppUrl });
      await within(after.boot(), "the boot after the restart");
      await within(after.drained(), "the outbox to be empty");
      const { state, reason } = await operator.transaction(Number(transactionId));
      assertEquals({ state, reason }, { state: "ended", reason: "PowerLoss" });
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
);
