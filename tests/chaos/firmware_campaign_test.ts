/**
 * The server is killed (kill -9) again and again at any moment of a firmware campaign. It goes on by itself each time, and no charge point is ever sent
 * UpdateFirmware twice. Fault injection 41.
 */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import { Wire } from "../conformance/wire.ts";
import { eventually } from "../conformance/within.ts";
import { testDatabase } from "../database.ts";
import { chance } from "./chance.ts";
import { listAll } from "./oracle.ts";
import { type Server, startServer } from "./server.ts";

const CHARGE_POINTS = 30;

const KILLS = 8;

/** The kill comes at a random moment of this time after everybody is back. */
const KILL_WITHIN_MS = 400;

/** A charge point that installs whatever it is sent, and says so again after each new connection: it does not know what was heard. */
class Station {
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

Deno.test("a firmware campaign under kill -9: nobody is sent UpdateFirmware twice, and it goes on by itself", async () => {
  await using data = await testDatabase();
  const stations = Array.from({ length: CHARGE_POINTS }, (_, i) => new Station(`FW-${i}`));
  let server = await startServer(data);
  try {
    const id = await started(server, stations);
    for (let kill = 0; kill < KILLS; kill++) {
      await Promise.all(stations.map((station) => station.connect(server)));
      await new Promise((resolve) => setTimeout(resolve, chance(KILL_WITHIN_MS)));
      await server.kill();
      await Promise.all(stations.map((station) => station.cut()));
      server = await startServer(data);
      await installUnsent(server, id, stations);
    }
    await Promise.all(stations.map((station) => station.connect(server)));
    await verify(server, id, stations);
    for (const station of stations) await station.cut();
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

/** Registers the charge points and starts a campaign for them in waves. */
async function started({ api }: Server, stations: readonly Station[]): Promise<string> {
  for (const { identity } of stations) {
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
 * An update that is written down as sent and never went out is never sent again: nobody knows. Such charge points get the version by other means, which
 * their next boot shows; else the campaign would wait for them until their time is over.
 */
async function installUnsent(server: Server, id: string, stations: readonly Station[]): Promise<void> {
  const commanded = await listAll(server, `/v1/firmware-campaigns/${id}/targets?state=commanded`);
  const unsent = commanded.filter(({ commandState }) => commandState === "sent" || commandState === "unknown");
  for (const { chargePoint } of unsent) stations.find(({ identity }) => identity === chargePoint)!.version = "2.0";
}

/** Everybody has installed it, and nobody was sent it twice. */
async function verify(server: Server, id: string, stations: readonly Station[]): Promise<void> {
  await eventually("the campaign is complete", async () => {
    const { body } = await server.api("GET", `/v1/firmware-campaigns/${id}`);
    return body.state === "completed" || undefined;
  });
  const targets = await listAll(server, `/v1/firmware-campaigns/${id}/targets`);
  assertEquals(targets.length, CHARGE_POINTS);
  for (const { identity, updates } of stations) {
    const { outcome, attempts } = targets.find(({ chargePoint }) => chargePoint === identity)!;
    assertLessOrEqual(updates, 1, identity);
    assertEquals([outcome, attempts], ["installed", 1], identity);
  }
  const lost = stations.filter(({ updates }) => updates === 0).length;
  assertLessOrEqual(lost, KILLS * 4, "only what was under way at a kill");
}
