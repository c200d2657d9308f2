/**
 * Downloads for charge points at `/files/{token}`, without an API key, because a charge point cannot send one. The file name after the token
 * is for charge points that need one in a URL; it is ignored.
 */
import { z } from "zod";
import type { App } from "../../http/app.ts";
import { BYTES } from "../../http/file_answer.ts";
import { nothing } from "../../http/fields.ts";
import { notFound, Problem } from "../../http/problem.ts";
import { type Route, route } from "../../http/route.ts";

const token = z.string().max(100).meta({ description: "The secret part of a file's address" });
const fileName = z.string().max(1000);

const declared = {
  method: "get",
  access: "open",
  tag: "Files",
  summary: "Downloads a file from its address",
  description:
    "Supports HEAD, single ranges with If-Range, and If-None-Match. An address that has expired or was used answers 410.",
  contentType: BYTES,
  plain: true,
  answers: { 200: z.string(), 206: z.string(), 304: nothing },
} as const;

/** Downloading with the address alone. */
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

/** The file of an address. Throws 404 for an unknown address and 410 for one that is no longer valid. */
export async function download(token: string, { files, log }: App) {
  const found = await files.find(token);
  if (!found) throw notFound("There is no such address; use it exactly as it was created");
  if (found.isOver) throw new Problem("gone", "This address has expired or was used; create a new one");
  const { file, chargePoint, once } = found;
  const { id, name, bytes, sha256, createdAt } = file;
  const whole = async () => {
    log.info(`${name} was downloaded by ${chargePoint ?? "an unknown client"}`, { file: id });
    if (!once) return;
    await files.fetched(token).catch((error) =>
      log.warn("An address for one download could not be closed and stays valid until it expires", { error })
    );
  };
  return {
    status: 200,
    file: { name, bytes, sha256, modifiedAt: createdAt, open: (from: number) => files.folder.open(id, from), whole },
  } as const;
}
