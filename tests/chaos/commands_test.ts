/**
 * The server is killed with commands in every state. A command that waited is sent after the restart; a command that was sent becomes `unknown`
 * and stays so; an action that must not be done twice is not sent twice. Fault injection 30.
 */
import { assert, assertEquals } from "@std/assert";
import { type Payload, Wire } from "../conformance/wire.ts";
import { eventually } from "../conformance/within.ts";
import type { ApiAnswer } from "../harness.ts";
import { testDatabase } from "../database.ts";
import { randomBelow } from "./random.ts";
import { listAll } from "./oracle.ts";
import { type Server, startServer } from "./server.ts";

/** The kill comes at a random moment within this time, while the operator sends one request every `REQUEST_INTERVAL_MS`. */
const KILL_WITHIN_MS = 60;
const REQUEST_INTERVAL_MS = 4;
const FLEET_SIZE = 16;

/** States that a command never leaves. */
const ENDED = new Set(["answered", "callError", "timedOut", "connectionLost", "unknown", "expired", "cancelled"]);

/** The operator's commands: actions that must not be done twice. */
const COMMANDS: readonly { action: string; request: Payload }[] = [
  { action: "RemoteStartTransaction", request: { idTag: "TAG", connectorId: 1 } },
  { action: "Reset", request: { type: "Hard" } },
  { action: "UnlockConnector", request: { connectorId: 1 } },
];

/** A charge point that answers every CALL at once or never, and keeps the CALLs of all its connections. */
class CountingChargePoint {
  readonly calls: string[] = [];
  #wire: Wire | undefined;

  constructor(readonly identity: string, readonly answers: boolean) {}

  /** Without a boot (`boots` is false), the Central System waits for a moment before it sends a CALL. */
  async connect({ ocppUrl }: Server, boots = true): Promise<void> {
    this.#wire = await Wire.open(`${ocppUrl}/${this.identity}`);
    if (boots) this.#wire.send(2, "boot", "BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
    this.#listen(this.#wire);
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
      this.calls.push(frame.action);
      const confirmation = { status: frame.action === "UnlockConnector" ? "Unlocked" : "Accepted" };
      if (this.answers && open) wire.send(3, frame.id, confirmation);
    }
  }
}

Deno.test("commands in every state survive a kill of the server, and none is sent twice", async () => {
  await using data = await testDatabase();
  await using before = await startServer(data);
  const states = await CommandStates.reached(before);
  const fleet = await Fleet.connected(before);
  const requests = fleet.sendCommands(before);
  await new Promise((resolve) =>
    setTimeout(resolve, FLEET_SIZE * REQUEST_INTERVAL_MS / 2 + randomBelow(KILL_WITHIN_MS))
  );
  await before.kill();
  await requests;

  await using after = await startServer(data);
  await states.verify(after);
  await fleet.verify(after);
});

/** A command in each state before the kill: sent, waiting behind a sent one, waiting for the boot, queued for an offline charge point. */
class CommandStates {
  readonly #silent = new CountingChargePoint("SILENT", false);
  readonly #booting = new CountingChargePoint("BOOTING", true);
  readonly #offline = new CountingChargePoint("OFFLINE", true);
  #ids: string[] = [];

