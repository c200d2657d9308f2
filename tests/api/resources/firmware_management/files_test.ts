import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { listen } from "../../../../api/server.ts";
import { suite } from "../../../conformance/suite.ts";
import { eventually } from "../../../conformance/within.ts";
import type { CentralSystem } from "../../../harness.ts";
import { RawSocket } from "../../http/raw_socket.ts";
import { formWith } from "./walk.ts";

const MAX_BYTES = 300_000;
const test = suite({ maxFileBytes: MAX_BYTES });

function image(bytes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: bytes }, (_, at) => at * 7 + (at >> 8));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** An uploaded file, and an address of it. */
async function served(
  central: CentralSystem,
  content: Uint8Array<ArrayBuffer>,
  asked: object = {},
  name = "image.bin",
) {
  const { body: file } = await central.api("POST", "/v1/files", formWith(content, name));
  const { status, body } = await central.api("POST", `/v1/files/${file.id}/addresses`, asked);
  assertEquals(status, 201, JSON.stringify(body));
  return { file, url: central.url + new URL(body.location).pathname, location: body.location as string };
}

async function fetched(url: string, headers: Record<string, string> = {}, method = "GET") {
  const response = await fetch(url, { headers, method });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = response.headers.get("Content-Type")?.startsWith("text/") ? new TextDecoder().decode(bytes) : "";
  return { status: response.status, headers: response.headers, bytes, text };
}

async function onDisk({ app: { settings } }: CentralSystem): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(`${settings.dataDir}/files/firmware`))).map(({ name }) => name);
}

test("a file is uploaded, listed, downloaded without a key and removed with its addresses", async (_, central) => {
  const content = image(200_000);
  const form = formWith(content, "duo22-3.5.0.bin", { description: "for the harbour" });
  const { status, headers, body } = await central.api("POST", "/v1/files", form);
  assertEquals([status, headers.get("Location")], [201, `/v1/files/${body.id}`]);
  assertEquals([body.name, body.description, body.bytes], ["duo22-3.5.0.bin", "for the harbour", content.length]);
  assertEquals(body.sha256, sha256(content));
  assertEquals((await central.api("GET", "/v1/files?limit=1")).body.items, [body]);

  const { body: address } = await central.api("POST", `/v1/files/${body.id}/addresses`, {});
  assertMatch(address.location, /^http:\/\/localhost:\d+\/files\/[0-9a-f]{32}\/duo22-3\.5\.0\.bin$/);
  const url = central.url + new URL(address.location).pathname;
  for (const place of [url, url.slice(0, url.lastIndexOf("/")), `${url.slice(0, url.lastIndexOf("/"))}/anything.hex`]) {
    const answer = await fetched(place);
    assertEquals([answer.status, sha256(answer.bytes)], [200, body.sha256]);
    assertEquals(answer.headers.get("Content-Length"), String(content.length));
    assertEquals(answer.headers.get("Content-Disposition"), 'attachment; filename="duo22-3.5.0.bin"');
    assertEquals(answer.headers.get("Content-Type"), "application/octet-stream");
  }
  assertEquals((await central.api("DELETE", `/v1/files/${body.id}`)).status, 204);
  assertEquals((await fetched(url)).status, 404);
  assert(!(await onDisk(central)).includes(body.id));
});

test("a file cannot be removed while a firmware campaign uses it", async (tool, central) => {
  const { file } = await served(central, image(100));
  const targets = { chargePoints: [tool.cp.identity] };
  const { body: { id } } = await central.api("POST", "/v1/firmware-campaigns", { file: file.id, targets });
  for (const verb of ["start", "pause", "abort"]) {
    const { status, body } = await central.api("DELETE", `/v1/files/${file.id}`);
    assertEquals([status, body.type], [409, "/problems/file-in-use"], `before ${verb}`);
    assertMatch(body.detail, new RegExp(id));
    await central.api("POST", `/v1/firmware-campaigns/${id}/${verb}`, {});
  }
  assertEquals((await central.api("DELETE", `/v1/files/${file.id}`)).status, 204);
  assertEquals((await central.api("DELETE", `/v1/files/${file.id}`)).status, 404);
});

