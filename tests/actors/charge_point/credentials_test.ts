import { assert, assertEquals, assertFalse, assertNotEquals } from "@std/assert";
import { hashPassword, makeKey, verifyPassword } from "../../../actors/charge_point/credentials.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The key of the specification's own example (OCPP-J 6.2.2). */
const EXAMPLE_KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF";

Deno.test("a key matches as raw bytes and as hex text in either case", async () => {
  const stored = await hashPassword(EXAMPLE_KEY);
  assert(await verifyPassword(Uint8Array.fromHex(EXAMPLE_KEY), stored));
  assert(await verifyPassword(bytes(EXAMPLE_KEY), stored));
  assert(await verifyPassword(bytes(EXAMPLE_KEY.toLowerCase()), stored));
  assertFalse(await verifyPassword(bytes(EXAMPLE_KEY.slice(2)), stored));
  assertFalse(await verifyPassword(new Uint8Array(), stored));
});

Deno.test("a password that a person chose gets the slow hash, and its hex form matches too", async () => {
  const stored = await hashPassword("correct horse battery");
  assertEquals(stored.scheme, "scrypt");
  assert(await verifyPassword(bytes("correct horse battery"), stored));
  assert(await verifyPassword(bytes("correct horse battery"), stored), "the second time from the cache");
  assertFalse(await verifyPassword(bytes("Correct horse battery"), stored));
  const sixteen = await hashPassword("sixteen letters!");
  assert(await verifyPassword(bytes(bytes("sixteen letters!").toHex()), sixteen));
});

Deno.test("a hex password that is not random gets the slow hash", async () => {
  assertEquals((await hashPassword("00".repeat(20))).scheme, "scrypt");
  assertEquals((await hashPassword(makeKey().toHex())).scheme, "sha256");
});

Deno.test("the same password is never stored the same way twice", async () => {
  const [one, other] = await Promise.all([hashPassword(EXAMPLE_KEY), hashPassword(EXAMPLE_KEY)]);
  assertNotEquals(one.hash, other.hash);
  assertNotEquals(one.salt, other.salt);
});

Deno.test("a made key has 20 bytes", () => assertEquals(makeKey().length, 20));
