import { assertEquals } from "@std/assert";
import * as actions from "../../../ocpp/actions.ts";
import { isFailed, rankOf } from "../../../ocpp/firmware_management/firmware_update.ts";

Deno.test("the statuses of a usual update rise", () => {
  const plain = ["Downloading", "Downloaded", "Installing", "Installed"];
  const signed = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"];
  for (const course of [plain, signed]) {
    const ranks = course.map((status) => rankOf(status)!);
    assertEquals(ranks.toSorted((a, b) => a - b), ranks);
  }
});

Deno.test("every status of both notifications has a rank of its own, but Idle, which says nothing of an update", () => {
  // What the schemas of the two actions allow, read off them.
  const words = [actions.FirmwareStatusNotification, actions.SignedFirmwareStatusNotification].flatMap(({ request }) =>
    (request.shape.status as unknown as { options: string[] }).options
  );
  const ranks = [...new Set(words)].filter((word) => word !== "Idle").map(rankOf);
  assertEquals(ranks.includes(undefined), false);
  assertEquals(new Set(ranks).size, ranks.length);
  assertEquals([rankOf("Idle"), rankOf("Exploded"), rankOf("constructor")], [undefined, undefined, undefined]);
});

Deno.test("a failure outranks what led to it, and Installed every failure", () => {
  const failures = [
    ...new Set(["DownloadFailed", "InstallationFailed", "InvalidSignature", "InstallVerificationFailed"]),
  ];
  for (const failure of failures) {
    assertEquals(isFailed(failure), true);
    assertEquals(rankOf("Installing")! < rankOf(failure)! && rankOf(failure)! < rankOf("Installed")!, true);
  }
  assertEquals([isFailed("Installed"), isFailed("Downloading"), isFailed(null)], [false, false, false]);
});
