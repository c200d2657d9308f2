import { assertEquals } from "@std/assert";
import { objectionTo } from "../../ocpp/operator_rules.ts";
import type { FromCentralSystem } from "../../ocpp/registry.ts";

const target = { securityProfile: 2 };

function objection(action: FromCentralSystem, request: object): string | undefined {
  const found = objectionTo(action, request, target);
  return found && `${found.kind} ${found.pointer}`;
}

Deno.test("an AuthorizationKey is 16 to 20 bytes in hex", () => {
  const set = (value: string) => objection("ChangeConfiguration", { key: "authorizationkey", value });
  for (const value of ["short", "a".repeat(33), "a5".repeat(21), "g0".repeat(16), ""]) {
    assertEquals(set(value), "invalid /value");
  }
  for (const value of ["a5".repeat(16), "A5".repeat(20)]) assertEquals(set(value), undefined);
});

Deno.test("a lower security profile is refused; the charge point decides on any other value", () => {
  const set = (key: string, value: string) => objection("ChangeConfiguration", { key, value });
  for (const value of ["0", "1", "01"]) assertEquals(set("securityProfile", value), "conflict /value");
  for (const value of ["2", "3", "9", "", "one", "-1"]) assertEquals(set("SecurityProfile", value), undefined);
  assertEquals(set("HeartbeatInterval", "1"), undefined);
});

Deno.test("a URL with a scheme that is no file transfer is refused", () => {
  const bad = ["file:///etc/passwd", "gopher://host/", "javascript:1", "//host/x", "host", ""];
  const good = ["ftp://u:p@host/x", "FTPS://host", "sftp://host/", "http://host:80/x?y#z", "https://[::1]/x"];
  const requests: [FromCentralSystem, string, (location: string) => object][] = [
    ["UpdateFirmware", "/location", (location) => ({ location })],
    ["GetDiagnostics", "/location", (location) => ({ location })],
    ["SignedUpdateFirmware", "/firmware/location", (location) => ({ firmware: { location } })],
    ["GetLog", "/log/remoteLocation", (remoteLocation) => ({ log: { remoteLocation } })],
  ];
  for (const [action, pointer, request] of requests) {
    for (const location of bad) assertEquals(objection(action, request(location)), `invalid ${pointer}`, location);
    for (const location of good) assertEquals(objection(action, request(location)), undefined, location);
  }
});

Deno.test("every other request is sent", () => {
  assertEquals(objection("RemoteStopTransaction", { transactionId: -1 }), undefined);
  assertEquals(objection("Reset", { type: "Hard" }), undefined);
});
