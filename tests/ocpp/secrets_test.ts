import { assert, assertEquals, assertFalse } from "@std/assert";
import { isHexKey, isSecretKey, MASK, maskSecrets } from "../../ocpp/secrets.ts";

Deno.test("the AuthorizationKey is masked at every place of a payload, without regard to case", () => {
  const request = { key: "authorizationKEY", value: "secret" };
  assertEquals(maskSecrets(request), { key: "authorizationKEY", value: MASK });
  const confirmation = {
    configurationKey: [{ key: "AuthorizationKey", readonly: false, value: "x" }, { key: "B", value: "y" }],
  };
  assertEquals(maskSecrets(confirmation), {
    configurationKey: [{ key: "AuthorizationKey", readonly: false, value: MASK }, { key: "B", value: "y" }],
  });
  assertEquals(request.value, "secret", "the original is not changed");
  assertEquals(maskSecrets([{ authorizationkey: "secret", B: "y" }]), [{ authorizationkey: MASK, B: "y" }]);
});

Deno.test("passwords in URLs are masked, other text is not changed", () => {
  assertEquals(maskSecrets({ location: "ftp://user:pw@host/a?b=c@d" }), {
    location: `ftp://user:${MASK}@host/a?b=c@d`,
  });
  assertEquals(maskSecrets("ftps://user:p@ss@host"), `ftps://user:${MASK}@host`);
  for (const plain of ["https://host:8080/a@b:c", "user:pw@host", "ftp://user@host/", "", 1, null, true]) {
    assertEquals(maskSecrets(plain), plain);
  }
});

Deno.test("a payload that is nested without end is cut", () => {
  let nested: unknown = "deep";
  for (let depth = 0; depth < 10_000; depth++) nested = [nested];
  assert(JSON.stringify(maskSecrets(nested)).includes("…"));
});

Deno.test("a payload with a depth of up to 32 is shown whole", () => {
  const nested = (times: number) => {
    let value: unknown = 1;
    for (let depth = 0; depth < times; depth++) value = [value];
    return JSON.stringify(maskSecrets(value));
  };
  assertEquals(nested(32), `${"[".repeat(32)}1${"]".repeat(32)}`);
  assertEquals(nested(33), `${"[".repeat(32)}"…"${"]".repeat(32)}`);
});

Deno.test("an AuthorizationKey in hex has 16 to 20 bytes", () => {
  for (const length of [16, 17, 20]) assert(isHexKey("a5".repeat(length)));
  for (const text of ["a5".repeat(15), "a5".repeat(21), "a".repeat(33), "g0".repeat(16), ""]) {
    assertFalse(isHexKey(text));
  }
  assert(isSecretKey("AUTHORIZATIONKEY"));
  assertFalse(isSecretKey("AuthorizationKeys"));
});
