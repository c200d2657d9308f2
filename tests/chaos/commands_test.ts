/**
 * The server is killed with commands in every state. What waited is sent later, what was sent is unknown for good, and nothing that
 * must not happen twice is sent twice. Fault injection 30.
 */
import { assert, assertEquals } from "@std/assert";
import { type Payload, Wire } from "../conformance/wire.ts";
import { eventually } from "../conformance/within.ts";
import type { ApiAnswer } from "../harness.ts";
import { testDatabase } from "../database.ts";
import { chance } from "./chance.ts";
import { listAll } from "./oracle.ts";
import { type Server, startServer } from "./server.ts";

/** Kills at a random moment of this time after the operator's requests have begun to go out, one every `EVERY_MS`. */
const KILL_WITHIN_MS = 60;
const EVERY_MS = 4;
const CROWD = 16;

/** States that a command never leaves. */
const ENDED = new Set(["answered", "callError", "timedOut", "connectionLost", "unknown", "expired", "cancelled"]);

/** What an operator asks for: the actions that must never be done twice. */
const COMMANDS: readonly { action: string; request: Payload }[] = [
  { action: "RemoteStartTransaction", request: { idTag: "TAG", connectorId: 1 } },
  { action: "Reset", request: { type: "Hard" } },
  { action: "UnlockConnector", request: { connectorId: 1 } },
];

/** A charge point that boots, answers every CALL at once or never, and counts them over all its connections. */
class Subject {
  readonly calls: string[] = [];
  #wire: Wire | undefined;

  constructor(readonly identity: string, readonly answers: boolean) {}

  /** `boots`: else it says nothing, and calls to it wait for a moment. */
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

Deno.test("commands in every state when the server is killed: none is lost, none is sent twice", async () => {
  await using data = await testDatabase();
  await using before = await startServer(data);
  const states = await StatesBefore.reached(before);
  const crowd = await Crowd.connected(before);
  const asking = crowd.ask(before);
  await new Promise((resolve) => setTimeout(resolve, CROWD * EVERY_MS / 2 + chance(KILL_WITHIN_MS)));
  await before.kill();
  await asking;

  await using after = await startServer(data);
  await states.verify(after);
  await crowd.verify(after);
});

/** One command in each state that a kill can find: sent, waiting behind it, waiting for the boot, and queued for an offline one. */
class StatesBefore {
  readonly #silent = new Subject("SILENT", false);
  readonly #fresh = new Subject("FRESH", true);
  readonly #offline = new Subject("OFFLINE", true);
  #ids: string[] = [];

  static async reached(server: Server): Promise<StatesBefore> {
    const states = new StatesBefore();
    const silent = states.#silent, fresh = states.#fresh, offline = states.#offline;
    await register(server, [silent, fresh, offline]);
    await silent.connect(server);
    const sent = await start(server, silent, "Reset", { type: "Hard" });
    await eventually("the reset has arrived", () => Promise.resolve(silent.calls[0]));
    const behind = await start(server, silent, "RemoteStartTransaction", { idTag: "TAG" });
    await fresh.connect(server, false);
    const waiting = await start(server, fresh, "RemoteStartTransaction", { idTag: "TAG" });
    const key = { key: "HeartbeatInterval", value: "60" };
    const queued = await start(server, offline, "ChangeConfiguration", key, "?whenOffline=queue");
    states.#ids = [sent, behind, waiting, queued];
    assertEquals(await states.#now(server), ["sent", "queued", "queued", "queued"]);
    return states;
  }

  async verify(server: Server): Promise<void> {
    const subjects = [this.#silent, this.#fresh, this.#offline];
    await eventually("the sent one is unknown", async () => (await this.#now(server))[0] === "unknown" || undefined);
    for (const subject of subjects) await subject.connect(server);
    await eventually("the others have been sent", async () => {
      const [, behind, waiting, queued] = await this.#now(server);
      return behind === "sent" && waiting === "answered" && queued === "answered" || undefined;
    });
    assertEquals((await this.#now(server))[0], "unknown");
    const calls = subjects.map((each) => each.calls);
    assertEquals(calls, [["Reset", "RemoteStartTransaction"], ["RemoteStartTransaction"], ["ChangeConfiguration"]]);
    for (const subject of subjects) await subject.cut();
  }

  #now(server: Server): Promise<string[]> {
    return Promise.all(this.#ids.map(async (id) => (await commandNow(server, id)).state));
  }
}

/** Many charge points that get a command each, one after the other, while the kill comes. */
class Crowd {
  readonly #subjects = Array.from({ length: CROWD }, (_, i) => new Subject(`CROWD-${i}`, true));
  /** Outcomes that the operator was told before the kill. */
  readonly #told = new Map<string, string>();

  static async connected(server: Server): Promise<Crowd> {
    const crowd = new Crowd();
    await register(server, crowd.#subjects);
    await Promise.all(crowd.#subjects.map((subject) => subject.connect(server)));
    return crowd;
  }

  async ask({ api }: Server): Promise<void> {
    await Promise.all(this.#subjects.map(async ({ identity }, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * EVERY_MS));
      const { action, request } = COMMANDS[i % COMMANDS.length]!;
      const path = `/v1/charge-points/${identity}/commands/${action}`;
      const answer = await api("POST", path, request).catch(() => undefined);
      if (answer && ENDED.has(answer.body.state)) this.#told.set(answer.body.id, answer.body.state);
    }));
  }

  async verify(server: Server): Promise<void> {
    await Promise.all(this.#subjects.map((subject) => subject.connect(server)));
    const commands = await eventually("every command has ended", async () => {
      const all = (await listAll(server, "/v1/commands")).filter(({ chargePoint }) => chargePoint.startsWith("CROWD-"));
      return all.every(({ state }) => ENDED.has(state)) ? all : undefined;
    });
    for (const [id, state] of this.#told) assertEquals((await commandNow(server, id)).state, state);
    for (const { identity, calls } of this.#subjects) {
      const mine = commands.filter(({ chargePoint }) => chargePoint === identity);
      assert(mine.length <= 1 && calls.length <= mine.length, `${identity}: ${calls} for ${mine.length} commands`);
      if (mine[0]?.state === "answered") assertEquals(calls, [mine[0].action]);
    }
    for (const subject of this.#subjects) await subject.cut();
  }
}

async function register({ api }: Server, subjects: readonly Subject[]): Promise<void> {
  for (const { identity } of subjects) {
    await api("PUT", `/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
  }
}

/** Gives a command and does not wait for its end; answers its id. */
async function start(
  { api }: Server,
  { identity }: Subject,
  action: string,
  request: Payload,
  query = "",
): Promise<string> {
  const path = `/v1/charge-points/${identity}/commands/${action}${query}`;
  const { status, body } = await api("POST", path, request, { prefer: "respond-async" });
  assertEquals(status, 202, JSON.stringify(body));
  return body.id;
}

async function commandNow({ api }: Server, id: string): Promise<ApiAnswer["body"]> {
  return (await api("GET", `/v1/commands/${id}`)).body;
}
