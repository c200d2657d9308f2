import { assert, assertEquals, assertMatch } from "@std/assert";
import { createLog, type LogFormat, type LogLevel } from "../../../actors/runtime/log.ts";

/** A log with the lines that it has written. */
function written(format: LogFormat = "text", level: LogLevel = "debug") {
  const lines: string[] = [];
  const now = () => new Date("2026-03-02T01:00:00.000Z");
  return { lines, log: createLog({ level, format, now, write: (line) => lines.push(line) }) };
}

/** Characters that end a line, control a terminal, or change the direction of text. */
// deno-lint-ignore no-control-regex -- these are what the test is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const FORGERIES = [
  "CP1\n2026-03-02T01:00:00.000Z INFO  operator logged in",
  "CP1\r\nover",
  "\u001b[2J\u001b[1;1Hclean screen",
  "\u001b]0;title\u0007",
  "\u009b31m",
  "abc\u202edcba",
  "\u2066hidden\u2069",
  "a\u2028b\u2029c\u0085d",
  "a\u0000b\u0008c\u007f",
];

Deno.test("a line has its time, level, text and fields", () => {
  const { lines, log } = written();
  log.info("CP001 connected", { address: "192.0.2.1", since: new Date(0), count: 3, none: undefined, nil: null });
  log.warn("Odd", { words: "two words", list: ["a"], empty: "" });
  assertEquals(lines, [
    "2026-03-02T01:00:00.000Z INFO  CP001 connected address=192.0.2.1 since=1970-01-01T00:00:00.000Z count=3",
    '2026-03-02T01:00:00.000Z WARN  Odd words="two words" list=["a"] empty=""',
  ]);
});

Deno.test("lines below the level are not written", () => {
  const { lines, log } = written("text", "warn");
  log.debug("1");
  log.info("2");
  log.warn("3");
  log.error("4");
  assertEquals(lines.map((line) => line.split(" ").at(-1)), ["3", "4"]);
});

for (const format of ["text", "json"] as const) {
  Deno.test(`control characters are escaped in ${format}`, () => {
    for (const forgery of FORGERIES) {
      const { lines, log } = written(format);
      log.warn(`${forgery} was refused`, { value: forgery, list: [forgery], error: new Error(forgery), [forgery]: 1 });
      assertEquals(lines.length, 1);
      assert(!UNPRINTABLE.test(lines[0]!), JSON.stringify(lines[0]));
    }
  });
}

Deno.test("in JSON a line is one object with the fields", () => {
  const { lines, log } = written("json");
  for (const forgery of FORGERIES) log.info(forgery, { value: forgery });
  assertEquals(lines.map((line) => JSON.parse(line).value), FORGERIES);
  assertEquals(JSON.parse(lines[0]!).level, "info");
});

Deno.test("fields cannot replace the line's own members", () => {
  const { lines, log } = written("json");
  log.error("real", { at: "never", level: "info", line: "forged" });
  const { at, level, line } = JSON.parse(lines[0]!);
  assertEquals({ at, level, line }, { at: "2026-03-02T01:00:00.000Z", level: "error", line: "real" });
});

for (const format of ["text", "json"] as const) {
  Deno.test(`long values are cut, and values without JSON are written as text, in ${format}`, () => {
    const { lines, log } = written(format);
    log.info("x".repeat(1_000_000), { value: "y".repeat(1_000_000), list: ["z".repeat(1_000_000)] });
    assert(lines[0]!.length < 10_000, `${lines[0]!.length} characters`);
    const circle: Record<string, unknown> = { big: 2n ** 70n };
    circle.circle = circle;
    log.info("odd", { circle, nothing: () => {} });
    assertMatch(lines[1]!, /odd/);
  });
}

Deno.test("an error is written with its stack, in one line", () => {
  const { lines, log } = written();
  log.error("It failed", { error: new TypeError("no") });
  assertMatch(lines[0]!, /error="TypeError: no\\n .*log_test\.ts/);
});
