import { assertEquals } from "@std/assert";
import {
  basicCredentials,
  identityFromTarget,
  isEndpoint,
  isIdentity,
  offersSubprotocol,
  originFromHost,
} from "../../ocpp/handshake.ts";

const basic = (text: string) => `Basic ${btoa(text)}`;

/** The credentials as text: the passwords of these tests are ASCII. */
function read(header: string | undefined, identity: string): [user: string, password: string] | undefined {
  const found = basicCredentials(header, identity);
  return found && [found.user, new TextDecoder().decode(found.password)];
}

const credentials: readonly [why: string, sent: string, identity: string, user: string, password: string][] = [
  ["the usual", "CP:secret", "CP", "CP", "secret"],
  ["a password with a colon", "CP:a:b", "CP", "CP", "a:b"],
  ["a password that starts with the identity", "CP:CP:secret", "CP", "CP", "CP:secret"],
  ["a password that is the identity", "CP:CP", "CP", "CP", "CP"],
  ["an identity with a colon", "CP:1:secret", "CP:1", "CP:1", "secret"],
  ["an identity with a colon, and a password that starts with it", "CP:1:CP:1:x", "CP:1", "CP:1", "CP:1:x"],
  ["another user", "CP2:secret", "CP", "CP2", "secret"],
  ["another user whose password starts with the identity", "X:CP:secret", "CP", "X", "CP:secret"],
  ["a user that only begins like the identity", "CP:secret", "CP:1", "CP", "secret"],
  ["no user", ":secret", "CP", "", "secret"],
  ["no password", "CP:", "CP", "CP", ""],
];
for (const [why, sent, identity, user, password] of credentials) {
  Deno.test(`Basic credentials are read: ${why}`, () => {
    assertEquals(read(basic(sent), identity), [user, password]);
  });
}

Deno.test("a header that is not well-formed Basic gives no credentials", () => {
  const bad = [undefined, "", "Basic", "Basic ", "Basic !!!", "Basic A", basic("no colon"), `Bearer ${btoa("CP:x")}`];
  for (const header of bad) assertEquals(basicCredentials(header, "CP"), undefined, String(header));
});

Deno.test("the scheme is read without regard to case, and blanks around the credentials are ignored", () => {
  assertEquals(read(`bAsIc   ${btoa("CP:x")}  `, "CP"), ["CP", "x"]);
});

Deno.test("the bytes of a password are not changed", () => {
  const found = basicCredentials(`Basic ${btoa("CP:\x00\xff\x80")}`, "CP");
  assertEquals(found?.password, new Uint8Array([0x00, 0xff, 0x80]));
});

Deno.test("an identity has 1 to 48 of the allowed characters", () => {
  for (const good of ["A", "A".repeat(48), "az09 ._:@+*=~-"]) assertEquals(isIdentity(good), true, good);
  for (const bad of ["", "A".repeat(49), "a/b", "a%b", "a\n", "ä", "a?b", "a#b"]) {
    assertEquals(isIdentity(bad), false, bad);
  }
});

Deno.test("the endpoint is /ocpp and every path below it", () => {
  for (const target of ["/ocpp", "/ocpp/", "/ocpp/CP", "/ocpp?x", "/ocpp#x", "/ocpp/a/b?c"]) {
    assertEquals(isEndpoint(target), true, target);
  }
  for (const target of ["/", "", "/ocp", "/ocppx", "/v1/ocpp", "/x?/ocpp"]) {
    assertEquals(isEndpoint(target), false, target);
  }
});

const targets: readonly [target: string, read: string][] = [
  ["/ocpp/CP", "CP"],
  ["/ocpp/CP/", "CP"],
  ["/ocpp/CP?a=/b", "CP"],
  ["/ocpp/RDAM%20123", "RDAM 123"],
  [`/ocpp/${"A".repeat(48)}`, "A".repeat(48)],
  ["/v1/CP", "notAnEndpoint"],
  ["/ocpp", "noIdentity"],
  ["/ocpp/", "noIdentity"],
  ["/ocpp/?CP", "noIdentity"],
  ["/ocpp/a/b", "tooManySegments"],
  ["/ocpp/CP//", "tooManySegments"],
  ["/ocpp/a%2fb", "badCharacters"],
  ["/ocpp/%ff", "badCharacters"],
  [`/ocpp/${"A".repeat(49)}`, "badCharacters"],
];
for (const [target, expected] of targets) {
  Deno.test(`the identity in ${target}: ${expected}`, () => {
    const reading = identityFromTarget(target);
    assertEquals(reading.ok ? reading.identity : reading.problem, expected);
  });
}

Deno.test("the subprotocol is found among the offered ones, with regard to case", () => {
  for (const offer of ["ocpp1.6", "ocpp2.0.1, ocpp1.6", "ocpp1.6,ocpp1.5", " ocpp1.6 "]) {
    assertEquals(offersSubprotocol(offer), true, offer);
  }
  for (const offer of [undefined, "", "OCPP1.6", "ocpp1.60", "ocpp1.5"]) {
    assertEquals(offersSubprotocol(offer), false, String(offer));
  }
});

Deno.test("the origin comes from a valid Host header", () => {
  assertEquals(originFromHost("example.com", true), "https://example.com");
  assertEquals(originFromHost("example.com:8080", false), "http://example.com:8080");
  assertEquals(originFromHost("[::1]:9000", false), "http://[::1]:9000");
  assertEquals(originFromHost("[::]", false), "http://[::]");
  assertEquals(originFromHost(`[${"f".repeat(45)}]`, false), `http://[${"f".repeat(45)}]`);
  assertEquals(originFromHost("9.8.7.6:59", false), "http://9.8.7.6:59");
  assertEquals(originFromHost("[2345:6789::ef]", false), "http://[2345:6789::ef]");
  assertEquals(originFromHost("a".repeat(254), false), `http://${"a".repeat(254)}`);
  const bad = [
    undefined,
    "",
    "a b",
    "a/b",
    "user@host",
    "-a",
    "[x]",
    "[:]",
    "host:123456",
    "host:",
    "a".repeat(255),
    `[${"f".repeat(46)}]`,
  ];
  for (const host of bad) assertEquals(originFromHost(host, true), undefined, String(host));
});
