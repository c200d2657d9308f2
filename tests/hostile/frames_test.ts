/**
 * Sends every line of the collection of malformed frames over a real socket, for charge points of both validations. After each line, the charge point
 * must be served normally over a new connection.
 */
import { assert, assertEquals } from "@std/assert";
import { Operator } from "../conformance/operator.ts";
import { type CentralSystem, startCentralSystem } from "../harness.ts";
import { answersFor, type Line, LINES } from "./corpus.ts";
import { commandWhen, prepareCase, type PreparedCase, registerTags } from "./prepared_case.ts";
import { excess, mismatch, type Outcome } from "./answer_check.ts";

/** Above the default, because the longest line needs it. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

let central: CentralSystem;
let operator: Operator;
const logged: string[] = [];
const toConsole = console.log;

Deno.test.beforeAll(async () => {
  // The log is tested too: a frame must not be able to forge a log line.
  console.log = (line: string) => {
    logged.push(line);
    if (line.includes(" ERROR ")) toConsole(line);
  };
  central = await startCentralSystem({ logLevel: "debug", callTimeoutSeconds: 2, maxMessageBytes: MAX_MESSAGE_BYTES });
  operator = new Operator(central);
  await registerTags(operator);
});

Deno.test.afterAll(async () => {
  await central.stop();
  console.log = toConsole;
});

for (const line of LINES) {
  Deno.test({
    name: `${line.id}: ${line.why}`,
    // The Central System and its timers outlive the test.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      logged.length = 0;
      await Promise.all([run(line, "tolerant"), run(line, "strict")]);
      for (const entry of logged) {
        assert(!hasControls(entry), `a log line must have no control characters: ${JSON.stringify(entry)}`);
      }
    },
  });
}

async function run(line: Line, validation: "tolerant" | "strict"): Promise<void> {
  const context = await prepareCase(central, operator, `CP-${line.id}-${validation}`, line, validation);
  try {
    if (line.send.wait_s) await commandWhen(operator, context.commandId!, (state) => state === "timedOut");
    const rssBefore = Deno.memoryUsage().rss;
    const sentAt = performance.now();
    const outcome = await context.send(line);
    const tookMs = performance.now() - sentAt;
    assertAnswered(line, validation, outcome);
    // Ten times the limit of the line, which is for an idle machine: this still detects work that grows faster than the frame.
    if (line.expect.max_stall_ms) assert(tookMs < 10 * line.expect.max_stall_ms, `it took ${tookMs} ms`);
    const grownMb = (Deno.memoryUsage().rss - rssBefore) / 2 ** 20;
    assert(grownMb < (line.expect.max_rss_growth_mb ?? Infinity), `the process grew by ${grownMb} MiB`);
    await assertEffects(line, context);
    await probe(context);
  } finally {
    await context.disconnect();
  }
}

function assertAnswered(line: Line, validation: "tolerant" | "strict", outcome: Outcome): void {
  const wrong = answersFor(line, validation).map((answer) => mismatch(answer, outcome));
  const problem = excess(line.expect, outcome) ?? (wrong.includes(undefined) ? undefined : wrong.join("; or "));
  assertEquals(
    problem,
    undefined,
    `${validation}: ${problem}\n${JSON.stringify(line.send).slice(0, 300)}\n${outcome.replies}`,
  );
}

/** Sends a Heartbeat over a new connection of the same charge point; it must be answered. */
async function probe({ cp }: PreparedCase): Promise<void> {
  const older = await cp.connect();
  cp.send("Heartbeat", {}, "probe");
  assertEquals(JSON.parse(await cp.wire.nextText("the probe's answer"))[1], "probe");
  await older?.cut();
}

async function assertEffects({ expect: { effect = {}, then = {} } }: Line, context: PreparedCase): Promise<void> {
  const { identity } = context.cp;
  for (const [name, count] of Object.entries(effect)) {
    assertEquals(await EFFECTS[name]!(identity, context), count, name);
  }
  for (const [name, wanted] of Object.entries(then)) {
    const check = CONSEQUENCES[name];
    assert(check, `the test must implement the consequence ${name}`);
    await check(String(wanted), context);
  }
}

const EFFECTS: Readonly<Record<string, (identity: string, context: PreparedCase) => Promise<number>>> = {
  transactions_created: async (identity) => (await operator.transactions(identity)).length,
  stops_recorded: async (chargePoint) => {
    const { items } = await central.app.store.transactions.listStops({ chargePoint }, { limit: 10 });
    return items.filter(({ outcome }) => outcome === "ended").length;
  },
  meter_samples_stored: async (_, { transactionId }) =>
    (await operator.get(`/v1/transactions/${transactionId}/meter-values`)).items.length,
};

/** The state of a command for each name in the collection. */
const COMMAND_STATES: Readonly<Record<string, string>> = {
  "still pending": "sent",
  "Accepted": "answered",
  "failed: invalid response": "invalidAnswer",
  // The confirmation of ClearCache must have a status.
  "failed or completed, by action": "invalidAnswer",
  "failed": "callError",
  "failed: NotImplemented": "callError",
  "failed: SomethingElse": "callError",
  "timed out (late answer noted)": "timedOut",
};

const CONSEQUENCES: Readonly<Record<string, (wanted: string, context: PreparedCase) => Promise<void> | void>> = {
  async command(wanted, { commandId }) {
    const state = COMMAND_STATES[wanted];
    const command = await commandWhen(operator, commandId!, (found) => found === state);
    if (state === "answered") assertEquals(command.confirmation, { status: "Accepted" });
    if (state === "timedOut") assertEquals(command.lateAnswer, { confirmation: { status: "Accepted" } });
    const code = /^failed: (?!invalid)(\w+)/.exec(wanted)?.[1];
    if (code) assertEquals(command.error.code, code);
  },
  async effect(_, { other, transactionId }) {
    const { chargePoint, state } = await operator.transaction(transactionId!);
    assertEquals({ chargePoint, state }, { chargePoint: other!.identity, state: "active" });
  },
  async flag(_, { transactionId }) {
    const { flags } = await operator.transaction(transactionId!);
    assert(flags.includes("meterRegression"), `the flags are ${flags}`);
  },
  http: async () => assertEquals((await operator.request("GET", "/v1/transactions")).status, 200),
  status() {/* `http` checks it */},
  log: () => assert(logged.length > 0, "the frame must be logged"),
  no_pollution() {
    assertEquals(Reflect.get({}, "isAdmin"), undefined);
    assertEquals(Reflect.get(Object.prototype, "isAdmin"), undefined);
  },
};

function hasControls(text: string): boolean {
  return [...text].some((character) => character < " " || (character >= "\x7f" && character <= "\x9f"));
}