test("a download that broke off is resumed, and never with bytes of another file", async (_, central) => {
  const content = image(150_001);
  const { url, file } = await served(central, content);
  const head = await fetched(url, {}, "HEAD");
  assertEquals([head.status, head.bytes.length, head.headers.get("Content-Length")], [200, 0, String(content.length)]);
  assertEquals([head.headers.get("Accept-Ranges"), head.headers.get("ETag")], ["bytes", `"${file.sha256}"`]);

  const first = await fetched(url, { Range: "bytes=0-99999" });
  assertEquals([first.status, first.headers.get("Content-Range")], [206, `bytes 0-99999/${content.length}`]);
  const rest = await fetched(url, { "Range": "bytes=100000-", "If-Range": head.headers.get("ETag")! });
  assertEquals([rest.status, rest.headers.get("Content-Length")], [206, "50001"]);
  assertEquals(sha256(new Uint8Array([...first.bytes, ...rest.bytes])), file.sha256);
  assertEquals((await fetched(url, { Range: "bytes=-3" })).bytes, content.slice(-3));

  const other = await fetched(url, { "Range": "bytes=100000-", "If-Range": '"another"' });
  assertEquals([other.status, other.bytes.length], [200, content.length]);
  const beyond = await fetched(url, { Range: `bytes=${content.length}-` });
  assertEquals([beyond.status, beyond.headers.get("Content-Range")], [416, `bytes */${content.length}`]);
  assertEquals((await fetched(url, { "If-None-Match": head.headers.get("ETag")! })).status, 304);
});

test("an address for one download ends with the last byte", async (_, central) => {
  const content = image(100_000);
  const { url } = await served(central, content, { once: true });
  assertEquals((await fetched(url, { Range: "bytes=0-49999" })).status, 206);
  assertEquals((await fetched(url, {}, "HEAD")).status, 200);
  assertEquals((await fetched(url, { Range: "bytes=50000-" })).status, 206);
  const over = await eventually("it is over", async () => {
    const answer = await fetched(url, {}, "HEAD");
    return answer.status === 410 ? await fetched(url) : undefined;
  });
  assertMatch(over.text, /^This address has expired or was used/);
  assertEquals(over.headers.get("Content-Type"), "text/plain; charset=utf-8");
});

test("an expired address and an unknown one have different answers", async (_, central) => {
  const { app } = central;
  const { file } = await served(central, image(10));
  const location = await app.files.addressOf({ file: file.id, chargePoint: null, expiresAt: app.clock.now() });
  assertEquals((await fetched(central.url + new URL(location!).pathname)).status, 410);
  for (const token of ["0".repeat(32), "x", "..%2f..%2fpostgresql", "%00", "a".repeat(200), "' or 1=1 --"]) {
    const { status, text } = await fetched(`${central.url}/files/${token}`);
    assertEquals([status, text.includes("\n")], [404, true], token);
  }
});

test("the token is nowhere but in the address", async (_, central) => {
  const { url } = await served(central, image(10));
  const token = url.split("/").at(-2)!;
  const found = await central.app.store.files.findAddress(token, new Date());
  assertEquals(found, undefined);
  const { body: audit } = await central.api("GET", "/v1/audit?limit=100");
  assert(!JSON.stringify(audit).includes(token));
});

test(
  "the address begins with the host that the charge point connected to, or with that of the settings",
  async (tool, central) => {
    await tool.boot();
    const { identity } = tool.cp;
    const { location } = await served(central, image(10), { chargePoint: identity });
    assertEquals(new URL(location).origin, central.url);
    assertEquals((await fetched(location)).status, 200);
    assertEquals(
      (await served(central, image(10), { chargePoint: identity }, "über uns.bin")).location.split("/").at(-1),
      "%C3%BCber%20uns.bin",
    );
    const { status, body } = await central.api("POST", "/v1/files/01950000-0000-7000-8000-000000000000/addresses", {});
    assertEquals([status, body.type], [404, "/problems/not-found"]);
  },
);

test(
  "the address for a charge point that is away begins as it dialled the last time, after a restart, too",
  async (tool, central) => {
    await tool.boot();
    const { url } = central;
    await central.restart();
    assertEquals((await central.api("GET", `/v1/charge-points/${tool.cp.identity}`)).body.connection.connected, false);
    const { location } = await served(central, image(10), { chargePoint: tool.cp.identity });
    assertEquals(new URL(location).origin, url);
  },
);

test("a file name is never used as a path", async (_, central) => {
  const names = {
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    'a"b\r\nX: y.bin': "a_b_0D_0AX_ y.bin",
    ".hidden": "hidden",
  };
  for (const [name, harmless] of Object.entries(names)) {
    const { url, file } = await served(central, image(10), {}, name);
    assertEquals(file.name, harmless);
    assertMatch(
      (await fetched(url)).headers.get("Content-Disposition")!,
      /^attachment; filename="[\w.-]+"(; filename\*=UTF-8''[\w.%-]+)?$/,
    );
  }
});

