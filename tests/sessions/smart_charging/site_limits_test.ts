import { assertEquals, assertStringIncludes } from "@std/assert";
import { suite } from "../../conformance/suite.ts";
import { eventually } from "../../conformance/within.ts";

const test = suite({ preset: "standard" });

test(
  "a site's limit, from the API to the charge point: fail-safe, share, allocation, and clearing at the end",
  async (tool, central) => {
    const { identity } = tool.cp;
    await tool.booted();
    const site = {
      name: "Harbour",
      timeZone: "Europe/Berlin",
      limit: { value: 20, unit: "A", phases: 3 },
      chargePoints: [identity],
      mode: "on",
    };
    const { body: { id } } = await central.api("POST", "/v1/sites", site);
    const failSafe = await tool.cp.expect("SetChargingProfile");
    assertEquals(failSafe, {
      connectorId: 0,
      csChargingProfiles: {
        chargingProfileId: 2_000_000_000,
        stackLevel: 8,
        chargingProfilePurpose: "TxDefaultProfile",
        chargingProfileKind: "Relative",
        chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 0 }] },
      },
    });
    tool.cp.confirm({ status: "Accepted" });

    const transactionId = await tool.startAccepted();
    const share = await tool.cp.expect("SetChargingProfile");
    assertEquals(share, {
      connectorId: 1,
      csChargingProfiles: {
        chargingProfileId: 2_000_000_001,
        transactionId,
        stackLevel: 8,
        chargingProfilePurpose: "TxProfile",
        chargingProfileKind: "Relative",
        chargingSchedule: { chargingRateUnit: "A", chargingSchedulePeriod: [{ startPeriod: 0, limit: 20 }] },
      },
    });
    tool.cp.confirm({ status: "Accepted" });

    const allocation = async () => (await central.api("GET", `/v1/sites/${id}/allocation`)).body;
    const shown = await eventually("the share is confirmed", async () => {
      const found = await allocation();
      return found.chargePoints[0].connectors[0].confirmed === 20 ? found : undefined;
    });
    assertEquals([shown.limit, shown.counted, shown.warnings], [[20, 20, 20], [20, 20, 20], []]);
    const { connectors: [first, second], state, explanation } = shown.chargePoints[0];
    assertEquals([state, first.transactionId, first.target, first.reason], ["limited", transactionId, 20, "share"]);
    assertStringIncludes(explanation, "Its fail-safe of 0 A is installed");
    assertStringIncludes(second.explanation, "No transaction");

    const installed = await central.api("GET", `/v1/charge-points/${identity}/charging-profiles`);
    assertEquals(installed.status, 200);
    assertStringIncludes(JSON.stringify(installed.body), "2000000001");

    await central.api("PUT", `/v1/sites/${id}`, { ...site, mode: "off" });
    for (const chargingProfileId of [2_000_000_001, 2_000_000_000]) {
      assertEquals(await tool.cp.expect("ClearChargingProfile"), { id: chargingProfileId });
      tool.cp.confirm({ status: "Accepted" });
    }
    const cleared = await eventually("the charge point is cleared", async () => {
      const [member] = (await allocation()).chargePoints;
      return member.state === "cleared" ? member : undefined;
    });
    assertEquals(cleared.explanation, "The site's mode is off; the charging profiles have been cleared.");
  },
);
