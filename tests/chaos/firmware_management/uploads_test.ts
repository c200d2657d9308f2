/**
 * The server is killed (kill -9) while a charge point uploads diagnostics and an operator uploads an image. Afterwards no file is incomplete, every
 * confirmed file exists, and the addresses of the files still work.
 */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { Wire } from "../../conformance/wire.ts";
import { eventually } from "../../conformance/within.ts";
import { formWith } from "../../api/resources/firmware_management/walk.ts";
import { testDatabase } from "../../database.ts";
import { type Server, startServer } from "../server.ts";

const CONTENT = new Uint8Array(400_000).map((_, at) => at * 31);
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");

/** A body that stops after its first half, so that the kill comes in the middle of it. */
function half(before = ""): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode(before));
      controller.enqueue(CONTENT.slice(0, CONTENT.length / 2));
      return new Promise(() => {});
    },
  });
}

/** The beginning of the operator's multipart form, before the content of the file. */
const FORM = '--b\r\nContent-Disposition: form-data; name="file"; filename="half.bin"\r\n\r\n';

async function names(dataDir: string, kind: string): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(`${dataDir}/files/${kind}`), ({ name }) => name).catch(() => []);
}

/** The URL of `location` on the restarted server: the port is new, path and token stay. */
function moved(location: string, { ocppUrl }: Server): string {
  return ocppUrl.replace(/^ws(.*)\/ocpp$/, "http$1") + new URL(location).pathname;
}

Deno.test("a kill in the middle of an upload leaves no incomplete file, and the upload succeeds after the restart", async () => {
  await using data = await testDatabase();
  let server = await startServer(data);
  try {
    await server.api("PUT", "/v1/charge-points/CP", { securityProfile: 0 });
    const { body: image } = await server.api("POST", "/v1/files", formWith(CONTENT));
    const { body: address } = await server.api("POST", `/v1/files/${image.id}/addresses`, {});
    const wire = await Wire.open(`${server.ocppUrl}/CP`);
    const request = server.api("POST", "/v1/diagnostics", { chargePoint: "CP" });
    const call = await wire.next("GetDiagnostics");
    assert(call.kind === "CALL");
    wire.send(3, call.id, { fileName: "log.zip" });
    const { body: { id } } = await request;
    const location = String(call.payload.location);

    const broken = fetch(moved(location, server), { method: "PUT", body: half() }).catch(() => undefined);
    const form = { "content-type": "multipart/form-data; boundary=b" };
    const brokenImage = server.api("POST", "/v1/files", half(FORM), form).catch(() => undefined);
    await eventually(
      "the diagnostics upload has begun",
      async () => (await names(data.dataDir, "diagnostics")).length > 0 || undefined,
    );
    await eventually(
      "the upload of the image has begun",
      async () => (await names(data.dataDir, "firmware")).length > 1 || undefined,
    );
    await server.kill();
    assertEquals([await broken, await brokenImage], [undefined, undefined]);
    await wire.closed;
    server = await startServer(data);

    const { body: after } = await server.api("GET", `/v1/diagnostics/${id}`);
    assertEquals([after.state, after.file], ["accepted", null]);
    assert((await names(data.dataDir, "diagnostics")).every((name) => name.endsWith(".part")));
    const { body: images } = await server.api("GET", "/v1/files");
    assertEquals(images.items.map(({ id }: { id: string }) => id), [image.id]);
    assert((await names(data.dataDir, "firmware")).every((name) => name === image.id || name.endsWith(".part")));
    const again = await fetch(moved(location, server), { method: "PUT", body: CONTENT });
    assertEquals([again.status, await again.text()], [201, `${CONTENT.length} bytes were stored.\n`]);
    await server.kill();
    server = await startServer(data);

    const { body: received } = await server.api("GET", `/v1/diagnostics/${id}`);
    assertEquals([received.state, received.file.sha256], ["received", SHA256]);
    const fetched = await fetch(moved(address.location, server), { headers: { connection: "close" } });
    const bytes = new Uint8Array(await fetched.arrayBuffer());
    assertEquals(createHash("sha256").update(bytes).digest("hex"), SHA256);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
