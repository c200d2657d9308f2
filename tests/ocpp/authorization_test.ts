import { assertEquals } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import { authorize, idTagKey, type IdTagRecord } from "../../ocpp/core/authorization.ts";
import { IdTagInfo } from "../../ocpp/types/id_tag_info.ts";

const NOW = new Date("2026-03-02T01:00:00.000Z");
const known: IdTagRecord = { status: "Accepted", expiryDate: null, parentIdTag: null };

Deno.test("an unknown idTag is Invalid", () => assertEquals(authorize(undefined, NOW), { status: "Invalid" }));

Deno.test("a known idTag is Accepted", () => assertEquals(authorize(known, NOW), { status: "Accepted" }));

Deno.test("a blocked idTag is Blocked, also when it is expired", () => {
  assertEquals(authorize({ ...known, status: "Blocked" }, NOW).status, "Blocked");
  assertEquals(authorize({ ...known, status: "Blocked", expiryDate: new Date(0) }, NOW).status, "Blocked");
});

Deno.test("an idTag expires exactly at its expiryDate", () => {
  const at = (ms: number) => authorize({ ...known, expiryDate: new Date(NOW.getTime() + ms) }, NOW).status;
  assertEquals([at(-1), at(0), at(1)], ["Expired", "Expired", "Accepted"]);
});

Deno.test("the answer has the parent, and the expiry date in UTC with milliseconds", () => {
  const expiryDate = new Date("2027-01-01T00:00:00Z");
  assertEquals(authorize({ ...known, parentIdTag: "FLEET", expiryDate }, NOW), {
    status: "Accepted",
    expiryDate: "2027-01-01T00:00:00.000Z",
    parentIdTag: "FLEET",
  });
});

Deno.test("every answer is an IdTagInfo, and never ConcurrentTx", () => {
  const record = fc.record({
    status: fc.constantFrom("Accepted" as const, "Blocked" as const),
    expiryDate: fc.option(fc.date({ min: new Date(0), max: new Date("2199-01-01"), noInvalidDate: true })),
    parentIdTag: fc.option(fc.string({ maxLength: 20 })),
  });
  fc.assert(fc.property(fc.option(record, { nil: undefined }), (tag) => {
    const info = authorize(tag, NOW);
    assertEquals(IdTagInfo.parse(info), info);
    assertEquals(info.status === "ConcurrentTx", false);
  }));
});

Deno.test("idTags are compared without regard to case", () => assertEquals(idTagKey("04e91C"), idTagKey("04E91c")));
