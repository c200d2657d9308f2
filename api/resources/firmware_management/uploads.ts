/**
 * Uploads of charge points at `/uploads/{token}/`, without an API key. The location of GetDiagnostics is a directory, to which a charge point
 * appends a file name, with one slash or two. The name is stored only to be shown.
 */
import { z } from "zod";
import type { UploadAddress } from "../../../db/firmware_management/diagnostics.ts";
import { type Allowance, type ReceivedFile, safeName } from "../../http/file_body.ts";
import type { App } from "../../http/app.ts";
import { notFound, Problem } from "../../http/problem.ts";
import { fileRoute, type Route } from "../../http/route.ts";

const token = z.string().max(100).meta({ description: "The secret part of the location in GetDiagnostics" });
const fileName = z.string().max(2000).meta({ description: "The charge point's name for the file" });

const declared = {
  access: "open",
  tag: "Diagnostics",
  summary: "Uploads the file that GetDiagnostics asked for",
  description:
    "The file is the whole body, or the first file of a form, of at most CHARGEHAND_MAX_UPLOAD_BYTES. An address takes one file; a second " +
    "one is answered with 409.",
  contentType: "text/plain; charset=utf-8",
  plain: true,
  answers: { 201: z.string() },
} as const;

/** PUT and POST at an address, with or without a file name after it. */
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

/** Reserves an address for one upload; the caller must call `end`. Throws the problem when no file may be uploaded there. */
export async function allowUpload(token: string, { uploads, settings, clock }: App): Promise<Allowance> {
  const address = await addressOf(token, uploads);
  if (address.isReceived) throw received();
  if (address.expiresAt <= clock.now()) {
    throw new Problem("gone", "This address has expired; request the diagnostics again");
  }
  if (!await uploads.begin(address)) {
    throw new Problem("too-many-transfers", "A file is being uploaded to this address already", {
      headers: { "Retry-After": "60" },
    });
  }
  return { maxBytes: settings.maxUploadBytes, folder: uploads.folder, end: () => uploads.end(address) };
}

/** Keeps an uploaded file. Throws the problem when the address has one already. */
export async function keepUpload(token: string, path: string, { draft, name }: ReceivedFile, { uploads }: App) {
  const address = await addressOf(token, uploads);
  // The name in the path is the one that the charge point confirmed. A form's name may be that of a temporary file.
  if (!await uploads.keep(address, draft, safeName(path) ?? name)) throw received();
  return { status: 201, body: `${draft.bytes} bytes were stored.\n` } as const;
}

async function addressOf(token: string, uploads: App["uploads"]): Promise<UploadAddress> {
  const address = await uploads.find(token);
  if (!address) throw notFound("There is no such address; use it exactly as it was created");
  return address;
}

function received(): Problem {
  return new Problem("upload-received", "A file was already uploaded to this address, which takes only one");
}
