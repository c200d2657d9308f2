import { generateKeyPairSync } from "node:crypto";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CERTIFICATE } from "../../sessions/firmware_management/ftp_connections.ts";
import { helpText, readSettings, SETTINGS, type Settings, settingsWith } from "../../../actors/settings/settings.ts";

/** The settings from an environment without mistakes. */
function read(environment: Record<string, string>): Settings {
  const answer = readSettings(environment);
  assert(answer.ok, answer.ok ? "" : answer.mistakes.join("\n"));
  return answer.settings;
}

/** The mistakes in an environment. */
function mistakes(environment: Record<string, string>): string[] {
  const answer = readSettings(environment);
  return answer.ok ? [] : answer.mistakes;
}

Deno.test("an empty environment is valid, and an empty variable counts as unset", () => {
  const nothing = read({});
  assertEquals(nothing, settingsWith({}));
  assertEquals(read(Object.fromEntries(SETTINGS.map(({ variable }) => [variable, ""]))), nothing);
  assertEquals([nothing.port, nothing.host, nothing.apiPort, nothing.databaseUrl], [8080, "0.0.0.0", null, null]);
});

Deno.test("every default passes its own check and is in the help text", () => {
  for (const { variable, key, check, fallback, expected, meaning } of SETTINGS) {
    if (fallback !== null) assertEquals(check.parse(String(fallback)), fallback, variable);
    assertEquals(settingsWith({})[key], fallback, variable);
    for (const words of [variable, expected, meaning]) assertStringIncludes(helpText("1.2.3"), words);
  }
});

Deno.test("no variable and no setting is described twice", () => {
  assertEquals(new Set(SETTINGS.map(({ variable }) => variable)).size, SETTINGS.length);
  assertEquals(new Set(SETTINGS.map(({ key }) => key)).size, SETTINGS.length);
});

Deno.test("all mistakes are reported at once, each with its variable and the expected value", () => {
  const said = mistakes({ PORT: "http", LOG_LEVEL: "loud", CHARGEHAND_CALL_TIMEOUT_SECONDS: "0", HOST: "127.0.0.1" });
  assertEquals(said, [
    'PORT: "http" is not what is expected: a port number, 0 for any free one',
    'LOG_LEVEL: "loud" is not what is expected: debug, info, warn, error',
    'CHARGEHAND_CALL_TIMEOUT_SECONDS: "0" is not what is expected: 1 to 600',
  ]);
});

Deno.test("numbers are decimal integers within their limits", () => {
  assertEquals(read({ PORT: "0" }).port, 0);
  assertEquals(read({ PORT: "65535" }).port, 65_535);
  for (const wrong of ["65536", "-1", "80.5", "8e3", "0x50", " 80", "80 ", "٨٠", "99999999999999999999"]) {
    assertEquals(mistakes({ PORT: wrong }).length, 1, wrong);
  }
});

Deno.test("the limits in the texts are the limits of the checks", () => {
  const limited = SETTINGS.flatMap(({ variable, expected }) => {
    const said = /^(\d+) to (\d+)/.exec(expected) ??
      (expected.startsWith("a port number") ? ["", expected.includes("0 for any") ? "0" : "1", "65535"] : undefined);
    return said ? [{ variable, least: Number(said[1]), most: Number(said[2]) }] : [];
  });
  assert(limited.length > 20);
  for (const { variable, least, most } of limited) {
    const refused = [least - 1, least, most, most + 1].map((value) =>
      mistakes({ [variable]: String(value) }).some((line) => line.startsWith(`${variable}: "`))
    );
    assertEquals(refused, [true, false, false, true], variable);
  }
});

Deno.test("invalid secrets are not repeated in the report", () => {
  const said = mistakes({ CHARGEHAND_ADMIN_KEY: "too short", DATABASE_URL: "mysql://root:sesame@host/db" });
  assertEquals(said.length, 2);
  for (const line of said) assert(!line.includes("short") && !line.includes("sesame"), line);
});

Deno.test("an admin key has at least 16 characters and no white space", () => {
  const key = "0123456789abcdef";
  assertEquals(read({ CHARGEHAND_ADMIN_KEY: key }).adminKey, key);
  for (const wrong of [key.slice(1), `${key} x`, `${key}\n`]) {
    assertEquals(mistakes({ CHARGEHAND_ADMIN_KEY: wrong }).length, 1);
  }
});

Deno.test("the certification preset changes defaults; variables that are set override it", () => {
  const preset = { CHARGEHAND_PRESET: "certification" };
  const { callTimeoutSeconds, heartbeatIntervalSeconds } = read(preset);
  assertEquals([callTimeoutSeconds, heartbeatIntervalSeconds], [4, 10]);
  assertEquals(read({ ...preset, CHARGEHAND_CALL_TIMEOUT_SECONDS: "30" }).callTimeoutSeconds, 30);
});

Deno.test("the FTP server's certificate and key must match, and are checked before the start", () => {
  const { ftpCertificate: certificate, ftpKey: key } = CERTIFICATE;
  const tls = (CHARGEHAND_FTP_CERTIFICATE: string, CHARGEHAND_FTP_KEY: string) =>
    mistakes({ CHARGEHAND_FTP_CERTIFICATE, CHARGEHAND_FTP_KEY, CHARGEHAND_FTP_PORT: "2121", PORT: "http" });
  assertEquals(tls(certificate, key).length, 1, "the port");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const otherKey = Deno.makeTempFileSync({ prefix: "chargehand-test-" });
  Deno.writeTextFileSync(otherKey, String(privateKey.export({ type: "pkcs8", format: "pem" })));
  const wrong: [string, string, ...RegExp[]][] = [
    [certificate, "", /^CHARGEHAND_FTP_KEY: is expected together with CHARGEHAND_FTP_CERTIFICATE; set both, or none/],
    ["", key, /^CHARGEHAND_FTP_CERTIFICATE: is expected together with CHARGEHAND_FTP_KEY; set both, or none/],
    [
      key,
      "/nowhere/key.pem",
      /^CHARGEHAND_FTP_CERTIFICATE: ".*" is not .* a readable PEM/,
      /^CHARGEHAND_FTP_KEY: .*os err/,
    ],
    [certificate, certificate, /^CHARGEHAND_FTP_KEY: ".*" is not .* a private key without a passphrase/],
    [certificate, otherKey, /^CHARGEHAND_FTP_KEY: ".*" is not .* the key of CHARGEHAND_FTP_CERTIFICATE/],
  ];
  for (const [certificate, key, ...expected] of wrong) {
    const [port, ...said] = tls(certificate, key);
    assertMatch(port!, /^PORT: /);
    assertEquals(said.length, expected.length);
    expected.forEach((pattern, at) => assertMatch(said[at]!, pattern));
  }
  assertMatch(
    mistakes({ CHARGEHAND_FTP_CERTIFICATE: certificate, CHARGEHAND_FTP_KEY: key })[0]!,
    /^CHARGEHAND_FTP_CERTIFICATE: the FTP server is off; set CHARGEHAND_FTPS_PORT or/,
  );
  assertMatch(
    mistakes({ CHARGEHAND_FTPS_PORT: "990" })[0]!,
    /^CHARGEHAND_FTPS_PORT: TLS .*; set CHARGEHAND_FTP_CERTIF/,
  );
});
