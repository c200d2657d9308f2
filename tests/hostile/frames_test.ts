/**
 * Every line of the collection of malformed frames, over a real socket, for charge points of both validations; behind each line the
 * probe: the same connection or the next one of the same charge point goes on as if nothing had been.
 */
import { assert, assertEquals } from "@std/assert";
import { Operator } from "../conformance/operator.ts";
import { type CentralSystem, startCentralSystem } from "../harness.ts";
import { answersFor, type Line, LINES } from "./corpus.ts";
import { commandWhen, type HandlerContext, registerTags, stage } from "./stage.ts";
import { excess, mismatch, type Outcome } from "./verdict.ts";

/** Above the default, because the widest line is. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

let central: CentralSystem;
let operator: Operator;
const logged: string[] = [];
const toConsole = console.log;

Deno.test.beforeAll(async () => {
  // The log is part of what is tested: a forged line would be one.
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
    // The Central System outlives the test, and its timers with it.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      logged.length = 0;
      await Promise.all([run(line, "tolerant"), run(line, "strict")]);
      for (const entry of logged) assert(!hasControls(entry), `a log line is one line: ${JSON.stringify(entry)}`);
    },
  });
}

async function run(line: Line, validation: "tolerant" | "strict"): Promise<void> {
  const context = await stage(central, operator, `CP-${line.id}-${validation}`, line, validation);
  try {
    if (line.send.wait_s) await commandWhen(operator, context.commandId!, (state) => state === "timedOut");
    const rssBefore = Deno.memoryUsage().rss;
    const sentAt = performance.now();
    const outcome = await context.play(line);
    const tookMs = performance.now() - sentAt;
    assertAnswered(line, validation, outcome);
    // Far above the line's own figure, which is for an idle machine: it tells a walk over the frame from work that multiplies it.
    if (line.expect.max_stall_ms) assert(tookMs < 10 * line.expect.max_stall_ms, `it took ${tookMs} ms`);
    const grownMb = (Deno.memoryUsage().rss - rssBefore) / 2 ** 20;
    assert(grownMb < (line.expect.max_rss_growth_mb ?? Infinity), `the process grew by ${grownMb} MiB`);
    await assertEffects(line, context);
    await probe(context);
  } finally {
    await context.leave();
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

/** A heartbeat over the next connection of the same charge point, which takes over. */
async function probe({ cp }: HandlerContext): Promise<void> {
  const older = await cp.connect();
  cp.send("Heartbeat", {}, "probe");
  assertEquals(JSON.parse(await cp.wire.nextText("the probe's answer"))[1], "probe");
  await older?.cut();
}

async function assertEffects({ expect: { effect = {}, then = {} } }: Line, context: HandlerContext): Promise<void> {
  const { identity } = context.cp;
  for (const [name, count] of Object.entries(effect)) {
    assertEquals(await EFFECTS[name]!(identity, context), count, name);
  }
  for (const [name, wanted] of Object.entries(then)) {
    const check = CONSEQUENCES[name];
    assert(check, `the consequence ${name} is known`);
    await check(String(wanted), context);
  }
}

const EFFECTS: Readonly<Record<string, (identity: string, context: HandlerContext) => Promise<number>>> = {
  transactions_created: async (identity) => (await operator.transactions(identity)).length,
  stops_recorded: async (chargePoint) => {
    const { items } = await central.app.store.transactions.listStops({ chargePoint }, { limit: 10 });
    return items.filter(({ outcome }) => outcome === "ended").length;
  },
  meter_samples_stored: async (_, { transactionId }) =>
    (await operator.get(`/v1/transactions/${transactionId}/meter-values`)).items.length,
};

/** What the states of a command are called in the collection, and here. */
const COMMAND_STATES: Readonly<Record<string, string>> = {
  "still pending": "sent",
  "Accepted": "answered",
  "failed: invalid response": "invalidAnswer",
  // ClearCache's confirmation has a status, so that none is no answer to it.
  "failed or completed, by action": "invalidAnswer",
  "failed": "callError",
  "failed: NotImplemented": "callError",
  "failed: SomethingElse": "callError",
  "timed out (late answer noted)": "timedOut",
};

const CONSEQUENCES: Readonly<Record<string, (wanted: string, context: HandlerContext) => Promise<void> | void>> = {
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
  status() {/* of `http` */},
  log: () => assert(logged.length > 0, "something was logged"),
  no_pollution() {
    assertEquals(Reflect.get({}, "isAdmin"), undefined);
    assertEquals(Reflect.get(Object.prototype, "isAdmin"), undefined);
  },
};

function hasControls(text: string): boolean {
  return [...text].some((character) => character < " " || (character >= "\x7f" && character <= "\x9f"));
}