test("an invalid file is refused and leaves nothing on the disk", async (_, central) => {
  await served(central, image(10));
  const before = await onDisk(central);
  const post = (body: unknown, headers: Record<string, string> = {}) => central.api("POST", "/v1/files", body, headers);
  const other = new FormData();
  other.set("image", new Blob(["x"]), "a.bin");
  const twice = formWith("x");
  twice.append("file", new Blob(["y"]), "b.bin");
  const cases: [number, Awaited<ReturnType<typeof post>>][] = [
    [413, await post(formWith(image(MAX_BYTES + 1)))],
    [415, await post({ file: "x" })],
    [415, await post(image(10), { "content-type": "application/octet-stream" })],
    [415, await post(formWith("x"), { "content-encoding": "gzip" })],
    [400, await post(other)],
    [400, await post(twice)],
    [400, await post(formWith(""))],
    [400, await post(formWith("x", "a.bin", { nonsense: "1" }))],
    [400, await post(formWith("x", "a.bin", { description: "x".repeat(1001) }))],
    [413, await post(formWith("x", "a.bin", { description: "x".repeat(20_000) }))],
    [400, await post(image(10), { "content-type": "multipart/form-data; boundary=B" })],
  ];
  for (const [index, [status, answer]] of cases.entries()) {
    assertEquals(answer.status, status, `${index}: ${JSON.stringify(answer.body)}`);
  }
  assertEquals((await post(formWith(image(MAX_BYTES)))).status, 201);
  assertEquals((await onDisk(central)).length, before.length + 1);
});

test("a file in a field of another name is refused with the right name", async (_, central) => {
  const before = await onDisk(central);
  const form = new FormData();
  form.set("image", new Blob([image(20_000)]), "image.bin");
  const { status, body } = await central.api("POST", "/v1/files", form);
  assertEquals([status, body.errors], [400, [
    { in: "body", pointer: "/image", detail: "The file belongs in the field file" },
  ]]);
  assertEquals(await onDisk(central), before);
});

test("a repeated POST with its key adds one file, and another file is another request", async (_, central) => {
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  const first = await central.api("POST", "/v1/files", formWith("one"), headers);
  const again = await central.api("POST", "/v1/files", formWith("one"), headers);
  assertEquals([again.status, again.body.id], [201, first.body.id]);
  assertEquals((await central.api("POST", "/v1/files", formWith("two"), headers)).status, 422);
  assertNotEquals((await central.api("POST", "/v1/files", formWith("one"))).body.id, first.body.id);
});

test("a connection that ends in the middle of a file leaves nothing on the disk", async (_, central) => {
  await served(central, image(10));
  const before = (await onDisk(central)).toSorted();
  await using socket = await RawSocket.open(central.url);
  const head = [
    "POST /v1/files HTTP/1.1",
    "Host: x",
    `Authorization: Bearer ${central.adminKey}`,
    "Content-Type: multipart/form-data; boundary=B",
    "Content-Length: 100000",
    "",
    '--B\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n',
  ].join("\r\n");
  await socket.send(new TextEncoder().encode(head));
  await socket.send(image(20_000));
  await eventually("it is being written", async () => (await onDisk(central)).length > before.length || undefined);
  socket[Symbol.asyncDispose]();
  await eventually("nothing is left", async () => (await onDisk(central)).length === before.length || undefined);
  assertEquals((await onDisk(central)).toSorted(), before);
});

test("a file may take longer than any other request", async (_, { app, adminKey }) => {
  const settings = { ...app.settings, port: 0 };
  const { port, close } = await listen({ ...app, settings }, { headersMs: 500, requestMs: 600 });
  const url = `http://127.0.0.1:${port}`;
  const slowly = async (head: readonly string[], ...pieces: string[]) => {
    await using socket = await RawSocket.open(url);
    const lines = ["POST /v1/files HTTP/1.1", "Host: x", `Authorization: Bearer ${adminKey}`, ...head];
    await socket.send(`${lines.join("\r\n")}\r\n\r\n`);
    const answered = socket.answer();
    for (const piece of pieces) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (!await socket.send(piece)) break;
    }
    return await answered;
  };
  const form = [
    '--B\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n',
    "a",
    "b",
    "c",
    "d",
    "\r\n--B--\r\n",
  ];
  const length = `Content-Length: ${form.join("").length}`;
  try {
    const file = await slowly(["Content-Type: multipart/form-data; boundary=B", length], ...form);
    assertEquals([file.status, JSON.parse(file.body).bytes], [201, 4]);
    const other = await slowly(
      ["Content-Type: multipart/form-data; boundary=B", length, "Content-Encoding: gzip"],
      ...form,
    );
    assertEquals(other.status, 415);
  } finally {
    await close();
  }
});

test("any other request has a time limit", async (_, { app, adminKey }) => {
  const settings = { ...app.settings, port: 0 };
  const { port, close } = await listen({ ...app, settings }, { headersMs: 500, requestMs: 600 });
  try {
    await using socket = await RawSocket.open(`http://127.0.0.1:${port}`);
    const head = [
      "POST /v1/api-keys HTTP/1.1",
      "Host: x",
      `Authorization: Bearer ${adminKey}`,
      "Content-Type: application/json",
    ];
    await socket.send(`${head.join("\r\n")}\r\nContent-Length: 100\r\n\r\n{`);
    assertEquals((await socket.answer()).status, 408);
    await socket.closed;
  } finally {
    await close();
  }
});
