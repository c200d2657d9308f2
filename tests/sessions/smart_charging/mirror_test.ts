/** The Central System's record of installed charging profiles, tested over real sockets with right, missing and late answers. */
import { assertEquals } from "@std/assert";
import { absoluteProfile, profilesOf } from "../../conformance/charging_profiles.ts";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import type { Payload } from "../../conformance/wire.ts";
import { eventually } from "../../conformance/within.ts";

const test = suite({ callTimeoutSeconds: 1, preset: "standard" });

function profile(chargingProfileId: number, given: Payload = {}): Payload {
  return absoluteProfile("TxDefaultProfile", { chargingProfileId, ...given });
}

function setting(chargingProfileId: number, given: Payload = {}, connectorId = 1): Payload {
  return { connectorId, csChargingProfiles: profile(chargingProfileId, given) };
}

interface Entry {
  readonly commandId: string;
  readonly profile: { readonly chargingProfileId: number };
  readonly inDoubt: boolean;
  readonly doubtedBy: string[];
  readonly doubtedAt: string | null;
}

async function entries({ operator, cp }: Pick<Tool, "operator" | "cp">): Promise<Entry[]> {
  return (await operator.get(profilesOf(cp))).items;
}

/** The recorded chargingProfileIds, the newest first; a question mark follows each one in doubt. */
async function known(tool: Tool): Promise<string[]> {
  return (await entries(tool)).map(({ profile, inDoubt }) => `${profile.chargingProfileId}${inDoubt ? "?" : ""}`);
}

/** Gives a command and calls `end` when the charge point has received it; returns the ended command. */
async function commandEnding(
  tool: Tool,
  action: string,
  request: Payload,
  end: () => Promise<void> | void,
): Promise<Payload> {
  const answered = tool.operator.start(tool.cp.identity, action, request);
  await tool.cp.expect(action);
  await end();
  return (await answered).body;
}

test("a profile in flight is in doubt until it is accepted", async (tool) => {
  await tool.booted();
  await tool.command("SetChargingProfile", setting(1), { status: "Accepted" });
  await commandEnding(tool, "SetChargingProfile", setting(2), async () => {
    assertEquals(await known(tool), ["2?", "1?"]);
    tool.cp.confirm({ status: "Accepted" });
  });
  assertEquals(await known(tool), ["2"]);
});

test("Rejected, NotSupported or a CALLERROR mean that the profile is not installed", async (tool) => {
  await tool.booted();
  await tool.command("SetChargingProfile", setting(1), { status: "Accepted" });
  for (const status of ["Rejected", "NotSupported"]) {
    await tool.command("SetChargingProfile", setting(2), { status });
    assertEquals(await known(tool), ["1"]);
  }
  for (const [action, request] of [["SetChargingProfile", setting(2)], ["ClearChargingProfile", {}]] as const) {
    const { state } = await commandEnding(tool, action, request, () => tool.cp.refuse("NotSupported"));
    assertEquals([state, await known(tool)], ["callError", ["1"]]);
  }
});

test("a profile without an answer is in doubt, which is an event, until the next command", async (tool) => {
  await tool.booted();
  await tool.command("SetChargingProfile", setting(1), { status: "Accepted" });
  const { cp, operator } = tool;
  const answered = operator.start(cp.identity, "SetChargingProfile", setting(2));
  const { id: messageId } = await cp.expectCall("SetChargingProfile");
  assertEquals((await answered).body.state, "timedOut");
  await operator.until(profilesOf(cp), ({ items }) => items.every(({ doubtedAt }: Entry) => doubtedAt !== null));
  await eventually("there are events for both doubts", async () => {
    const path = `/v1/events?chargePoint=${cp.identity}&type=chargingProfile.doubted`;
    const { items } = (await operator.request("GET", path, undefined, { Accept: "application/json" })).body;
    return items.length === 2 ? items : undefined;
  });
  await tool.command("SetChargingProfile", setting(3), { status: "Accepted" });
  assertEquals(await known(tool), ["3"]);
  cp.wire.send(3, messageId, { status: "Accepted" });
  await cp.assertNothingSent();
  assertEquals(await known(tool), ["3"], "the later confirmation takes precedence over the late answer");
});