  static async reached(server: Server): Promise<CommandStates> {
    const states = new CommandStates();
    const silent = states.#silent, booting = states.#booting, offline = states.#offline;
    await register(server, [silent, booting, offline]);
    await silent.connect(server);
    const sent = await start(server, silent, "Reset", { type: "Hard" });
    await eventually("the reset has arrived", () => Promise.resolve(silent.calls[0]));
    const behind = await start(server, silent, "RemoteStartTransaction", { idTag: "TAG" });
    await booting.connect(server, false);
    const waiting = await start(server, booting, "RemoteStartTransaction", { idTag: "TAG" });
    const key = { key: "HeartbeatInterval", value: "60" };
    const queued = await start(server, offline, "ChangeConfiguration", key, "?whenOffline=queue");
    states.#ids = [sent, behind, waiting, queued];
    assertEquals(await states.#current(server), ["sent", "queued", "queued", "queued"]);
    return states;
  }

  async verify(server: Server): Promise<void> {
    const chargePoints = [this.#silent, this.#booting, this.#offline];
    await eventually(
      "the sent command is unknown",
      async () => (await this.#current(server))[0] === "unknown" || undefined,
    );
    for (const chargePoint of chargePoints) await chargePoint.connect(server);
    await eventually("the other commands have been sent", async () => {
      const [, behind, waiting, queued] = await this.#current(server);
      return behind === "sent" && waiting === "answered" && queued === "answered" || undefined;
    });
    assertEquals((await this.#current(server))[0], "unknown");
    const calls = chargePoints.map((each) => each.calls);
    assertEquals(calls, [["Reset", "RemoteStartTransaction"], ["RemoteStartTransaction"], ["ChangeConfiguration"]]);
    for (const chargePoint of chargePoints) await chargePoint.cut();
  }

  #current(server: Server): Promise<string[]> {
    return Promise.all(this.#ids.map(async (id) => (await getCommand(server, id)).state));
  }
}

/** Many charge points: each gets one command, and the kill comes while these are sent. */
class Fleet {
  readonly #chargePoints = Array.from({ length: FLEET_SIZE }, (_, i) => new CountingChargePoint(`FLEET-${i}`, true));
  /** The final states that the API answered before the kill, by command id. */
  readonly #answered = new Map<string, string>();

  static async connected(server: Server): Promise<Fleet> {
    const fleet = new Fleet();
    await register(server, fleet.#chargePoints);
    await Promise.all(fleet.#chargePoints.map((chargePoint) => chargePoint.connect(server)));
    return fleet;
  }

  async sendCommands({ api }: Server): Promise<void> {
    await Promise.all(this.#chargePoints.map(async ({ identity }, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * REQUEST_INTERVAL_MS));
      const { action, request } = COMMANDS[i % COMMANDS.length]!;
      const path = `/v1/charge-points/${identity}/commands/${action}`;
      const answer = await api("POST", path, request).catch(() => undefined);
      if (answer && ENDED.has(answer.body.state)) this.#answered.set(answer.body.id, answer.body.state);
    }));
  }

  async verify(server: Server): Promise<void> {
    await Promise.all(this.#chargePoints.map((chargePoint) => chargePoint.connect(server)));
    const commands = await eventually("every command has ended", async () => {
      const all = (await listAll(server, "/v1/commands")).filter(({ chargePoint }) => chargePoint.startsWith("FLEET-"));
      return all.every(({ state }) => ENDED.has(state)) ? all : undefined;
    });
    for (const [id, state] of this.#answered) assertEquals((await getCommand(server, id)).state, state);
    for (const { identity, calls } of this.#chargePoints) {
      const own = commands.filter(({ chargePoint }) => chargePoint === identity);
      assert(own.length <= 1 && calls.length <= own.length, `${identity}: ${calls} for ${own.length} commands`);
      if (own[0]?.state === "answered") assertEquals(calls, [own[0].action]);
    }
    for (const chargePoint of this.#chargePoints) await chargePoint.cut();
  }
}

async function register({ api }: Server, chargePoints: readonly CountingChargePoint[]): Promise<void> {
  for (const { identity } of chargePoints) {
    await api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
  }
}

/** Gives a command without waiting for its end; returns its id. */
async function start(
  { api }: Server,
  { identity }: CountingChargePoint,
  action: string,
  request: Payload,
  query = "",
): Promise<string> {
  const path = `/v1/charge-points/${identity}/commands/${action}${query}`;
  const { status, body } = await api("POST", path, request, { prefer: "respond-async" });
  assertEquals(status, 202, JSON.stringify(body));
  return body.id;
}

async function getCommand({ api }: Server, id: string): Promise<ApiAnswer["body"]> {
  return (await api("GET", `/v1/commands/${id}`)).body;
}
