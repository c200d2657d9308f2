import { assertEquals } from "@std/assert";
import { apiSuite } from "../bare_app.ts";

const test = apiSuite();

test("PUT makes an accepted tag for one transaction at a time, and can be run twice", async ({ ask }) => {
  const first = await ask("PUT", "/v1/id-tags/Tag-1", { body: {} });
  const { createdAt: _, updatedAt: __, ...tag } = first.body;
  assertEquals([first.status, first.headers.get("Location")], [201, "/v1/id-tags/Tag-1"]);
  assertEquals(tag, {
    idTag: "Tag-1",
    status: "Accepted",
    expiryDate: null,
    parentIdTag: null,
    maxActiveTransactions: 1,
    description: "",
  });
  const second = await ask("PUT", "/v1/id-tags/TAG-1", { body: { idTag: "tag-1", status: "Blocked" } });
  assertEquals([second.status, second.body.status], [200, "Blocked"]);
  assertEquals((await ask("PUT", "/v1/id-tags/TAG-1", { body: { idTag: "TAG-2" } })).status, 400);
});

test("a tag is found in any case", async ({ ask }) => {
  await ask("PUT", "/v1/id-tags/AbC", { body: { description: "van 7" } });
  for (const spelling of ["AbC", "abc", "ABC"]) {
    assertEquals((await ask("GET", `/v1/id-tags/${spelling}`)).body.description, "van 7");
  }
});

test("times may have any zone and come back in UTC with milliseconds", async ({ ask }) => {
  const expiryDate = async (given: unknown) =>
    (await ask("PUT", "/v1/id-tags/TIME", { body: { expiryDate: given } })).body.expiryDate;
  assertEquals(await expiryDate("2030-01-01T02:00:00+02:00"), "2030-01-01T00:00:00.000Z");
  assertEquals(await expiryDate("2030-01-01"), "2030-01-01T00:00:00.000Z");
  assertEquals(await expiryDate(null), null);
});

test("PATCH changes the given fields, DELETE removes the tag", async ({ ask }) => {
  await ask("PUT", "/v1/id-tags/PATCHED", { body: { parentIdTag: "FLEET", maxActiveTransactions: null } });
  const patched = await ask("PATCH", "/v1/id-tags/patched", { body: { status: "Blocked" } });
  const { status, parentIdTag, maxActiveTransactions } = patched.body;
  assertEquals({ status, parentIdTag, maxActiveTransactions }, {
    status: "Blocked",
    parentIdTag: "FLEET",
    maxActiveTransactions: null,
  });
  assertEquals((await ask("PATCH", "/v1/id-tags/patched", { body: {} })).body.status, "Blocked");
  assertEquals((await ask("DELETE", "/v1/id-tags/Patched")).status, 204);
  for (const verb of ["GET", "DELETE"]) assertEquals((await ask(verb, "/v1/id-tags/PATCHED")).status, 404);
  assertEquals((await ask("PATCH", "/v1/id-tags/PATCHED", { body: {} })).status, 404);
});

test("the list is filtered by status and parent", async ({ ask }) => {
  await ask("PUT", "/v1/id-tags/G1", { body: { parentIdTag: "GROUP", status: "Accepted" } });
  await ask("PUT", "/v1/id-tags/G2", { body: { parentIdTag: "GROUP", status: "Blocked" } });
  const listed = async (query: string) => {
    const { items } = (await ask("GET", `/v1/id-tags?${query}`)).body;
    return items.map(({ idTag }: { idTag: string }) => idTag);
  };
  assertEquals(await listed("parentIdTag=group"), ["G1", "G2"]);
  assertEquals(await listed("parentIdTag=GROUP&status=Blocked"), ["G2"]);
});
