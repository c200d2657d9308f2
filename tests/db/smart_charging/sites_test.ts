import { assert, assertEquals } from "@std/assert";
import type { GrantOutcome, GrantRequest } from "../../../db/smart_charging/site_grants.ts";
import type { SiteFields } from "../../../db/smart_charging/sites.ts";
import type { Store } from "../../../db/store.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import type { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";
import { openTestStore } from "../../database.ts";
import { at, enqueue, fields, fresh, start, stop } from "../records.ts";

let store: Store;
Deno.test.beforeAll(async () => {
  store = await openTestStore();
});
Deno.test.afterAll(() => store.close());

function test(name: string, run: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn: run });
}

function siteFields(given: Partial<SiteFields> = {}): SiteFields {
  return {
    name: "Harbour",
    timeZone: "UTC",
    limit: { value: 40, unit: "A", phases: 3 },
    voltage: 230,
    failSafe: null,
    mode: "on",
    chargePoints: [],
    memberSettings: {},
    ...given,
  };
}

/** A site with one charge point. */
async function oneSite(given: Partial<SiteFields> = {}) {
  const chargePoint = fresh("CP");
  await store.chargePoints.put(chargePoint, fields({ labels: { "site-weight": "2" } }), at());
  const id = crypto.randomUUID();
  await store.sites.put(id, siteFields({ chargePoints: [chargePoint], ...given }), at());
  return { id, chargePoint };
}

function ask(chargePoint: string, given: Partial<GrantRequest> = {}): GrantRequest {
  return {
    chargePoint,
    connectorId: 0,
    transactionId: null,
    unit: "A",
    stackLevel: 8,
    asked: 6,
    commandId: crypto.randomUUID(),
    clearing: false,
    ...given,
  };
}

async function end(ask: GrantRequest, end: GrantOutcome["end"], retryAt: Date | null = null): Promise<void> {
  const { chargePoint, connectorId, commandId } = ask;
  const outcome = end === "accepted" ? null : end;
  await store.siteGrants.recordOutcomes([{ chargePoint, connectorId, commandId, end, outcome, retryAt }], at(1));
}

async function grantsOf(id: string) {
  return (await store.siteGrants.situation(id))!.grants;
}

/** Asks as the site is now. */
async function asking(id: string, ...asks: GrantRequest[]): Promise<boolean> {
  const { version } = (await store.sites.find(id))!;
  return await store.siteGrants.recordRequests({ id, version }, asks, at());
}

test("a site is stored with its charge points in their order, and an edit replaces all of it", async () => {
  const id = crypto.randomUUID();
  const [a, b, c] = [fresh("CP"), fresh("CP"), fresh("CP")];
  const first = siteFields({ chargePoints: [b!, a!], memberSettings: { [a!]: { weight: 2 } } });
  const made = await store.sites.put(id, first, at());
  assert("site" in made && made.created);
  assertEquals(await store.sites.find(id), { ...first, id, version: 1, createdAt: at(), updatedAt: at() });

  const second = siteFields({ name: "Pier", chargePoints: [c!, b!], mode: "off" });
  const edited = await store.sites.put(id, second, at(1));
  assert("site" in edited && !edited.created);
  assertEquals(edited.site, { ...second, id, version: 2, createdAt: at(), updatedAt: at(1) });
  const memberships = await store.sites.memberships();
  assertEquals([a!, b!, c!].map((one) => memberships.get(one)), [undefined, id, id]);
});

test("a charge point belongs to one site at most, and a put that is refused writes nothing", async () => {
  const { id, chargePoint } = await oneSite();
  const other = crypto.randomUUID();
  const refused = await store.sites.put(other, siteFields({ chargePoints: [fresh("CP"), chargePoint] }), at());
  assertEquals(refused, { taken: [{ chargePoint, site: id, name: "Harbour" }] });
  assertEquals(await store.sites.find(other), undefined);
});

