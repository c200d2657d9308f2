/**
 * Where charge points fetch files: `/files/{token}`, without a key, because firmware loaders know none. The name behind the token is only there for
 * loaders that want to see one, and is not looked at.
 */
import { z } from "zod";
import type { App } from "../../http/app.ts";
import { BYTES } from "../../http/file_answer.ts";
import { nothing } from "../../http/fields.ts";
import { notFound, Problem } from "../../http/problem.ts";
import { type Route, route } from "../../http/route.ts";

const token = z.string().max(100).meta({ description: "From the address; there is no other way to one" });
const fileName = z.string().max(1000);

const declared = {
  method: "get",
  access: "open",
  tag: "Files",
  summary: "Fetches a file at its address",
  description: "Answers HEAD, single ranges with If-Range, and If-None-Match. An address that is over answers 410.",
  contentType: BYTES,
  plain: true,
  answers: { 200: z.string(), 206: z.string(), 304: nothing },
} as const;

/** Fetching without a key. */
export const downloadRoutes: readonly Route[] = [
  route({
    ...declared,
    path: "/files/{token}",
    params: z.strictObject({ token }),
    handle: ({ params, app }) => download(params.token, app),
  }),
  route({
    ...declared,
    path: "/files/{token}/{fileName}",
    rest: "fileName",
    params: z.strictObject({ token, fileName }),
    handle: ({ params, app }) => download(params.token, app),
  }),
];

/** The file of an address. Throws the problem when there is none, or not any more. */
export async function download(token: string, { files, log }: App) {
  const found = await files.find(token);
  if (!found) throw notFound("There is no such address");
  if (found.isOver) throw new Problem("gone", "This address is over; ask for a new one");
  const { file, chargePoint, once } = found;
  const { id, name, bytes, sha256, createdAt } = file;
  const whole = async () => {
    log.info(`${chargePoint ?? "Somebody"} has fetched ${name}`, { file: id });
    if (once) await files.fetched(token).catch((error) => log.warn("An address stays open", { error }));
  };
  return {
    status: 200,
    file: { name, bytes, sha256, modifiedAt: createdAt, open: (from: number) => files.folder.open(id, from), whole },
  } as const;
}
