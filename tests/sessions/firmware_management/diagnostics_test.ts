/**
 * Diagnostics from the request to the stored file, over real sockets: the forms of upload that real charge points use, in any order of messages.
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

/** Requests diagnostics, and the charge point confirms; returns the id of the request and the location in GetDiagnostics. */
async function requested(tool: Tool, more: object = {}, confirmation: object = { fileName: "diag.zip" }) {
  const { operator, cp } = tool;
  const request = operator.request("POST", "/v1/diagnostics", { chargePoint: cp.identity, ...more });
  const call = await cp.expectCall("GetDiagnostics");
  cp.wire.send(3, call.id, confirmation);
  const { status, body, headers } = await request;
  assertEquals([status, headers.get("Location")], [201, `/v1/diagnostics/${body.id}`], JSON.stringify(body));
  return { id: body.id as string, location: String(call.payload.location), request: call.payload, body };
}

function getDiagnostics({ operator }: Tool, id: string) {
  return operator.get(`/v1/diagnostics/${id}`);
}

async function reportStatuses({ cp }: Tool, ...statuses: string[]): Promise<void> {
  for (const status of statuses) await cp.call("DiagnosticsStatusNotification", { status });
}

async function upload(url: string, body: BodyInit = LOG, method = "PUT", headers: Record<string, string> = {}) {
  const response = await fetch(url, { method, body, headers });
  return { status: response.status, text: await response.text() };
}

/** The names of the stored files. */
async function files({ app: { settings } }: CentralSystem): Promise<string[]> {
  const path = `${settings.dataDir}/files/diagnostics`;
  return await Array.fromAsync(Deno.readDir(path), ({ name }) => name).catch(() => []);
}

test(
  "diagnostics are requested, reported, uploaded and downloaded, and each step is an event",
  async (tool, central) => {
    await tool.booted();
    const startTime = "2026-03-01T00:00:00.000Z";
    const { id, location, request, body } = await requested(tool, { startTime, retries: 2 });
    assertMatch(location, new RegExp(`^${central.url}/uploads/[0-9a-f]{32}/$`));
    assertEquals([request.startTime, request.retries], [startTime, 2]);
    assertEquals([body.state, body.fileName, body.file], ["accepted", "diag.zip", null]);
    assertEquals(body.request.location, `${central.url}/uploads/********/`);
    await reportStatuses(tool, "Uploading");
    assertEquals((await getDiagnostics(tool, id)).state, "uploading");
    assertEquals((await upload(`${location}diag.zip`)).status, 201);
    await reportStatuses(tool, "Uploaded");

    const { state, status, file } = await getDiagnostics(tool, id);
    const sha256 = createHash("sha256").update(LOG).digest("hex");
    assertEquals([state, status], ["received", "Uploaded"]);
    assertEquals([file.name, file.bytes, file.sha256, file.available], ["diag.zip", LOG.length, sha256, true]);
    const headers = { authorization: `Bearer ${central.adminKey}`, range: "bytes=-3" };
    const part = await fetch(`${central.url}/v1/diagnostics/${id}/file`, { headers });
    assertEquals([part.status, await part.text()], [206, "ck\n"]);
    assertEquals(part.headers.get("Content-Disposition"), 'attachment; filename="diag.zip"');

    const path = `/v1/events?after=0&chargePoint=${tool.cp.identity}`;
    const events = await eventually("all three events have come", async () => {
      const { body } = await central.api("GET", path, undefined, { accept: "application/json" });
      const found = body.items.filter(({ type }: { type: string }) => type.startsWith("diagnostics."));
      return found.length === 3 ? found : undefined;
    });
    assertEquals(events.map(({ type, data }: { type: string; data: object }) => ({ type, data })), [
      { type: "diagnostics.statusChanged", data: { diagnosticsId: id, status: "Uploading", before: null } },
      { type: "diagnostics.received", data: { diagnosticsId: id, name: "diag.zip", bytes: LOG.length, sha256 } },
      { type: "diagnostics.statusChanged", data: { diagnosticsId: id, status: "Uploaded", before: "Uploading" } },
    ]);
  },
);

