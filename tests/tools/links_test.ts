import { assertEquals } from "@std/assert";
import { checkLinks } from "./links.ts";

/** Runs the check over files that exist only in this test, given by path and text. */
function check(files: Record<string, string>): Promise<string[]> {
  return checkLinks(Object.keys(files), (path) => Promise.resolve(files[path]!));
}

const tree = {
  "actors/runtime/actor.ts": "",
  "actors/charge_point/handlers/mod.ts": "",
  "docs/other.md": "# Other words\n## Twice\n## Twice\n### `code` & [more](x.md), said?\n",
  "docs/x.md": "",
};

const alive = [
  "[a](actors/runtime/actor.ts) [b](./docs/other.md#other-words) [c](docs) [d](docs/) [e](#here)\n# Here",
  "[a](docs/other.md#twice-1) [b](docs/other.md#code--more-said)",
  '[a](https://example.org/b/c.ts) [b](mailto:a@b.c) [c](docs/other.md "Title")\n\n[ref]: docs/x.md',
  "`actors/runtime/actor.ts`, actors/charge_point/handlers/mod.ts and `actors/charge_point/handlers/` are there; https://example.org/actors/no.ts is not ours",
  "`handlers/<action>.ts` `actors/*.ts` `POST /v1/files/a.json`",
  "```\n[a](missing.md)\n# Not a heading\n```\n`[b](missing.md)`",
];

for (const text of alive) {
  Deno.test(`no dead link in: ${text}`, async () => assertEquals(await check({ ...tree, "README.md": text }), []));
}

const dead: [string, string][] = [
  ["\n[a](actors/missing.md)", "README.md:2: actors/missing.md does not exist"],
  ["![a](missing.png)", "README.md:1: missing.png does not exist"],
  ["[a]: ./gone.md", "README.md:1: ./gone.md does not exist"],
  ["[a](docs/other.md#no-such)", "README.md:1: docs/other.md has no heading #no-such"],
  ["[a](#gone)\n# Here\n```\n# Gone\n```", "README.md:1: README.md has no heading #gone"],
  ["See `actors/charge_point/outgoing_calls.ts`.", "README.md:1: actors/charge_point/outgoing_calls.ts does not exist"],
  [
    "```\n1. actors/charge_point/outgoing_calls.ts sends\n```",
    "README.md:2: actors/charge_point/outgoing_calls.ts does not exist",
  ],
];

for (const [text, why] of dead) {
  Deno.test(`a dead link in: ${text}`, async () => assertEquals(await check({ ...tree, "README.md": text }), [why]));
}

Deno.test("a path in a comment must exist, relative to the root or to the file's folder; a path in a string need not", async () => {
  const text =
    '/**\n * See handlers/mod.ts, actors/runtime/actor.ts.\n * and db/gone.ts */\nconst s = "db/no.ts"; // ocpp/no.ts';
  assertEquals(await check({ ...tree, "actors/charge_point/b.ts": text }), [
    "actors/charge_point/b.ts:3: db/gone.ts does not exist",
    "actors/charge_point/b.ts:4: ocpp/no.ts does not exist",
  ]);
});
