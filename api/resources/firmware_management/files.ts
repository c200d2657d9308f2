import { z } from "zod";
import { unknownChargePoint } from "../../../actors/charge_point/command_refusals.ts";
import { safeName } from "../../http/file_body.ts";
import { identity, moment } from "../../http/fields.ts";
import { requireScheme, scheme } from "./scheme.ts";
import { invalid, Problem } from "../../http/problem.ts";
import { resource } from "../../http/resource.ts";
import { created, fileRoute, type Route, route } from "../../http/route.ts";

const tag = "Files";

const description = z.string().max(1000);

const File = z.object({
  id: z.uuid(),
  name: z.string().meta({ example: "duo22-3.5.0.bin" }),
  description,
  bytes: z.int(),
  sha256: z.string().meta({ description: "The hash of the content, in hex" }),
  createdAt: moment,
}).meta({ id: "File" });

const FilePost = z.strictObject({ description: description.default("") });

const DAY_SECONDS = 86_400;

const AddressPost = z.strictObject({
  chargePoint: identity.nullable().default(null).meta({
    description: "The charge point that will download it; the address has the host and port at which it connects here",
  }),
  expiresInSeconds: z.int().min(1).max(366 * DAY_SECONDS).default(7 * DAY_SECONDS),
  scheme: scheme.default("http"),
  once: z.boolean().default(false).meta({
    description: "true: the address is valid until the file was downloaded once",
  }),
}).meta({ id: "FileAddressPost" });

const Address = z.object({
  location: z.url().meta({ description: "The address. It needs no API key and is shown only in this response" }),
  expiresAt: moment,
}).meta({ id: "FileAddress" });

const files = resource({
  path: "/v1/files",
  key: { id: z.uuid() },
  tag,
  noun: "file",
  read: "viewer",
  write: "operator",
  shows: File,
});

/** Firmware images that charge points download. */
export const fileRoutes: readonly Route[] = [
  files.list({ summary: "All files", load: ({ app, filter, page }) => app.store.files.list(filter, page) }),
  fileRoute({
    method: "post",
    path: "/v1/files",
    access: "operator",
    tag,
    summary: "Uploads a file that charge points can download",
    description:
      "The body is a form with the field `file`, of at most CHARGEHAND_MAX_FILE_BYTES. The response comes when the whole file is on the disk.",
    body: FilePost,
    takes: {
      field: "file",
      bare: false,
      allow: ({ app: { settings, files } }) => ({ maxBytes: settings.maxFileBytes, folder: files.folder }),
    },
    answers: { 201: File },
    handle: async ({ body: { description }, file: { draft, name }, app }) => {
      if (name === null) throw invalid({ in: "body", pointer: "/file", detail: "The file needs a name" });
      if (draft.bytes === 0) throw invalid({ in: "body", pointer: "/file", detail: "The file is empty" });
      const file = await app.files.add(draft, { name: safeName(name) ?? name, description });
      return created(file, `/v1/files/${file.id}`);
    },
  }),
  files.find({ summary: "One file", load: ({ app, id }) => app.store.files.find(id) }),
  files.remove({
    summary: "Removes a file; its addresses are no longer valid",
    description: "The response is 409 while a firmware campaign that has not ended uses the file.",
    async remove({ app, id }) {
      const removal = await app.files.remove(id);
      if (typeof removal === "string") return removal === "removed";
      const detail = `Firmware campaign ${removal.usedBy} uses the file. Wait for its end, or abort it first.`;
      throw new Problem("file-in-use", detail);
    },
  }),
  route({
    method: "post",
    path: "/v1/files/{id}/addresses",
    access: "operator",
    tag,
    summary: "Creates an address from which the file can be downloaded without an API key",
    description: "Use it as the location of an UpdateFirmware command. Firmware campaigns create their own addresses.",
    params: files.params,
    body: AddressPost,
    example: { chargePoint: "CP001", expiresInSeconds: DAY_SECONDS, once: false },
    answers: { 201: Address },
    handle: async ({ params: { id }, body: { expiresInSeconds, ...asked }, app }) => {
      if (asked.chargePoint !== null && !await app.store.chargePoints.find(asked.chargePoint)) {
        throw new Problem("charge-point-unknown", unknownChargePoint(asked.chargePoint));
      }
      requireScheme(asked.scheme, app);
      const expiresAt = new Date(app.clock.now().getTime() + expiresInSeconds * 1000);
      const location = await app.files.addressOf({ ...asked, file: id, expiresAt });
      if (location === undefined) throw files.missing(id);
      return created({ location, expiresAt }, `/v1/files/${id}`);
    },
  }),
];
