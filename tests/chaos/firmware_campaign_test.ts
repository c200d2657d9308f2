/**
 * The server is killed (kill -9) several times at random moments of a firmware campaign. The campaign continues by itself each time, and no charge
 * point gets UpdateFirmware twice. Fault injection 41.
 */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import { Wire } from "../conformance/wire.ts";
import { eventually } from "../conformance/within.ts";
import { testDatabase } from "../database.ts";
import { randomBelow } from "./random.ts";
import { listAll } from "./oracle.ts";
import { type Server, startServer } from "./server.ts";

const CHARGE_POINTS = 30;

const KILLS = 8;

/** The kill comes at a random moment within this time after all charge points have connected. */
const KILL_WITHIN_MS = 400;

/** A charge point that installs each update and repeats its reports on each connection, because it cannot know which ones arrived. */
class UpdatingChargePoint {
  updates = 0;
  version = "1.0";
  #calls = 0;
  #wire: Wire | undefined;

  constructor(readonly identity: string) {}

  async connect({ ocppUrl }: Server): Promise<void> {
    this.#wire = await Wire.open(`${ocppUrl}/${this.identity}`);
    if (this.updates > 0) this.#reportInstalled();
    this.#boot();
    void this.#listen(this.#wire);
  }

  async cut(): Promise<void> {
    await this.#wire?.cut();
  }

  async #listen(wire: Wire): Promise<void> {
    let open = true;
    wire.closed.then(() => open = false);
    while (open) {
      const frame = await wire.next("a CALL", 60_000).catch(() => undefined);
      if (frame?.kind !== "CALL") continue;
      assertEquals(frame.action, "UpdateFirmware");
      this.updates++;
      this.version = "2.0";
      if (!open) return;
      wire.send(3, frame.id, {});
      this.#reportInstalled();
      this.#boot();
    }
  }

  #boot(): void {
    this.#call("BootNotification", { chargePointVendor: "V", chargePointModel: "M", firmwareVersion: this.version });
  }

  #reportInstalled(): void {
    for (const status of ["Downloading", "Installing", "Installed"]) {
      this.#call("FirmwareStatusNotification", { status });
    }
  }

  #call(action: string, payload: Record<string, unknown>): void {
    this.#wire!.send(2, String(++this.#calls), action, payload);
  }
}

Deno.test("a firmware campaign continues by itself after each kill -9 and sends no UpdateFirmware twice", async () => {
  await using data = await testDatabase();
  const chargePoints = Array.from({ length: CHARGE_POINTS }, (_, i) => new UpdatingChargePoint(`FW-${i}`));
  let server = await startServer(data);
  try {
    const id = await started(server, chargePoints);
    for (let kill = 0; kill < KILLS; kill++) {
      await Promise.all(chargePoints.map((chargePoint) => chargePoint.connect(server)));
      await new Promise((resolve) => setTimeout(resolve, randomBelow(KILL_WITHIN_MS)));
      await server.kill();
      await Promise.all(chargePoints.map((chargePoint) => chargePoint.cut()));
      server = await startServer(data);
      await installUnsent(server, id, chargePoints);
    }
    await Promise.all(chargePoints.map((chargePoint) => chargePoint.connect(server)));
    await verify(server, id, chargePoints);
    for (const chargePoint of chargePoints) await chargePoint.cut();
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

/** Registers the charge points and starts a campaign for them in waves; returns the campaign's id. */
async function started({ api }: Server, chargePoints: readonly UpdatingChargePoint[]): Promise<string> {
  for (const { identity } of chargePoints) {
    await api("PUT", `/v1/charge-points/${identity}`, { securityProfile: 0, labels: { fleet: "chaos" } });
  }
  const { status, body } = await api("POST", "/v1/firmware-campaigns", {
    location: "https://firmware.invalid/2.0.bin",
    version: "2.0",
    targets: { label: "fleet=chaos" },
    waves: [20, 50, 100],
    maxConcurrent: 4,
    abortAboveFailures: 100,
    retries: 0,
  });
  assertEquals(status, 201, JSON.stringify(body));
  assertEquals((await api("POST", `/v1/firmware-campaigns/${body.id}/start`, {})).body.state, "running");
  return body.id;
}

/**
 * A kill can come between "recorded as sent" and the sending of an UpdateFirmware. Such a request is not sent again, because its outcome is unknown. These
 * charge points get the version in another way and report it at their next boot; else the campaign would wait for them until its time-out.
 */
async function installUnsent(server: Server, id: string, chargePoints: readonly UpdatingChargePoint[]): Promise<void> {
  const commanded = await listAll(server, `/v1/firmware-campaigns/${id}/targets?state=commanded`);
  const unsent = commanded.filter(({ commandState }) => commandState === "sent" || commandState === "unknown");
  for (const { chargePoint } of unsent) chargePoints.find(({ identity }) => identity === chargePoint)!.version = "2.0";
}

/** Waits for the end of the campaign; all targets must have installed the update and none may have got it twice. */
async function verify(server: Server, id: string, chargePoints: readonly UpdatingChargePoint[]): Promise<void> {
  await eventually("the campaign is complete", async () => {
    const { body } = await server.api("GET", `/v1/firmware-campaigns/${id}`);
    return body.state === "completed" || undefined;
  });
  const targets = await listAll(server, `/v1/firmware-campaigns/${id}/targets`);
  assertEquals(targets.length, CHARGE_POINTS);
  for (const { identity, updates } of chargePoints) {
    const { outcome, attempts } = targets.find(({ chargePoint }) => chargePoint === identity)!;
    assertLessOrEqual(updates, 1, identity);
    assertEquals([outcome, attempts], ["installed", 1], identity);
  }
  const lost = chargePoints.filter(({ updates }) => updates === 0).length;
  assertLessOrEqual(lost, KILLS * 4, "only requests that were in flight at a kill may be lost");
}
