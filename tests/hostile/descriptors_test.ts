import { assertMatch } from "@std/assert";
import { RawSocket } from "../api/http/raw_socket.ts";
import { eventually, within } from "../conformance/within.ts";

/** More connections than the process below has descriptors. */
const MANY = 200;
const DESCRIPTORS = 100;

/** What a server says to this, in one second; undefined when that is nothing. */
async function answer(port: number, words: string): Promise<string | undefined> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
  if (!connection) return undefined;
  const giveUp = setTimeout(() => connection[Symbol.dispose](), 1000);
  try {
    await connection.write(new TextEncoder().encode(words));
    const buffer = new Uint8Array(1000);
    const count = await connection.read(buffer);
    return count === null ? undefined : new TextDecoder().decode(buffer.subarray(0, count));
  } catch {
    return undefined;
  } finally {
    clearTimeout(giveUp);
  }
}

Deno.test("FI-25 servers that ran out of file descriptors accept again when there are some", async () => {
  const program = new URL("./few_descriptors.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      `ulimit -n ${DESCRIPTORS}; exec "$0" run --quiet --frozen --lock=tests/deno.lock --no-check -A "$1"`,
      Deno.execPath(),
      program,
    ],
    stdout: "piped",
    stderr: "null",
    stdin: "null",
  }).spawn();
  try {
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const ports = (await within(lines.read(), "the servers' ports")).value!.split(" ").map(Number);
    for (const port of ports) {
      const crowd = await Promise.all(Array.from({ length: MANY }, () => RawSocket.open(`http://127.0.0.1:${port}`)));
      await Promise.all(crowd.map((socket) => socket[Symbol.asyncDispose]()));
      const said = await eventually("the server answers again", () => answer(port, "GET / HTTP/1.0\r\n\r\n"));
      assertMatch(said, /here/);
    }
    await lines.cancel();
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});
