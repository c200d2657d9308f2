import { assert, assertEquals, assertFalse } from "@std/assert";
import type { IdTagFields } from "../../db/id_tags.ts";
import { openTestStore } from "../database.ts";
import { at, fresh } from "./records.ts";

let monotonicMs = 0;
const store = await openTestStore({ monotonicMs: () => monotonicMs });
const { idTags, apiKeys, configurationKeys, chargePointReports } = store;
Deno.test.afterAll(() => store.close());

const tag = (given: Partial<IdTagFields> = {}): IdTagFields => ({
  status: "Accepted",
  expiryDate: null,
  parentIdTag: null,
  maxActiveTransactions: 1,
  description: "",
  ...given,
});

Deno.test("an idTag is found in any case, in its first spelling", async () => {
  const name = fresh("TaG-É");
  assertEquals(await idTags.find(name), undefined);
  const { row: idTag, created } = await idTags.put(name, tag({ expiryDate: at(9), parentIdTag: "Family" }), at(0));
  assert(created);
  assertEquals(idTag, {
    ...tag({ expiryDate: at(9), parentIdTag: "Family" }),
    idTag: name,
    createdAt: at(0),
    updatedAt: at(0),
  });
  for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
    assertEquals(await idTags.find(spelling), idTag);
  }
  const again = await idTags.put(name.toLowerCase(), tag({ maxActiveTransactions: null }), at(1));
  assertEquals([again.created, again.row.idTag, again.row.maxActiveTransactions], [false, name, null]);
  assertEquals(await idTags.find(name), again.row);
});

Deno.test("own changes are seen at once, also after a cached miss", async () => {
  const name = fresh("TAG");
  assertEquals(await idTags.find(name), undefined);
  await idTags.put(name, tag(), at(0));
  assertEquals((await idTags.find(name))?.status, "Accepted");
  await idTags.patch(name.toLowerCase(), { status: "Blocked", parentIdTag: "P" }, at(1));
  assertEquals((await idTags.find(name))?.status, "Blocked");
  assert(await idTags.remove(name.toLowerCase()));
  assertEquals(await idTags.find(name), undefined);
  assertFalse(await idTags.remove(name));
  assertEquals(await idTags.patch(name, {}, at(1)), undefined);
});

Deno.test("tags are listed by filter and page", async () => {
  const parent = fresh("Parent");
  const names = ["b", "A", "c", "D"].map((letter) => `${letter}-${parent}`);
  for (const name of names) await idTags.put(name, tag({ parentIdTag: parent }), at(0));
  await idTags.patch(names[2]!, { status: "Blocked" }, at(1));
  const first = await idTags.list({ parentIdTag: parent.toUpperCase() }, { limit: 3 });
  assertEquals(first.items.map((each) => each.idTag[0]).join(""), "Abc");
  const second = await idTags.list({ parentIdTag: parent }, { limit: 3, after: first.next! });
  assertEquals([second.items.map((each) => each.idTag[0]), second.next], [["D"], null]);
  const blocked = await idTags.list({ parentIdTag: parent, status: "Blocked" }, { limit: 3 });
  assertEquals(blocked.items.map((each) => each.idTag), [names[2]!]);
});

Deno.test("API keys: found by the hash of their secret until they are removed", async () => {
  const hash = crypto.getRandomValues(new Uint8Array(32));
  assertEquals(await apiKeys.findByHash(hash), undefined);
  const before = await apiKeys.count();
  const key = { id: fresh("key"), name: "n", role: "operator" as const, createdAt: at(0) };
  const made = await apiKeys.insert({ ...key, hash });
  assertEquals(made, { ...key, lastUsedAt: null });
  assertEquals(await apiKeys.insert({ ...key, id: fresh("key"), hash }), made);
  assertEquals(await apiKeys.count(), before + 1);
  assertEquals(await apiKeys.findByHash(hash), made);
  await apiKeys.recordUse(key.id, at(1));
  await apiKeys.recordUse(key.id, new Date(at(1).getTime() + 1000));
  monotonicMs += 5_001;
  assertEquals((await apiKeys.findByHash(hash))?.lastUsedAt, at(1));
  const second = await apiKeys.insert({ ...key, id: fresh("key"), hash: new Uint8Array(32) });
  const page = await apiKeys.list({ limit: 1 });
  assertEquals(page.items.map((each) => each.id), [second.id]);
  assertEquals((await apiKeys.list({ limit: 1, after: page.next! })).items.map((each) => each.id), [key.id]);
  assert(await apiKeys.remove(key.id));
  assertFalse(await apiKeys.remove(key.id));
  assertEquals(await apiKeys.findByHash(hash), undefined);
});

Deno.test("configuration: reported keys are set, unknown ones removed, others kept; case is ignored", async () => {
  const chargePoint = fresh("CP");
  const first = [
    { key: "HeartbeatInterval", value: "300", readonly: false },
    { key: "NumberOfConnectors", value: "2", readonly: true },
    { key: "Empty", readonly: false },
    { key: "gone", value: "1", readonly: false },
  ];
  await configurationKeys.record(chargePoint, first, [], at(0));
  const second = [
    { key: "heartbeatinterval", value: "1", readonly: false },
    { key: "HeartbeatInterval", value: "60", readonly: false },
  ];
  await configurationKeys.record(chargePoint, second, ["GONE", "HEARTBEATINTERVAL", "never"], at(1));
  await configurationKeys.setValue(chargePoint, "EMPTY", "full", at(2));
  await configurationKeys.setValue(chargePoint, "New", "n", at(2));
  assertEquals(await configurationKeys.list(chargePoint), [
    { key: "Empty", value: "full", readonly: false, fetchedAt: at(2) },
    { key: "HeartbeatInterval", value: "60", readonly: false, fetchedAt: at(1) },
    { key: "New", value: "n", readonly: false, fetchedAt: at(2) },
    { key: "NumberOfConnectors", value: "2", readonly: true, fetchedAt: at(0) },
  ]);
  await configurationKeys.record(chargePoint, [], [], at(3));
  assertEquals((await configurationKeys.list(chargePoint)).length, 4);
});

Deno.test("reports are stored once and listed newest first", async () => {
  const chargePoint = fresh("CP");
  const notice = (type: string, minute: number) => ({
    chargePoint,
    action: "SecurityEventNotification",
    content: { type },
    reportedAt: at(minute),
    receivedAt: at(9),
  });
  const all = [notice("a", 1), notice("b", 1), notice("a", 2)];
  for (const each of [...all, ...all]) await chargePointReports.record({ ...each, receivedAt: at(10) });
  const { items } = await chargePointReports.list({ chargePoint }, { limit: 9 });
  assertEquals(items, all.map((each) => ({ ...each, receivedAt: at(10) })).toReversed());
});
