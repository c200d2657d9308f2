import { assertEquals } from "@std/assert";
import { isServerProblem, type LogRecord, ServerLog } from "../../../../db/engine/embedded/server_log.ts";

/** A log in a folder of its own. */
async function withLog(test: (log: ServerLog, file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "chargehand-log-" });
  try {
    await test(new ServerLog(folder), `${folder}/postgresql-Mon.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const line = (message: string) => JSON.stringify({ error_severity: "LOG", message }) + "\n";
const append = (file: string, text: string) => Deno.writeTextFile(file, text, { append: true });
const messages = async (log: ServerLog) => (await log.next()).map(({ message }) => message);

Deno.test("existing entries are skipped, added entries are read once", () =>
  withLog(async (log, file) => {
    await append(file, line("old"));
    await log.skip();
    assertEquals(await messages(log), []);
    await append(file, line("zwölf") + line("new"));
    assertEquals(await messages(log), ["zwölf", "new"]);
    assertEquals(await messages(log), []);
  }));

Deno.test("a line that is written in two parts is read when it is complete", () =>
  withLog(async (log, file) => {
    const text = line("größer als zuvor");
    await append(file, text.slice(0, 40));
    assertEquals(await messages(log), []);
    await append(file, text.slice(40));
    assertEquals(await messages(log), ["größer als zuvor"]);
  }));

Deno.test("a file that PostgreSQL has emptied is read from its start, and other lines are skipped", () =>
  withLog(async (log, file) => {
    await append(file, line("last week") + line("last week"));
    await log.skip();
    await Deno.writeTextFile(file, `no JSON\n${line("today")}`);
    assertEquals(await messages(log), ["today"]);
  }));

Deno.test("a file that is too large is emptied, and PostgreSQL continues in it", () =>
  withLog(async (log, file) => {
    const large = line("x".repeat(1000)).repeat(17_000);
    using appender = await Deno.open(file, { append: true, create: true });
    await appender.write(new TextEncoder().encode(large));
    const read = await log.next();
    assertEquals(read.length > 500 && read.length < 1100, true, `the newest only: ${read.length}`);
    assertEquals((await Deno.stat(file)).size, 0);
    await appender.write(new TextEncoder().encode(line("after")));
    assertEquals(await messages(log), ["after"]);
  }));

const cases: [boolean, LogRecord][] = [
  [true, { error_severity: "PANIC", message: "could not write to file", state_code: "53100" }],
  [true, { error_severity: "ERROR", message: "could not extend file", state_code: "53100" }],
  [true, { error_severity: "ERROR", message: "invalid page in block 0", state_code: "XX001" }],
  [true, { error_severity: "FATAL", message: "sorry, too many clients already", state_code: "53300" }],
  [true, {
    error_severity: "LOG",
    message: "server process (PID 7) was terminated by signal 9: Killed",
    state_code: "00000",
  }],
  [true, {
    error_severity: "LOG",
    message: "database system was not properly shut down; automatic recovery in progress",
  }],
  [false, { error_severity: "ERROR", message: "duplicate key value", state_code: "23505" }],
  [false, { error_severity: "FATAL", message: "password authentication failed", state_code: "28P01" }],
  [false, { error_severity: "FATAL", message: "the database system is starting up", state_code: "57P03" }],
  [false, { error_severity: "FATAL", message: "terminating connection", state_code: "57P01" }],
  [false, { error_severity: "LOG", message: "database system is ready to accept connections", state_code: "00000" }],
];

for (const [problem, record] of cases) {
  Deno.test(`${problem ? "for the operator" : "not for the operator"}: ${record.error_severity} ${record.message}`, () => {
    assertEquals(isServerProblem(record), problem);
  });
}
