import { assertEquals } from "@std/assert";
import { RawSocket } from "../api/raw_socket.ts";
import { eventually, within } from "../conformance/within.ts";

/** More connections than the process below has descriptors. */
const MANY = 200;
const DESCRIPTORS = 100;

Deno.test("FI-25 a server that ran out of file descriptors accepts again when there are some", async () => {
  const program = new URL("./few_descriptors.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n ${DESCRIPTORS}; exec "$0" run --quiet --no-check -A "$1"`, Deno.execPath(), program],
    stdout: "piped",
    stderr: "null",
    stdin: "null",
  }).spawn();
  try {
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const url = `http://127.0.0.1:${Number((await within(lines.read(), "the server's port")).value)}`;
    const crowd = await Promise.all(Array.from({ length: MANY }, () => RawSocket.open(url)));
    await Promise.all(crowd.map((socket) => socket[Symbol.asyncDispose]()));
    const text = await eventually("the server answers again", async () => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
      return await answer?.text();
    });
    assertEquals(text, "here");
    await lines.cancel();
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});
