/**
 * A process of its own over a test's database, for what only happens between processes. Run as a program it opens the store that its
 * argument describes, does what the argument says, and tells each step in a line; as a module it starts such programs.
 */
import { openStore, type StoreOptions } from "../../db/store.ts";
import { at, claim, enqueue, start } from "./facts.ts";

/** What a process does once its store is open. It then waits to be ended. */
export interface Errand {
  readonly store: StoreOptions;
  /** `record`: starts without end, each told when it is safe. `claim`: queues and claims one command. */
  readonly task: "open" | "record" | "claim";
}

/** A running process. `line` waits for its next line, undefined at its end. */
export interface Process extends AsyncDisposable {
  line(): Promise<string | undefined>;
  /** kill -9. Resolves with the lines that were still under way. */
  kill(): Promise<string[]>;
}

/** Starts a process on an errand. */
export function run(errand: Errand): Process {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-lock", "-A", import.meta.filename!, JSON.stringify(errand)],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(splitter()).getReader();
  const line = async () => (await lines.read()).value;
  let ended = false;
  async function kill(): Promise<string[]> {
    if (ended) return [];
    ended = true;
    try {
      child.kill("SIGKILL");
    } catch {
      // it ended by itself
    }
    const rest: string[] = [];
    for (let last = await line(); last !== undefined; last = await line()) rest.push(last);
    await child.status;
    return rest;
  }
  return { line, kill, [Symbol.asyncDispose]: async () => void await kill() };
}

/** Whole lines only: what a killed process was about to say does not count. */
function splitter(): TransformStream<string, string> {
  let open = "";
  return new TransformStream({
    transform(chunk, out) {
      const lines = (open + chunk).split("\n");
      open = lines.pop()!;
      lines.forEach((each) => out.enqueue(each));
    },
  });
}

async function serve({ store: options, task }: Errand): Promise<void> {
  const store = await openStore(options);
  console.log("open");
  if (task === "claim") {
    const made = await enqueue(store);
    const { id } = made;
    await claim(store, made, "message", at(1));
    console.log(id);
  }
  for (let meterStart = 1; task === "record"; meterStart++) {
    const { transactionId } = await store.transactions.recordStart(
      start({ chargePoint: "CP", idTag: "T", meterStart }),
    );
    console.log(`${meterStart} ${transactionId}`);
  }
  setInterval(() => {}, 60_000); // stays until it is killed
}

if (import.meta.main) {
  try {
    await serve(JSON.parse(Deno.args[0]!));
  } catch (error) {
    console.log(`${(error as { kind?: string }).kind ?? "error"}: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