test("each late answer ends the doubt", async (tool) => {
  await tool.booted();
  const { cp, operator } = tool;
  const late = async (action: string, request: Payload, answer: () => void, installed: readonly string[]) => {
    const answered = operator.start(cp.identity, action, request);
    await cp.expect(action);
    assertEquals((await answered).body.state, "timedOut");
    assertEquals((await entries(tool)).every(({ inDoubt }) => inDoubt), true);
    answer();
    await eventually(`the record has the profiles [${installed}]`, async () => {
      const found = await known(tool);
      return found.join() === installed.join() ? found : undefined;
    });
  };
  await late("SetChargingProfile", setting(1), () => cp.confirm({ status: "Accepted" }), ["1"]);
  await late("SetChargingProfile", setting(2), () => cp.refuse("InternalError"), ["1"]);
  await late("ClearChargingProfile", {}, () => cp.confirm({ status: "Accepted" }), []);
});

test("an invalid answer leaves the profile in doubt", async (tool) => {
  await tool.booted();
  const { cp } = tool;
  const answered = tool.operator.start(cp.identity, "SetChargingProfile", setting(1));
  const { id } = await cp.expectCall("SetChargingProfile");
  cp.wire.send(3, id, { status: "Yes" });
  assertEquals((await answered).body.state, "invalidAnswer");
  assertEquals(await known(tool), ["1?"]);
});

test("a lost connection leaves the profile in doubt; reboots and restarts change nothing", async (tool, central) => {
  await tool.booted();
  await tool.command("SetChargingProfile", setting(1), { status: "Accepted" });
  const ended = await commandEnding(tool, "SetChargingProfile", setting(2, { stackLevel: 1 }), async () => {
    await tool.cp.disconnect("cut");
  });
  assertEquals(ended.state, "connectionLost");
  assertEquals(await known(tool), ["2?", "1"]);
  await tool.boot();
  await tool.allAvailable();
  assertEquals(await known(tool), ["2?", "1"]);
  await tool.cp.disconnect();
  await central.restart();
  assertEquals(await known(tool), ["2?", "1"]);
});

test("repeated attempts without an answer are one doubt", async (tool) => {
  await tool.booted();
  await tool.command("SetChargingProfile", setting(1), { status: "Accepted" });
  for (let i = 0; i < 3; i++) {
    await commandEnding(tool, "SetChargingProfile", setting(2), async () => {
      await tool.cp.disconnect("cut");
    });
    await tool.boot();
    await tool.allAvailable();
  }
  await eventually("each profile is doubted by one command", async () => {
    const found = await entries(tool);
    return found.length === 2 && found.every(({ doubtedBy }) => doubtedBy.length === 1) ? found : undefined;
  });
  await tool.command("SetChargingProfile", setting(3), { status: "Accepted" });
  assertEquals(await known(tool), ["3"]);
});

test("Unknown removes the profile from the record; a clear without an answer puts its profiles in doubt", async (tool) => {
  await tool.booted();
  for (const id of [1, 2, 3]) {
    await tool.command("SetChargingProfile", setting(id, { stackLevel: id }), { status: "Accepted" });
  }
  const { state } = await commandEnding(tool, "ClearChargingProfile", { stackLevel: 3 }, () => {});
  assertEquals([state, await known(tool)], ["timedOut", ["3?", "2", "1"]]);
  await tool.command("ClearChargingProfile", { id: 2 }, { status: "Unknown" });
  assertEquals(await known(tool), ["3?", "1"]);
  await tool.command("ClearChargingProfile", {}, { status: "Accepted" });
  assertEquals(await known(tool), []);
});

test("a refused remote start records no profile, one without an answer a profile in doubt", async (tool) => {
  await tool.booted();
  const request = { idTag: tool.tags.valid, connectorId: 1, chargingProfile: absoluteProfile("TxProfile") };
  await tool.command("RemoteStartTransaction", request, { status: "Rejected" });
  assertEquals(await known(tool), []);
  await commandEnding(tool, "RemoteStartTransaction", request, () => {});
  assertEquals(await known(tool), ["1?"]);
  const transactionId = await tool.startAccepted();
  await tool.operator.until(profilesOf(tool.cp), ({ items }) => items[0]?.transactionId === transactionId);
  assertEquals(await known(tool), ["1?"], "the doubt must stay, because another start may have begun the transaction");
  await tool.stop(transactionId, "Local");
  assertEquals(await known(tool), []);
});

test("a start before the confirmation of its remote start gets the profile", async (tool) => {
  await tool.booted();
  const request = { idTag: tool.tags.valid, connectorId: 1, chargingProfile: absoluteProfile("TxProfile") };
  let transactionId = 0;
  await commandEnding(tool, "RemoteStartTransaction", request, async () => {
    transactionId = await tool.startAccepted();
    tool.cp.confirm({ status: "Accepted" });
  });
  const { items } = await tool.operator.until(
    profilesOf(tool.cp),
    ({ items }) => items[0]?.state === "installed" && !items[0].inDoubt,
  );
  assertEquals(items[0].transactionId, transactionId);
});