test("a file arrives whichever URL the charge point makes from the location", async (tool) => {
  await tool.booted();
  const form = () => {
    const form = new FormData();
    form.set("comment", "not a file");
    form.set("upload", new Blob([LOG]), "form.log");
    return form;
  };
  const ways: [(location: string) => Promise<{ status: number }>, string | null][] = [
    [(location) => upload(location), null],
    [(location) => upload(location.replace(/\/$/, "")), null],
    [(location) => upload(`${location}a.log`), "a.log"],
    [(location) => upload(`${location}/b.log`, LOG, "POST"), "b.log"],
    [(location) => upload(`${location}2026/03/c.log`), "c.log"],
    [(location) => upload(location, form(), "POST"), "form.log"],
    [(location) => upload(`${location}d.log`, form(), "PUT"), "d.log"],
    [(location) => upload(`${location}..%2f..%2f..%2fetc%2fpasswd`), "passwd"],
    [(location) => upload(`${location}..%5c..%5cboot.ini`), "boot.ini"],
    [(location) => upload(`${location}%3Cb%3E%22.log`), "_b__.log"],
    [(location) => upload(`${location}.`, LOG, "PUT", { "content-encoding": "gzip" }), null],
  ];
  for (const [index, [way, name]] of ways.entries()) {
    const { id, location } = await requested(tool);
    assertEquals((await way(location)).status, 201, String(index));
    const { state, file } = await getDiagnostics(tool, id);
    assertEquals([state, file.name, file.bytes], ["received", name, LOG.length], String(index));
  }
});

test(
  "an address takes one file: a failed upload can be repeated, a complete file cannot be replaced",
  async (tool, central) => {
    await tool.booted();
    const { id, location } = await requested(tool);
    const before = (await files(central)).length;
    const cut = new FormData();
    cut.set("note", "no file at all");
    assertEquals((await upload(location, cut, "POST")).status, 400);
    assertEquals((await upload(location, new Uint8Array(MAX_BYTES + 1))).status, 413);
    assertEquals((await files(central)).length, before);
    assertEquals((await upload(location)).status, 201);
    const second = await upload(location, new TextEncoder().encode("something else"));
    assertEquals([second.status, second.text], [
      409,
      "A file was already uploaded to this address, which takes only one\n",
    ]);
    const { file } = await getDiagnostics(tool, id);
    assertEquals(file.bytes, LOG.length);
    assertEquals((await files(central)).length, before + 1);
  },
);

test("an upload to an unknown address is refused", async (tool, central) => {
  await tool.booted();
  const before = (await files(central)).length;
  for (const path of ["/uploads/", `/uploads/${"0".repeat(32)}/`, "/uploads/x", "/uploads/..%2f..%2fx/y", "/uploads"]) {
    const { status } = await upload(central.url + path);
    assertEquals(status, 404, path);
  }
  const { commandId, tokenHash } = { commandId: crypto.randomUUID(), tokenHash: null };
  const expiresAt = central.app.clock.now();
  await central.app.store.diagnostics.begin({ commandId, chargePoint: tool.cp.identity, tokenHash, expiresAt });
  assertEquals((await upload(`${central.url}/uploads/null/`)).status, 404);
  assertEquals((await files(central)).length, before);
});

test("an expired address answers 410", async (tool, central) => {
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
  assertEquals([response.status, await response.text()], [
    410,
    "This address has expired; request the diagnostics again\n",
  ]);
  const headers = { authorization: `Bearer ${central.adminKey}` };
  const shown = await createHttpApi(later).request(`/v1/diagnostics/${commandId}`, { headers });
  assertEquals((await shown.json()).state, "expired");
});

