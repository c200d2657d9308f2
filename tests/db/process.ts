/**
 * A separate process on a test's database, for tests with several processes. As a program it opens the store that its
 * argument describes, executes the task of the argument, and prints a line for each step. As a module it starts such programs.
 */
import { openStore, type StoreOptions } from "../../db/store.ts";
import { at, claim, enqueue, start } from "./records.ts";

/** What a process does when its store is open. Then it waits until it is killed. */
export interface Task {
  readonly store: StoreOptions;
  /** `record`: records starts until it is killed, and prints each after its commit. `claim`: queues and claims one command. */
  readonly task: "open" | "record" | "claim";
}

/** A running process. `line` waits for its next line, undefined at its end. */
export interface Process extends AsyncDisposable {
  line(): Promise<string | undefined>;
  /** kill -9. Resolves with the lines that were not read yet. */
  kill(): Promise<string[]>;
}

/** Starts a process with a task. */
export function run(task: Task): Process {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-lock", "-A", import.meta.filename!, JSON.stringify(task)],
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

/** Complete lines only: an incomplete line of a killed process is dropped. */
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

async function serve({ store: options, task }: Task): Promise<void> {
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
  setInterval(() => {}, 60_000); // Runs until it is killed.
}

if (import.meta.main) {
  try {
    await serve(JSON.parse(Deno.args[0]!));
  } catch (error) {
    console.log(`${(error as { kind?: string }).kind ?? "error"}: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
