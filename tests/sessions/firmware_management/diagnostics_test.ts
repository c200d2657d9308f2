/**
 * Diagnostics from the request to the file, over real sockets: with a charge point that uploads as real ones do, in any order and across restarts.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { eventually } from "../../conformance/within.ts";
import type { CentralSystem } from "../../harness.ts";

const MAX_BYTES = 100_000;
const test = suite({ maxUploadBytes: MAX_BYTES });

const LOG = new TextEncoder().encode("2026-03-02T01:00:00Z the contactor is stuck\n".repeat(500));

/** Asks for diagnostics; answers the request's id and the location that the charge point was given. */
async function requested(tool: Tool, more: object = {}, confirmation: object = { fileName: "diag.zip" }) {
  const { operator, cp } = tool;
  const asking = operator.request("POST", "/v1/diagnostics", { chargePoint: cp.identity, ...more });
  const call = await cp.expectCall("GetDiagnostics");
  cp.wire.send(3, call.id, confirmation);
  const { status, body, headers } = await asking;
  assertEquals([status, headers.get("Location")], [201, `/v1/diagnostics/${body.id}`], JSON.stringify(body));
  return { id: body.id as string, location: String(call.payload.location), request: call.payload, body };
}

function look({ operator }: Tool, id: string) {
  return operator.get(`/v1/diagnostics/${id}`);
}

async function say({ cp }: Tool, ...statuses: string[]): Promise<void> {
  for (const status of statuses) await cp.call("DiagnosticsStatusNotification", { status });
}

async function bring(url: string, body: BodyInit = LOG, method = "PUT", headers: Record<string, string> = {}) {
  const response = await fetch(url, { method, body, headers });
  return { status: response.status, text: await response.text() };
}

/** What is on the disk. */
async function files({ app: { settings } }: CentralSystem): Promise<string[]> {
  const path = `${settings.dataDir}/files/diagnostics`;
  return await Array.fromAsync(Deno.readDir(path), ({ name }) => name).catch(() => []);
}

test("an upload is asked for, reported, taken and downloaded, and told of as events", async (tool, central) => {
  await tool.booted();
  const startTime = "2026-03-01T00:00:00.000Z";
  const { id, location, request, body } = await requested(tool, { startTime, retries: 2 });
  assertMatch(location, new RegExp(`^${central.url}/uploads/[0-9a-f]{32}/$`));
  assertEquals([request.startTime, request.retries], [startTime, 2]);
  assertEquals([body.state, body.fileName, body.file], ["accepted", "diag.zip", null]);
  assertEquals(body.request.location, `${central.url}/uploads/********/`);
  await say(tool, "Uploading");
  assertEquals((await look(tool, id)).state, "uploading");
  assertEquals((await bring(`${location}diag.zip`)).status, 201);
  await say(tool, "Uploaded");

  const { state, status, file } = await look(tool, id);
  const sha256 = createHash("sha256").update(LOG).digest("hex");
  assertEquals([state, status], ["received", "Uploaded"]);
  assertEquals([file.name, file.bytes, file.sha256, file.available], ["diag.zip", LOG.length, sha256, true]);
  const headers = { authorization: `Bearer ${central.adminKey}`, range: "bytes=-3" };
  const part = await fetch(`${central.url}/v1/diagnostics/${id}/file`, { headers });
  assertEquals([part.status, await part.text()], [206, "ck\n"]);
  assertEquals(part.headers.get("Content-Disposition"), 'attachment; filename="diag.zip"');

  const path = `/v1/events?after=0&chargePoint=${tool.cp.identity}`;
  const told = await eventually("the file is told of", async () => {
    const { body } = await central.api("GET", path, undefined, { accept: "application/json" });
    const found = body.items.filter(({ type }: { type: string }) => type.startsWith("diagnostics."));
    return found.length === 3 ? found : undefined;
  });
  assertEquals(told.map(({ type, data }: { type: string; data: object }) => ({ type, data })), [
    { type: "diagnostics.statusChanged", data: { diagnosticsId: id, status: "Uploading", before: null } },
    { type: "diagnostics.received", data: { diagnosticsId: id, name: "diag.zip", bytes: LOG.length, sha256 } },
    { type: "diagnostics.statusChanged", data: { diagnosticsId: id, status: "Uploaded", before: "Uploading" } },
  ]);
});