test("a charge point has nothing to send, refuses, or fails and tries again", async (tool) => {
  await tool.booted();
  assertEquals((await requested(tool, {}, {})).body.state, "nothingToSend");

  const request = tool.operator.request("POST", "/v1/diagnostics", { chargePoint: tool.cp.identity });
  const call = await tool.cp.expectCall("GetDiagnostics");
  tool.cp.wire.send(4, call.id, "NotSupported", "", {});
  assertEquals((await request).body.state, "refused");

  const { id, location } = await requested(tool);
  await reportStatuses(tool, "Uploading", "UploadFailed");
  assertEquals((await getDiagnostics(tool, id)).state, "uploadFailed");
  await reportStatuses(tool, "Uploading");
  assertEquals((await getDiagnostics(tool, id)).state, "uploading");
  assertEquals((await upload(location)).status, 201);
  await reportStatuses(tool, "UploadFailed");
  assertEquals((await getDiagnostics(tool, id)).state, "received");
});

test("another location is sent unchanged, and the state follows the charge point's reports in any order", async (tool) => {
  await tool.booted();
  const location = "ftp://logs:sesame@files.invalid/in/";
  const { id, request, body } = await requested(tool, { location });
  assertEquals(request.location, location);
  assertEquals(body.request.location, "ftp://logs:********@files.invalid/in/");
  await reportStatuses(tool, "Uploaded", "Uploading", "Idle");
  assertEquals((await getDiagnostics(tool, id)).state, "uploaded");
  assertEquals((await tool.operator.request("GET", `/v1/diagnostics/${id}/file`)).status, 404);
});

test("a GetDiagnostics as a plain command is followed too, and statuses belong to the latest request", async (tool) => {
  await tool.booted();
  const earlier = await requested(tool);
  const command = await tool.command("GetDiagnostics", { location: "https://files.invalid/" }, { fileName: "x.zip" });
  await reportStatuses(tool, "Uploading");
  const { items } = await tool.operator.get(`/v1/diagnostics?chargePoint=${tool.cp.identity}`);
  assertEquals(items.map(({ id, state }: { id: string; state: string }) => [id, state]), [
    [command.id, "uploading"],
    [earlier.id, "accepted"],
  ]);
});

test("statuses and files count although GetDiagnostics was not answered", async (tool) => {
  await tool.booted();
  const request = tool.operator.request("POST", "/v1/diagnostics", { chargePoint: tool.cp.identity });
  const call = await tool.cp.expectCall("GetDiagnostics");
  await reportStatuses(tool, "Uploading");
  await tool.cp.disconnect("cut");
  const { body } = await request;
  assertEquals([body.commandState, body.state], ["connectionLost", "uploading"]);
  assertEquals((await upload(String(call.payload.location))).status, 201);
  assertEquals((await getDiagnostics(tool, body.id)).state, "received");
});

test(
  "a request to an offline charge point is refused, or sent after its return with whenOffline=queue",
  async (tool, central) => {
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
    assertEquals(
      new URL(String(call.payload.location)).origin,
      central.url,
      "the location must have the host that the charge point used last",
    );
    tool.cp.wire.send(3, call.id, { fileName: "late.zip" });
    await tool.operator.until(`/v1/diagnostics/${queued.body.id}`, ({ state }) => state === "accepted");
  },
);

test("a late answer has the same effect as an answer in time", async (tool, central) => {
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
    const { state, fileName, commandState } = await getDiagnostics(tool, id);
    assertEquals(commandState, "timedOut");
    seen.push([state, fileName]);
  }
  assertEquals(seen, [["timedOut", null], ["accepted", "late.zip"], ["nothingToSend", null], ["refused", null]]);
});

test("files are removed after the retention time", async (tool, central) => {
  await tool.booted();
  const { id, location } = await requested(tool);
  await upload(location);
  const { diagnostics } = central.app.store;
  const known = (await diagnostics.find(id))!.file!;
  assert((await files(central)).includes(known));
  assertEquals(await diagnostics.forgetFilesBefore(new Date(0)), []);
  const forgotten = await diagnostics.forgetFilesBefore(new Date(Date.now() + 1000));
  assert(forgotten.includes(known));
  assertEquals((await diagnostics.knownFiles([known])).size, 0);
  const { file, state } = await getDiagnostics(tool, id);
  assertEquals([state, file.available], ["received", false]);
  assertEquals((await tool.operator.request("GET", `/v1/diagnostics/${id}/file`)).status, 410);
});
