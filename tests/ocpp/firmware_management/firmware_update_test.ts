import { assertEquals } from "@std/assert";
import * as actions from "../../../ocpp/actions.ts";
import { isFailed, rankOf } from "../../../ocpp/firmware_management/firmware_update.ts";

Deno.test("the ranks of the statuses of a successful update are ascending", () => {
  const plain = ["Downloading", "Downloaded", "Installing", "Installed"];
  const signed = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"];
  for (const course of [plain, signed]) {
    const ranks = course.map((status) => rankOf(status)!);
    assertEquals(ranks.toSorted((a, b) => a - b), ranks);
  }
});

Deno.test("every status of both notifications except Idle has a unique rank", () => {
  // The statuses come from the schemas of the two actions.
  const words = [actions.FirmwareStatusNotification, actions.SignedFirmwareStatusNotification].flatMap(({ request }) =>
    (request.shape.status as unknown as { options: string[] }).options
  );
  const ranks = [...new Set(words)].filter((word) => word !== "Idle").map(rankOf);
  assertEquals(ranks.includes(undefined), false);
  assertEquals(new Set(ranks).size, ranks.length);
  assertEquals([rankOf("Idle"), rankOf("Exploded"), rankOf("constructor")], [undefined, undefined, undefined]);
});

Deno.test("a failure ranks above the statuses before it, and Installed above every failure", () => {
  const failures = [
    ...new Set(["DownloadFailed", "InstallationFailed", "InvalidSignature", "InstallVerificationFailed"]),
  ];
  for (const failure of failures) {
    assertEquals(isFailed(failure), true);
    assertEquals(rankOf("Installing")! < rankOf(failure)! && rankOf(failure)! < rankOf("Installed")!, true);
  }
  assertEquals([isFailed("Installed"), isFailed("Downloading"), isFailed(null)], [false, false, false]);
});
