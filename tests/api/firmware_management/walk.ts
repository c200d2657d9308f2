/** Good requests for the routes of files, and the files that they are about. */
import type { Operator } from "../../conformance/operator.ts";

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

/** A request of the walk, as far as files need one. */
interface Good {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
}

/** Two files: one that stays and has an address, and one to remove. */
export async function setFiles(operator: Operator): Promise<[string, Good][]> {
  const add = async () => (await operator.ask("POST", "/v1/files", formWith("firmware"))).body.id as string;
  const [kept, gone] = [await add(), await add()];
  const { body: { location } } = await operator.ask("POST", `/v1/files/${kept}/addresses`, {});
  const [, , token, fileName] = new URL(location).pathname.split("/");
  const address = { token: token!, fileName: fileName! };
  return [
    ["GET /v1/files", { query: "limit=1" }],
    ["POST /v1/files", { body: formWith("firmware", "walk.bin", { description: "for the walk" }) }],
    ["GET /v1/files/{id}", { params: { id: kept } }],
    ["DELETE /v1/files/{id}", { params: { id: gone } }],
    ["POST /v1/files/{id}/addresses", { params: { id: kept }, body: { once: true } }],
    ["GET /files/{token}", { params: address }],
    ["GET /files/{token}/{fileName}", { params: address }],
  ];
}
