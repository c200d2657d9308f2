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
        await until("its own entry arrives", () => statusOf(tags.valid) === "Accepted");
        await operator.put(`/v1/id-tags/${tags.valid}`, { status: "Blocked" });
        await until("the blocked idTag arrives", () => statusOf(tags.valid) === "Blocked");
        await operator.put(`/v1/local-lists/${site}`, { label: `site=${site}`, entries: [{ idTag: tags.second }] });
        await operator.request("PATCH", `/v1/charge-points/${identity}`, { labels: { site } });
        await until("the shared entry arrives with the label", () => statusOf(tags.second) === "Accepted");
        await operator.request("DELETE", `/v1/local-lists/${site}`);
        await until("it goes with the list", () => localList.size === 1);
        await operator.until(path, ({ state }) => state === "inSync");
        assertEquals(
          chargePoint.received.map(({ action }) => action).filter((action) => action !== "SendLocalList"),
          [],
        );
      }
      // Gone for the Central System, too: what is sent into a connection that ends is in doubt, and mended after a pause.
      await operator.until(`/v1/charge-points/${identity}`, ({ connection }) => !connection.connected);
      await operator.put(path, { entries: [{ idTag: tags.valid }, { idTag: tags.second }] });
      await central.restart();
      await using back = simulateChargePoint({ url: central.ocppUrl, identity, stateDir });
      await within(back.boot(), "the boot after the restart");
      await eventually(
        "what was edited meanwhile arrives",
        () => Promise.resolve(back.device.localList.size === 2 || undefined),
      );
      await operator.until(path, ({ state }) => state === "inSync");
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
);
