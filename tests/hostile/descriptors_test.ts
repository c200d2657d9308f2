import { assertMatch } from "@std/assert";
import { RawSocket } from "../api/http/raw_socket.ts";
import { eventually, within } from "../conformance/within.ts";

/** The connections that the test opens: more than the file descriptors of the process. */
const CONNECTIONS = 200;
const DESCRIPTORS = 100;

/** Sends a text to a server; returns its answer within one second, or undefined. */
async function answer(port: number, request: string): Promise<string | undefined> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
  if (!connection) return undefined;
  const timeout = setTimeout(() => connection[Symbol.dispose](), 1000);
  try {
    await connection.write(new TextEncoder().encode(request));
    const buffer = new Uint8Array(1000);
    const count = await connection.read(buffer);
    return count === null ? undefined : new TextDecoder().decode(buffer.subarray(0, count));
  } catch {
    return undefined;
  } finally {
    clearTimeout(timeout);
  }
}

Deno.test("FI-25 servers that ran out of file descriptors accept connections when descriptors are free again", async () => {
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
      const sockets = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => RawSocket.open(`http://127.0.0.1:${port}`)),
      );
      await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
      const text = await eventually("the server answers again", () => answer(port, "GET / HTTP/1.0\r\n\r\n"));
      assertMatch(text, /here/);
    }
    await lines.cancel();
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});
