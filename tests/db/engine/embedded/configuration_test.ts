import { assert, assertEquals } from "@std/assert";
import { configuration } from "../../../../db/engine/embedded/configuration.ts";

const GIB = 2 ** 30;

/** The value of a setting. */
function valueOf(name: string, facts: Partial<Parameters<typeof configuration>[0]> = {}): string | undefined {
  const text = configuration({ port: 20_001, logs: "/data/log", memoryBytes: 8 * GIB, ...facts });
  return new RegExp(`^${name} = '(.*)'$`, "m").exec(text)?.[1];
}

for (
  const [memory, shared, cache] of [
    [undefined, "64MB", "256MB"],
    [0.5 * GIB, "64MB", "256MB"],
    [4 * GIB, "128MB", "2048MB"],
    [8 * GIB, "256MB", "4096MB"],
    [512 * GIB, "256MB", "8192MB"],
  ] as const
) {
  Deno.test(`memory for a machine of ${memory === undefined ? "unknown size" : `${memory / GIB} GiB`}`, () => {
    assertEquals(valueOf("shared_buffers", { memoryBytes: memory }), shared);
    assertEquals(valueOf("effective_cache_size", { memoryBytes: memory }), cache);
  });
}

Deno.test("quotes in a folder's name end no setting, and backslashes stay what they are", () => {
  assertEquals(valueOf("log_directory", { logs: "/it's" }), "/it''s");
  assertEquals(valueOf("log_directory", { logs: String.raw`C:\new\log` }), String.raw`C:\\new\\log`);
});

Deno.test("tuning replaces a setting instead of adding a second one", () => {
  const text = configuration({ port: 1, logs: "/l", memoryBytes: undefined, tuning: { fsync: "off", jit: "off" } });
  assertEquals(text.match(/^fsync = .*$/gm), ["fsync = 'off'"]);
  assert(text.includes("\njit = 'off'\n"));
});
