import { assert, assertEquals } from "@std/assert";
import { checkOwnership } from "../tools/ownership.ts";
import { readSource } from "../tools/source.ts";
import { listFiles, readText } from "../tools/tree.ts";

/** The registry is no actor: the newest connection must be decided at once, in the call of the transport. */
const DIRECTORY = "actors/charge_point/registry.ts: ChargePoints";

Deno.test("the state of every actor changes only in receive", async () => {
  const paths = (await listFiles("actors")).filter((path) => path.endsWith(".ts"));
  const sources = await Promise.all(paths.map(async (path) => readSource(path, await readText(path))));
  const found = checkOwnership(sources.filter(({ path }) => !path.startsWith("actors/runtime/")));
  assertEquals(found.filter((line) => !line.startsWith(DIRECTORY)), []);
  assert(found.some((line) => line.startsWith(DIRECTORY)), "the exception is still needed");
});

const check = (text: string) => checkOwnership([readSource("actors/a.ts", text)]);

Deno.test("fields that receive writes, also in private methods and after an await, are allowed", () => {
  const text = `
class Counter implements Actor<Mail> {
  #count = 0;
  readonly #names = new Map<string, { readonly at: number }>();

  constructor(readonly context: Context<Mail>, signals: Signals) {
    this.#count = 1;
    context.subscribe(signals, (signal) => ({ kind: "heard", signal }));
  }

  async receive(mail: Mail): Promise<void> {
    await this.#take(mail);
  }

  async #take(mail: Mail): Promise<{ readonly n: number } | undefined> {
    this.#count++;
    this.#names.set(mail.name, { at: 0 });
    const last = await this.store.last().catch(() => this.#count);
    this.#count = last;
    this.context.pipe(this.#ask(mail), (n) => ({ kind: "asked", n }), (error) => ({ kind: "failed", error }));
    if (this.#count === 3 || this.#count >= 7) return { n: 1 };
  }

  #ask(mail: Mail): Promise<number> {
    return this.store.ask(mail, this.#count);
  }

  stopped(): void {
    this.#names.clear();
  }
}

/** Sends mail. */
export class Counts {
  readonly #counter: Ref<Mail>;

  constructor(system: ActorSystem) {
    this.#counter = system.spawn<Mail>("counter", (context) => new Counter(context));
  }

  add(): void {
    this.#counter.tell({ kind: "added" });
  }
}`;
  assertEquals(check(text), []);
});

const breaks: [name: string, text: string, found: string[]][] = [
  [
    "a method that lets others in",
    "class A implements Actor<Mail> {\n  receive(): void {}\n\n  get size(): number {\n    return 1;\n  }\n\n  async add(n: number): Promise<void> {}\n}",
    ["A.size is public: other code must send mail instead", "A.add is public: other code must send mail instead"],
  ],
  [
    "a field that is written when a promise ends",
    "class A implements Actor<Mail> {\n  receive(): void {\n    this.post().finally(() => this.#open.delete(1));\n    this.post().then((n) => {\n      this.#n = n;\n    });\n  }\n}",
    ["A.receive writes #open in a callback", "A.receive writes #n in a callback"],
  ],
  [
    "a method that is called back and writes, at whatever distance",
    "class A implements Actor<Mail> {\n  receive(): void {\n    this.context.pipe(this.#first(), done, failed);\n  }\n\n  async #first(): Promise<void> {\n    this.#second();\n  }\n\n  #second(): void {\n    this.#isOpen ||= true;\n  }\n}",
    ["A.receive calls #second in a callback, which writes #isOpen"],
  ],
  [
    "a listener that writes",
    "class A implements Actor<Mail> {\n  constructor() {\n    signals.listen((signal) => void this.#heard.push(signal));\n  }\n}",
    ["A.constructor writes #heard in a callback"],
  ],
  [
    "state beside an actor",
    'class A {\n  readonly #due = new Set<string>();\n  #isPlanned = false;\n\n  constructor() {\n    this.system.spawn("a", create);\n  }\n\n  plan(): void {\n    this.#isPlanned = true;\n  }\n}',
    ["A has the state #due outside its actor", "A.plan writes #isPlanned outside its actor"],
  ],
];

for (const [name, text, found] of breaks) {
  Deno.test(`refused: ${name}`, () => assertEquals(check(text), found.map((line) => `actors/a.ts: ${line}`)));
}
