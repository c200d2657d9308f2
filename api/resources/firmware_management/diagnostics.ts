import { z } from "zod";
import type { DiagnosticsRequest } from "../../../db/firmware_management/diagnostics.ts";
import { endOf } from "../../../ocpp/command_end.ts";
import { diagnosticsState } from "../../../ocpp/firmware_management/diagnostics.ts";
import { GetDiagnostics } from "../../../ocpp/firmware_management/get_diagnostics.ts";
import type { ConfirmationOf } from "../../../ocpp/registry.ts";
import { maskSecrets } from "../../../ocpp/secrets.ts";
import { call, commandState, howToSend, targetOf } from "../command.ts";
import { applyRules } from "../command_rules.ts";
import { identity, jsonObject, moment } from "../../http/fields.ts";
import { BYTES } from "../../http/file_answer.ts";
import type { App } from "../../http/app.ts";
import { listOf, listQuery, pageAndFilter } from "../../http/list.ts";
import { requireScheme, scheme } from "./scheme.ts";
import { notFound, Problem } from "../../http/problem.ts";
import { created, ok, type Route, route } from "../../http/route.ts";

const tag = "Diagnostics";

const params = z.strictObject({ id: z.uuid() });

const state = z.enum([
  "requested",
  "notSent",
  "refused",
  "nothingToSend",
  "timedOut",
  "accepted",
  "uploading",
  "uploadFailed",
  "uploaded",
  "received",
  "expired",
]).meta({
  description:
    "notSent: the command was never sent; nothingToSend: the charge point answered without a file name; timedOut: the charge point " +
    "did not answer in time; uploaded: the charge point reports that it has uploaded the file; received: the file is stored here; " +
    "expired: no file arrived within a day",
});

const Diagnostics = z.object({
  id: z.uuid().meta({ description: "Also the id of the GetDiagnostics command" }),
  chargePoint: identity,
  state,
  commandState,
  request: jsonObject.meta({
    description: "The GetDiagnostics.req as sent, without the secret part of its location",
  }),
  fileName: z.string().nullable().meta({ description: "The file name in GetDiagnostics.conf" }),
  status: z.enum(["Uploading", "UploadFailed", "Uploaded"]).nullable().meta({
    description: "The last DiagnosticsStatusNotification",
  }),
  statusAt: moment.nullable(),
  file: z.object({
    name: z.string().nullable().meta({ description: "The file name of the upload" }),
    bytes: z.int(),
    sha256: z.string(),
    receivedAt: moment,
    available: z.boolean().meta({ description: "false: removed after CHARGEHAND_DIAGNOSTICS_RETENTION_DAYS" }),
  }).nullable(),
  createdAt: moment,
  sentAt: moment.nullable(),
  expiresAt: moment.nullable().meta({
    description: "Until then the file can be uploaded; null: GetDiagnostics was not sent yet",
  }),
  requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
}).meta({ id: "Diagnostics" });

const { startTime, stopTime, retries, retryInterval, location } = GetDiagnostics.request.shape;

const DiagnosticsPost = z.strictObject({
  chargePoint: identity,
  startTime,
  stopTime,
  retries,
  retryInterval,
  location: location.optional().meta({
    description: "A directory on another server; absent: the Central System creates an upload address of its own",
  }),
  scheme: scheme.default("http"),
}).meta({ id: "DiagnosticsPost" });

/** Requests for diagnostics with their progress and their files. They include those sent by the plain GetDiagnostics command. */
export const diagnosticsRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/diagnostics",
    access: "viewer",
    tag,
    summary: "All requests for diagnostics, newest first",
    query: listQuery({ chargePoint: identity.optional() }),
    answers: { 200: listOf(Diagnostics) },
    handle: async ({ query, app }) => {
      const { filter, page } = pageAndFilter(query);
      const { items, next } = await app.store.diagnostics.list(filter, page);
      return ok({ items: items.map((item) => viewOf(item, app)), next });
    },
  }),
  route({
    method: "post",
    path: "/v1/diagnostics",
    access: "operator",
    tag,
    summary: "Requests diagnostics from a charge point",
    description:
      "Creates an upload address, unless `location` is given, sends GetDiagnostics, and waits for its answer as commands do (`Prefer`). " +
      "The file arrives later: read the resource again, or wait for the event `diagnostics.received`.",
    query: howToSend.omit({ force: true }),
    body: DiagnosticsPost,
    example: { chargePoint: "CP001", startTime: "2026-03-02T00:00:00.000Z", retries: 2 },
    answers: { 201: Diagnostics },
    handle: async (asked) => {
      const { body: { chargePoint, location, scheme, ...rest }, app, operator } = asked;
      requireScheme(scheme, app);
      const target = await targetOf(app, chargePoint);
      const request = { location: location ?? await app.uploads.newLocation(chargePoint, scheme), ...rest };
      applyRules("GetDiagnostics", request, target, operator);
      const { id } = await call(asked, target, "GetDiagnostics", request);
      return created(await find(id, app), `/v1/diagnostics/${id}`);
    },
  }),
  route({
    method: "get",
    path: "/v1/diagnostics/{id}",
    access: "viewer",
    tag,
    summary: "One request for diagnostics",
    params,
    answers: { 200: Diagnostics },
    handle: async ({ params: { id }, app }) => ok(await find(id, app)),
  }),
  route({
    method: "get",
    path: "/v1/diagnostics/{id}/file",
    access: "viewer",
    tag,
    summary: "The file that the charge point uploaded",
    params,
    contentType: BYTES,
    answers: { 200: z.string() },
    handle: async ({ params: { id }, app: { store, uploads } }) => {
      const found = await store.diagnostics.find(id);
      if (!found) throw missing(id);
      const { file, bytes, sha256, receivedAt, name } = found;
      if (receivedAt === null) throw notFound("The charge point has not uploaded the file yet");
      if (file === null) throw new Problem("gone", "The file was removed after CHARGEHAND_DIAGNOSTICS_RETENTION_DAYS");
      const open = (from: number) => uploads.folder.open(file, from);
      return {
        status: 200,
        file: { name: name ?? `${id}.bin`, bytes: bytes!, sha256: sha256!, modifiedAt: receivedAt, open },
      } as const;
    },
  }),
];

const missing = (id: string) => notFound(`There is no request for diagnostics ${id}`);

async function find(id: string, app: App): Promise<z.output<typeof Diagnostics>> {
  const found = await app.store.diagnostics.find(id);
  if (!found) throw missing(id);
  return viewOf(found, app);
}

function viewOf(row: DiagnosticsRequest, { clock }: Pick<App, "clock">): z.output<typeof Diagnostics> {
  const { request, name, bytes, sha256, receivedAt, file } = row;
  // A late answer is common: a charge point may collect its files before it answers, which can take longer than the CALL's timeout.
  const end = endOf<ConfirmationOf<"GetDiagnostics">>({ ...row, action: "GetDiagnostics", state: row.commandState });
  const facts = {
    ...row,
    end,
    isReceived: receivedAt !== null,
    isOver: row.expiresAt !== null && row.expiresAt <= clock.now(),
  };
  return {
    ...row,
    state: diagnosticsState(facts),
    request: maskSecrets(request) as Record<string, unknown>,
    fileName: end?.confirmation?.fileName ?? null,
    file: receivedAt && { name, bytes: bytes!, sha256: sha256!, receivedAt, available: file !== null },
  };
}