test("of concurrent puts of sites with the same charge point, one succeeds", async () => {
  const chargePoint = fresh("CP");
  const puts = await Promise.all(
    [1, 2, 3].map(() => store.sites.put(crypto.randomUUID(), siteFields({ chargePoints: [chargePoint] }), at())),
  );
  assertEquals(puts.filter((put) => "site" in put).length, 1);
});

test("a situation has the reported data of a charge point, and its newest transaction on each connector", async () => {
  const { id, chargePoint } = await oneSite();
  const key = { key: "ChargeProfileMaxStackLevel", value: "5", readonly: true };
  await store.configurationKeys.record(chargePoint, [key], [], at());
  const report = {
    chargePoint,
    connectorId: 2,
    status: "Available",
    errorCode: "NoError",
    timestamp: null,
    receivedAt: at(),
  };
  await store.connectors.recordStatus(report);
  await store.transactions.recordStart(start({ chargePoint, connectorId: 1, timestamp: at(1) }));
  const newer = await store.transactions.recordStart(start({ chargePoint, connectorId: 1, timestamp: at(2) }));
  const ended = await store.transactions.recordStart(start({ chargePoint, connectorId: 2, timestamp: at(1) }));
  await store.transactions.recordStop(stop({ chargePoint, transactionId: ended.transactionId }));
  const situation = (await store.siteGrants.situation(id))!;
  assertEquals(situation.members, [{
    chargePoint,
    registration: "Accepted",
    labels: { "site-weight": "2" },
    highestConnector: 2,
    keys: { chargeprofilemaxstacklevel: "5" },
  }]);
  assertEquals(situation.running.map(({ transactionId }) => transactionId), [newer.transactionId]);
});

test("an unregistered charge point is in the situation, too", async () => {
  const { id, chargePoint } = await oneSite();
  await store.chargePoints.remove(chargePoint, at());
  const [member] = (await store.siteGrants.situation(id))!.members;
  assertEquals(member!.registration, null);
});

test("a grant is stored only for the version from which it was computed, and while the site is on", async () => {
  const { id, chargePoint } = await oneSite();
  const { version } = (await store.sites.find(id))!;
  assertEquals(await store.siteGrants.recordRequests({ id, version }, [ask(chargePoint)], at()), true);
  assertEquals(await store.siteGrants.recordRequests({ id, version }, [ask(chargePoint, { asked: 9 })], at()), false);
  assertEquals((await grantsOf(id)).map(({ asked }) => asked), [6]);
  await store.sites.put(id, siteFields({ chargePoints: [chargePoint], mode: "preview" }), at());
  assertEquals(await asking(id, ask(chargePoint)), false);
});

test("a requested limit is confirmed, or stays doubtful until another one is confirmed", async () => {
  const { id, chargePoint } = await oneSite();
  const asks = [20, 10, 12, 14, 6].map((asked) => ask(chargePoint, { asked }));
  const seen = [];
  for (const [i, how] of (["accepted", "unknown", "refused", "neverSent", "accepted"] as const).entries()) {
    assert(await asking(id, asks[i]!));
    await end(asks[i]!, how, how === "accepted" ? null : at(5));
    const [{ confirmed, doubtful, asked, failures, refusals, commandId }] = await grantsOf(id) as [never];
    assertEquals([asked, commandId], [null, null]);
    seen.push([confirmed, doubtful, failures, refusals]);
  }
  assertEquals(seen, [[20, null, 0, 0], [20, 10, 1, 0], [20, 12, 2, 1], [20, 12, 2, 1], [6, null, 0, 0]]);
});

test("a repeated outcome, or one of an older command, changes nothing", async () => {
  const { id, chargePoint } = await oneSite();
  const [older, newer] = [ask(chargePoint, { asked: 20 }), ask(chargePoint, { asked: 10 })];
  await asking(id, older);
  await end(older, "unknown");
  await asking(id, newer);
  await end(older, "accepted");
  const [{ confirmed, doubtful, asked }] = await grantsOf(id) as [never];
  assertEquals([confirmed, doubtful, asked], [null, 20, 10]);
});

