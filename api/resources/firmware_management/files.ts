import { z } from "zod";
import { unknownChargePoint } from "../../../actors/charge_point/command_refusals.ts";
import { safeName } from "../../http/file_body.ts";
import { identity, moment, nothing } from "../../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../../http/list.ts";
import { requireScheme, scheme } from "./scheme.ts";
import { invalid, notFound, Problem } from "../../http/problem.ts";
import { created, done, fileRoute, ok, type Route, route } from "../../http/route.ts";

const tag = "Files";

const params = z.strictObject({ id: z.uuid() });

const description = z.string().max(1000);

const File = z.object({
  id: z.uuid(),
  name: z.string().meta({ example: "duo22-3.5.0.bin" }),
  description,
  bytes: z.int(),
  sha256: z.string().meta({ description: "Of its bytes, in hex" }),
  createdAt: moment,
}).meta({ id: "File" });

const FilePost = z.strictObject({ description: description.default("") });

const DAY_SECONDS = 86_400;

const AddressPost = z.strictObject({
  chargePoint: identity.nullable().default(null).meta({
    description: "Who will fetch it; the address begins as that charge point reaches us",
  }),
  expiresInSeconds: z.int().min(1).max(366 * DAY_SECONDS).default(7 * DAY_SECONDS),
  scheme: scheme.default("http"),
  once: z.boolean().default(false).meta({ description: "It is over when the last byte was fetched" }),
}).meta({ id: "FileAddressPost" });

const Address = z.object({
  location: z.url().meta({ description: "Shown once; needs no key" }),
  expiresAt: moment,
}).meta({ id: "FileAddress" });

const missing = (id: string) => notFound(`There is no file ${id}`);

/** Firmware images that we serve to charge points. */
export const fileRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/files",
    access: "viewer",
    tag,
    summary: "All files",
    query: listQuery({}),
    answers: { 200: listOf(File) },
    handle: async ({ query, app }) => {
      const { filter, page } = pageAndFilter(query);
      return ok(await app.store.files.list(filter, page));
    },
  }),
  fileRoute({
    method: "post",
    path: "/v1/files",
    access: "operator",
    tag,
    summary: "Takes a file, to be fetched by charge points",
    description:
      "A form with the field `file`; it is kept when it is whole and on the disk, of at most CHARGEHAND_MAX_FILE_BYTES.",
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
  route({
    method: "get",
    path: "/v1/files/{id}",
    access: "viewer",
    tag,
    summary: "One file",
    params,
    answers: { 200: File },
    handle: async ({ params: { id }, app }) => {
      const file = await app.store.files.find(id);
      if (!file) throw missing(id);
      return ok(file);
    },
  }),
  route({
    method: "delete",
    path: "/v1/files/{id}",
    access: "operator",
    tag,
    summary: "Removes a file; all its addresses end",
    description: "409 as long as a firmware campaign that is not over needs it.",
    params,
    answers: { 204: nothing },
    handle: async ({ params: { id }, app }) => {
      const removal = await app.files.remove(id);
      if (removal === "removed") return done;
      if (removal === "missing") throw missing(id);
      const detail = `Firmware campaign ${removal.usedBy} needs it. Wait for its end, or abort it first.`;
      throw new Problem("file-in-use", detail);
    },
  }),
  route({
    method: "post",
    path: "/v1/files/{id}/addresses",
    access: "operator",
    tag,
    summary: "Makes an address at which the file can be fetched without a key",
    description: "For UpdateFirmware sent by hand. Campaigns make their own.",
    params,
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
      if (location === undefined) throw missing(id);
      return created({ location, expiresAt }, `/v1/files/${id}`);
    },
  }),
];