test("however a charge point makes its address out of the location, the file arrives", async (tool) => {
  await tool.booted();
  const form = () => {
    const form = new FormData();
    form.set("comment", "not a file");
    form.set("upload", new Blob([LOG]), "form.log");
    return form;
  };
  const ways: [(location: string) => Promise<{ status: number }>, string | null][] = [
    [(location) => bring(location), null],
    [(location) => bring(location.replace(/\/$/, "")), null],
    [(location) => bring(`${location}a.log`), "a.log"],
    [(location) => bring(`${location}/b.log`, LOG, "POST"), "b.log"],
    [(location) => bring(`${location}2026/03/c.log`), "c.log"],
    [(location) => bring(location, form(), "POST"), "form.log"],
    [(location) => bring(`${location}d.log`, form(), "PUT"), "d.log"],
    [(location) => bring(`${location}..%2f..%2f..%2fetc%2fpasswd`), "passwd"],
    [(location) => bring(`${location}..%5c..%5cboot.ini`), "boot.ini"],
    [(location) => bring(`${location}%3Cb%3E%22.log`), "_b__.log"],
    [(location) => bring(`${location}.`, LOG, "PUT", { "content-encoding": "gzip" }), null],
  ];
  for (const [index, [way, name]] of ways.entries()) {
    const { id, location } = await requested(tool);
    assertEquals((await way(location)).status, 201, String(index));
    const { state, file } = await look(tool, id);
    assertEquals([state, file.name, file.bytes], ["received", name, LOG.length], String(index));
  }
});

test("an address takes one file: a broken attempt may be repeated, a whole one not replaced", async (tool, central) => {
  await tool.booted();
  const { id, location } = await requested(tool);
  const before = (await files(central)).length;
  const cut = new FormData();
  cut.set("note", "no file at all");
  assertEquals((await bring(location, cut, "POST")).status, 400);
  assertEquals((await bring(location, new Uint8Array(MAX_BYTES + 1))).status, 413);
  assertEquals((await files(central)).length, before);
  assertEquals((await bring(location)).status, 201);
  const second = await bring(location, new TextEncoder().encode("something else"));
  assertEquals([second.status, second.text], [409, "A file has come to this address already, and it takes only one\n"]);
  const { file } = await look(tool, id);
  assertEquals(file.bytes, LOG.length);
  assertEquals((await files(central)).length, before + 1);
});

test("nobody brings a file who was not asked", async (tool, central) => {
  await tool.booted();
  const before = (await files(central)).length;
  for (const path of ["/uploads/", `/uploads/${"0".repeat(32)}/`, "/uploads/x", "/uploads/..%2f..%2fx/y", "/uploads"]) {
    const { status } = await bring(central.url + path);
    assertEquals(status, 404, path);
  }
  const { commandId, tokenHash } = { commandId: crypto.randomUUID(), tokenHash: null };
  const expiresAt = central.app.clock.now();
  await central.app.store.diagnostics.begin({ commandId, chargePoint: tool.cp.identity, tokenHash, expiresAt });
  assertEquals((await bring(`${central.url}/uploads/null/`)).status, 404);
  assertEquals((await files(central)).length, before);
});

test("an address that is over answers 410", async (tool, central) => {
  await tool.booted();
  const { location } = await requested(tool);
  const token = location.split("/").at(-2)!;
  const { commandId } = (await central.app.uploads.find(token))!;
  const later = {
    ...central.app,
    clock: { ...central.app.clock, now: () => new Date(Date.now() + 25 * 3_600_000) },
  };
  const { createHttpApi } = await import("../../../api/http_api.ts");
  const response = await createHttpApi(later).request(`/uploads/${token}/`, { method: "PUT", body: LOG });
  assertEquals([response.status, await response.text()], [410, "This address is over\n"]);
  const headers = { authorization: `Bearer ${central.adminKey}` };
  const shown = await createHttpApi(later).request(`/v1/diagnostics/${commandId}`, { headers });
  assertEquals((await shown.json()).state, "expired");
});

test("a charge point may have nothing to send, refuse, or fail and try again", async (tool) => {
  await tool.booted();
  assertEquals((await requested(tool, {}, {})).body.state, "nothingToSend");

  const asking = tool.operator.request("POST", "/v1/diagnostics", { chargePoint: tool.cp.identity });
  const call = await tool.cp.expectCall("GetDiagnostics");
  tool.cp.wire.send(4, call.id, "NotSupported", "", {});
  assertEquals((await asking).body.state, "refused");

  const { id, location } = await requested(tool);
  await say(tool, "Uploading", "UploadFailed");
  assertEquals((await look(tool, id)).state, "uploadFailed");
  await say(tool, "Uploading");
  assertEquals((await look(tool, id)).state, "uploading");
  assertEquals((await bring(location)).status, 201);
  await say(tool, "UploadFailed");
  assertEquals((await look(tool, id)).state, "received");
});

