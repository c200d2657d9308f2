import { assertEquals } from "@std/assert";
import { suite } from "../../conformance/suite.ts";
import { eventually, within } from "../../conformance/within.ts";
import { simulateChargePoint } from "../../simulator/charge_point.ts";

const test = suite({ localLists: "automatic" });

test(
  "automatic lists follow every edit: entries, idTags, labels, shared lists, and a restart in between",
  async (tool, central) => {
    const { operator, tags, cp: { identity } } = tool;
    const path = `/v1/charge-points/${identity}/local-list`;
    const site = `site-${identity}`;
    const stateDir = await Deno.makeTempDir();
    try {
      {
        await using chargePoint = simulateChargePoint({ url: central.ocppUrl, identity, stateDir });
        await within(chargePoint.boot(), "the boot");
        const { localList } = chargePoint.device;
        const statusOf = (idTag: string) => localList.find(idTag)?.status;
        const until = (what: string, holds: () => boolean) =>
          eventually(what, () => Promise.resolve(holds() || undefined));

        await operator.put(path, { entries: [{ idTag: tags.valid }] });
        await until("the charge point's own entry has arrived", () => statusOf(tags.valid) === "Accepted");
        await operator.put(`/v1/id-tags/${tags.valid}`, { status: "Blocked" });
        await until("the blocked idTag has arrived", () => statusOf(tags.valid) === "Blocked");
        await operator.put(`/v1/local-lists/${site}`, { label: `site=${site}`, entries: [{ idTag: tags.second }] });
        await operator.request("PATCH", `/v1/charge-points/${identity}`, { labels: { site } });
        await until("the entry of the shared list has arrived", () => statusOf(tags.second) === "Accepted");
        await operator.request("DELETE", `/v1/local-lists/${site}`);
        await until("the entry of the removed list is gone", () => localList.size === 1);
        await operator.until(path, ({ state }) => state === "inSync");
        assertEquals(
          chargePoint.received.map(({ action }) => action).filter((action) => action !== "SendLocalList"),
          [],
        );
      }
      // Waits until the Central System has noticed the disconnection: else it would send into the ending connection and repair that only later.
      await operator.until(`/v1/charge-points/${identity}`, ({ connection }) => !connection.connected);
      await operator.put(path, { entries: [{ idTag: tags.valid }, { idTag: tags.second }] });
      await central.restart();
      await using back = simulateChargePoint({ url: central.ocppUrl, identity, stateDir });
      await within(back.boot(), "the boot after the restart");
      await eventually(
        "the entries that were edited meanwhile have arrived",
        () => Promise.resolve(back.device.localList.size === 2 || undefined),
      );
      await operator.until(path, ({ state }) => state === "inSync");
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
);