test("the limit of a new transaction does not keep the state of the one before", async () => {
  const { id, chargePoint } = await oneSite();
  const first = ask(chargePoint, { connectorId: 1, transactionId: 1, asked: 16 });
  await asking(id, first);
  await end(first, "accepted");
  await asking(id, ask(chargePoint, { connectorId: 1, transactionId: 2, asked: 8 }));
  const [{ confirmed, asked, transactionId }] = await grantsOf(id) as [never];
  assertEquals([confirmed, asked, transactionId], [null, 8, 2]);
});

test("a limit that our own next command replaced is not lost, also before that command is settled", async () => {
  const { id, chargePoint } = await oneSite();
  const { csChargingProfiles: profile } = SetChargingProfile.example.request;
  const mirror = store.chargingProfiles;
  const send = ({ commandId }: { commandId: string }, sentAt: Date) =>
    mirror.expect({ commandId, chargePoint, connectorId: 0, profile: profile as ChargingProfile, sentAt });
  const command = await enqueue(store, { chargePoint, action: "SetChargingProfile", requestedBy: null });
  const [first, second] = [ask(chargePoint), ask(chargePoint, { asked: 9, commandId: command.id })];
  const foreign = async () => (await grantsOf(id))[0]!.foreign;
  await asking(id, first);
  await send(first, at(1));
  await mirror.accept(first, at(1));
  await end(first, "accepted");
  await asking(id, second);
  await send(second, at(2));
  assertEquals(await foreign(), null, "our own is under way");
  await mirror.accept(second, at(2));
  assertEquals(await foreign(), null, "the mirror has the acceptance, the command is not settled");
  await end(second, "accepted");
  assertEquals(await foreign(), null);
  const theirs = ask(chargePoint);
  await send(theirs, at(3));
  await mirror.accept(theirs, at(3));
  assertEquals(await foreign(), "ended");
  await asking(id, ask(chargePoint, { asked: 12 }));
  assertEquals(await foreign(), "ended", "what we ask for now did not do it");
});

test("limits of a charge point without a site that is on are cleared, once", async () => {
  const { id, chargePoint } = await oneSite();
  const set = ask(chargePoint);
  await asking(id, set);
  await end(set, "accepted");
  const mine = async () => (await store.siteGrants.listUngoverned()).filter((one) => one.chargePoint === chargePoint);
  assertEquals(await mine(), []);
  const clear = ask(chargePoint, { asked: null, clearing: true });
  assertEquals(await store.siteGrants.recordClearRequests([clear], at()), new Set());

  await store.sites.remove(id);
  assertEquals((await mine()).map(({ confirmed }) => confirmed), [6]);
  assertEquals(await store.siteGrants.recordClearRequests([clear], at()), new Set([clear.commandId]));
  const again = ask(chargePoint, { asked: null, clearing: true });
  assertEquals(await store.siteGrants.recordClearRequests([again], at()), new Set(), "one at a time");
  assertEquals((await mine()).map(({ confirmed, clearing }) => [confirmed, clearing]), [[null, true]]);
  await end(clear, "accepted");
  assertEquals(await mine(), []);
});

test("grants of ended transactions are removed, those under way are kept", async () => {
  const { id, chargePoint } = await oneSite();
  const { transactionId } = await store.transactions.recordStart(start({ chargePoint }));
  const running = ask(chargePoint, { connectorId: 1, transactionId, asked: 16 });
  const over = ask(chargePoint, { connectorId: 2, transactionId: 2_000_000_000, asked: 16 });
  await asking(id, running, over);
  await end(running, "accepted");
  await store.siteGrants.removeObsolete();
  assertEquals((await grantsOf(id)).map(({ connectorId }) => connectorId), [1, 2]);
  await end(over, "accepted");
  await store.siteGrants.removeObsolete();
  assertEquals((await grantsOf(id)).map(({ connectorId }) => connectorId), [1]);
});