test("a foreign location is sent as it is, and its state is what the charge point says, in any order", async (tool) => {
  await tool.booted();
  const location = "ftp://logs:sesame@files.invalid/in/";
  const { id, request, body } = await requested(tool, { location });
  assertEquals(request.location, location);
  assertEquals(body.request.location, "ftp://logs:********@files.invalid/in/");
  await say(tool, "Uploaded", "Uploading", "Idle");
  assertEquals((await look(tool, id)).state, "uploaded");
  assertEquals((await tool.operator.request("GET", `/v1/diagnostics/${id}/file`)).status, 404);
});

test("a GetDiagnostics sent as a plain command is followed alike, and the latest one counts", async (tool) => {
  await tool.booted();
  const earlier = await requested(tool);
  const command = await tool.command("GetDiagnostics", { location: "https://files.invalid/" }, { fileName: "x.zip" });
  await say(tool, "Uploading");
  const { items } = await tool.operator.get(`/v1/diagnostics?chargePoint=${tool.cp.identity}`);
  assertEquals(items.map(({ id, state }: { id: string; state: string }) => [id, state]), [
    [command.id, "uploading"],
    [earlier.id, "accepted"],
  ]);
});

test("what a charge point does before it answers, or never answers, counts", async (tool) => {
  await tool.booted();
  const asking = tool.operator.request("POST", "/v1/diagnostics", { chargePoint: tool.cp.identity });
  const call = await tool.cp.expectCall("GetDiagnostics");
  await say(tool, "Uploading");
  await tool.cp.disconnect("cut");
  const { body } = await asking;
  assertEquals([body.commandState, body.state], ["connectionLost", "uploading"]);
  assertEquals((await bring(String(call.payload.location))).status, 201);
  assertEquals((await look(tool, body.id)).state, "received");
});

test("a charge point that is away is asked when it is back, if the operator wants that", async (tool, central) => {
  await tool.booted();
  await tool.cp.disconnect("close");
  await tool.operator.until(`/v1/charge-points/${tool.cp.identity}`, ({ connection }) => !connection.connected);
  const body = { chargePoint: tool.cp.identity };
  const refused = await tool.operator.request("POST", "/v1/diagnostics", body);
  assertEquals([refused.status, refused.body.type], [409, "/problems/charge-point-offline"]);
  assertEquals((await tool.operator.get(`/v1/diagnostics?chargePoint=${tool.cp.identity}`)).items, []);
  const queued = await tool.operator.request("POST", "/v1/diagnostics?whenOffline=queue", body);
  assertEquals([queued.status, queued.body.state, queued.body.expiresAt], [201, "requested", null]);
  await tool.boot();
  const call = await tool.cp.expectCall("GetDiagnostics");
  assertEquals(new URL(String(call.payload.location)).origin, central.url, "as it dialled the last time");
  tool.cp.wire.send(3, call.id, { fileName: "late.zip" });
  await tool.operator.until(`/v1/diagnostics/${queued.body.id}`, ({ state }) => state === "accepted");
});

test("an answer that comes late counts like any other", async (tool, central) => {
  await tool.booted();
  const { operator, cp } = tool;
  const { commands } = central.app.store;
  const prefer = { Prefer: "respond-async" };
  const { body: { id } } = await operator.request("POST", "/v1/diagnostics", { chargePoint: cp.identity }, prefer);
  await cp.expectCall("GetDiagnostics");
  await commands.settle(id, { state: "timedOut", settledAt: new Date() });
  const seen = [];
  for (const answer of [null, { confirmation: { fileName: "late.zip" } }, { confirmation: {} }, { error: {} }]) {
    if (answer) await commands.noteLateAnswer(id, answer);
    const { state, fileName, commandState } = await look(tool, id);
    assertEquals(commandState, "timedOut");
    seen.push([state, fileName]);
  }
  assertEquals(seen, [["timedOut", null], ["accepted", "late.zip"], ["nothingToSend", null], ["refused", null]]);
});

test("files are removed after their time, and what nobody names with them", async (tool, central) => {
  await tool.booted();
  const { id, location } = await requested(tool);
  await bring(location);
  const { diagnostics } = central.app.store;
  const known = (await diagnostics.find(id))!.file!;
  assert((await files(central)).includes(known));
  assertEquals(await diagnostics.forgetFilesBefore(new Date(0)), []);
  const forgotten = await diagnostics.forgetFilesBefore(new Date(Date.now() + 1000));
  assert(forgotten.includes(known));
  assertEquals((await diagnostics.knownFiles([known])).size, 0);
  const { file, state } = await look(tool, id);
  assertEquals([state, file.available], ["received", false]);
  assertEquals((await tool.operator.request("GET", `/v1/diagnostics/${id}/file`)).status, 410);
});
