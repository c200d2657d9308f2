/**
 * Where charge points bring files: `/uploads/{token}/`, without a key. The location of GetDiagnostics is a directory, to which a charge point appends a
 * name of its own, with one slash or two; the name is kept to be shown, and nothing else is done with it.
 */
import { z } from "zod";
import type { UploadAddress } from "../../../db/firmware_management/diagnostics.ts";
import { type Allowance, type ReceivedFile, safeName } from "../../http/file_body.ts";
import type { App } from "../../http/app.ts";
import { notFound, Problem } from "../../http/problem.ts";
import { fileRoute, type Route } from "../../http/route.ts";

const token = z.string().max(100).meta({ description: "From the location of a GetDiagnostics" });
const fileName = z.string().max(2000).meta({ description: "As the charge point calls it" });

const declared = {
  access: "open",
  tag: "Diagnostics",
  summary: "Brings the file of a GetDiagnostics",
  description:
    "As the whole body, or as the first file of a form. At most CHARGEHAND_MAX_UPLOAD_BYTES. An address takes one file: once it has come, 409.",
  contentType: "text/plain; charset=utf-8",
  plain: true,
  answers: { 201: z.string() },
} as const;

/** PUT and POST at an address, with or without a name behind it. */
export const uploadRoutes: readonly Route[] = (["put", "post"] as const).flatMap((method) => [
  fileRoute({
    ...declared,
    method,
    path: "/uploads/{token}",
    params: z.strictObject({ token }),
    takes: { field: null, bare: true, allow: ({ params, app }) => allowUpload(params.token, app) },
    handle: ({ params, file, app }) => keepUpload(params.token, "", file, app),
  }),
  fileRoute({
    ...declared,
    method,
    path: "/uploads/{token}/{fileName}",
    rest: "fileName",
    params: z.strictObject({ token, fileName }),
    takes: { field: null, bare: true, allow: ({ params, app }) => allowUpload(params.token, app) },
    handle: ({ params, file, app }) => keepUpload(params.token, params.fileName, file, app),
  }),
]);

/** Whether a file may come to an address. Throws the problem; else `end` must be called. */
export async function allowUpload(token: string, { uploads, settings, clock }: App): Promise<Allowance> {
  const address = await addressOf(token, uploads);
  if (address.isReceived) throw received();
  if (address.expiresAt <= clock.now()) throw new Problem("gone", "This address is over");
  if (!await uploads.begin(address)) {
    throw new Problem("too-many-transfers", "This file is on its way already", { headers: { "Retry-After": "60" } });
  }
  return { maxBytes: settings.maxUploadBytes, folder: uploads.folder, end: () => uploads.end(address) };
}

/** Keeps a file that came to an address. */
export async function keepUpload(token: string, path: string, { draft, name }: ReceivedFile, { uploads }: App) {
  const address = await addressOf(token, uploads);
  // Behind the address stands what the charge point confirmed; a form's own name may be that of a temporary file.
  if (!await uploads.keep(address, draft, safeName(path) ?? name)) throw received();
  return { status: 201, body: `${draft.bytes} bytes are kept.\n` } as const;
}

async function addressOf(token: string, uploads: App["uploads"]): Promise<UploadAddress> {
  const address = await uploads.find(token);
  if (!address) throw notFound("There is no such address");
  return address;
}

function received(): Problem {
  return new Problem("upload-received", "A file has come to this address already, and it takes only one");
}
