/** Valid requests for the routes of files and diagnostics, with the resources that they need. */
import { hashOf } from "../../../../actors/firmware_management/tokens.ts";
import type { Operator } from "../../../conformance/operator.ts";
import type { CentralSystem } from "../../../harness.ts";

/** A form with a file in it. */
export function formWith(
  content: string | Uint8Array<ArrayBuffer>,
  name = "image.bin",
  fields: Record<string, string> = {},
): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set("file", new Blob([content]), name);
  return form;
}

/** A request of the walk with the parts that files need. */
interface Good {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Two files: one that stays and has an address, and one to remove. */
export async function setFiles(central: Pick<CentralSystem, "app">, operator: Operator): Promise<[string, Good][]> {
  const add = async () => (await operator.request("POST", "/v1/files", formWith("firmware"))).body.id as string;
  const [kept, gone] = [await add(), await add()];
  const { body: { location } } = await operator.request("POST", `/v1/files/${kept}/addresses`, {});
  const [, , token, fileName] = new URL(location).pathname.split("/");
  const address = { token: token!, fileName: fileName! };
  const diagnostics = await setDiagnostics(central, operator);
  return [
    ...diagnostics,
    ["GET /v1/files", { query: "limit=1" }],
    ["POST /v1/files", { body: formWith("firmware", "walk.bin", { description: "for the walk" }) }],
    ["GET /v1/files/{id}", { params: { id: kept } }],
    ["DELETE /v1/files/{id}", { params: { id: gone } }],
    ["POST /v1/files/{id}/addresses", { params: { id: kept }, body: { once: true } }],
    ["GET /files/{token}", { params: address }],
    ["GET /files/{token}/{fileName}", { params: address }],
  ];
}

/** A request for diagnostics with its file, and an address for each upload route. */
async function setDiagnostics({ app }: Pick<CentralSystem, "app">, operator: Operator): Promise<[string, Good][]> {
  const address = async () => {
    const commandId = crypto.randomUUID();
    const token = commandId.replaceAll("-", "");
    const expiresAt = new Date(app.clock.now().getTime() + 3_600_000);
    await app.store.diagnostics.begin({ commandId, chargePoint: "WALK", tokenHash: hashOf(token), expiresAt });
    return { token, fileName: "walk.log" };
  };
  const plain = { body: new TextEncoder().encode("log"), headers: { "Content-Type": "application/octet-stream" } };
  await operator.put("/v1/charge-points/LOGS", { securityProfile: 0 });
  const request = { chargePoint: "LOGS" };
  const { body: { id } } = await operator.request("POST", "/v1/diagnostics?whenOffline=queue", request);
  await app.store.diagnostics.begin({
    commandId: id,
    chargePoint: "LOGS",
    tokenHash: hashOf(id),
    expiresAt: new Date(),
  });
  const brought = await app.uploads.folder.receive(ReadableStream.from([plain.body]), 10);
  await app.uploads.keep(
    { commandId: id, chargePoint: "LOGS", expiresAt: new Date(), isReceived: false },
    brought,
    "a.log",
  );
  return [
    ["GET /v1/diagnostics", { query: "chargePoint=LOGS" }],
    ["POST /v1/diagnostics", { query: "whenOffline=queue", body: request }],
    ["GET /v1/diagnostics/{id}", { params: { id } }],
    ["GET /v1/diagnostics/{id}/file", { params: { id } }],
    ["PUT /uploads/{token}", { params: await address(), ...plain }],
    ["POST /uploads/{token}", { params: await address(), ...plain }],
    ["PUT /uploads/{token}/{fileName}", { params: await address(), ...plain }],
    ["POST /uploads/{token}/{fileName}", { params: await address(), body: formWith("log") }],
  ];
}
