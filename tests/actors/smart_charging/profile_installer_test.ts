/** The installer over a real database: after a failure at any step it goes on, and every charge point gets exactly one command. */
import { assert, assertEquals } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import { systemClock } from "../../../actors/runtime/clock.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { Signals } from "../../../actors/runtime/signals.ts";
import { settingsWith } from "../../../actors/settings/settings.ts";
import { ProfileInstaller } from "../../../actors/smart_charging/profile_installer.ts";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import type { Store } from "../../../db/store.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import { eventually } from "../../conformance/within.ts";
import { openTestStore } from "../../database.ts";
import { fields, fresh } from "../../db/records.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

const profile = SetChargingProfile.example.request.csChargingProfiles;

/** The store, in which one call of the installer fails, before or after its statement took effect. */
function failingAt(step: number, when: "before" | "after"): { store: Store; calls(): number } {
  let calls = 0;
  const wrap = <T extends object>(repository: T): T =>
    new Proxy(repository, {
      get(target, name: keyof T & string) {
        const method = target[name] as unknown as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          const fails = ++calls === step;
          if (fails && when === "before") throw new Error("killed");
          const result = await method(...args);
          if (fails) throw new Error("killed");
          return result;
        };
      },
    });
  const { profileInstallations, commands } = store;
  // Only the installer gets this store; the commands themselves use the store without failures.
  return {
    store: { ...store, profileInstallations: wrap(profileInstallations), commands: wrap(commands) },
    calls: () => calls,
  };
}

/** Installs on two offline charge points and on one that is not registered. Returns the number of calls until all have an outcome. */
async function installWith(step: number, when: "before" | "after"): Promise<number> {
  const now = new Date();
  const log = createLog({ level: "error", format: "text", now: () => now, write: () => {} });
  const system = new ActorSystem(systemClock, log);
  const signals = new Signals(log);
  const chargePoints = new ChargePoints({
    store,
    settings: settingsWith({ preset: "certification" }),
    system,
    signals,
  });
  const known = [fresh("CP"), fresh("CP")];
  for (const identity of known) await store.chargePoints.register(identity, fields(), now);
  const targets = [...known, fresh("UNKNOWN")].map((chargePoint) => ({ chargePoint, commandId: uuidVersion7(now) }));
  const [templateId, id] = [crypto.randomUUID(), uuidVersion7(now)];
  const how = { transactions: "any", whenOffline: "queue", expiresInSeconds: 3600, requestedBy: null } as const;
  await store.profileInstallations.begin(id, { templateId, connectorId: 1, profile, ...how }, targets, now);
  const failing = failingAt(step, when);
  new ProfileInstaller({ system, store: failing.store, signals, chargePoints });
  await eventually("no target is due", async () => {
    const due = await store.profileInstallations.listDue(10);
    return due.length === 0 || undefined;
  });
  const { counts } = (await store.profileInstallations.find(templateId, id))!;
  assertEquals(counts, { queued: 2, unknownChargePoint: 1 });
  for (const chargePoint of known) {
    const { items } = await store.commands.list({ chargePoint }, { limit: 10 });
    assertEquals(
      items.map((one) => one.id),
      targets.filter((one) => one.chargePoint === chargePoint).map((one) => one.commandId),
    );
  }
  await chargePoints.shutdown();
  return failing.calls();
}

Deno.test("after a failure at any step every charge point gets the command, and none gets it twice", async () => {
  const steps = await installWith(0, "before");
  assert(steps >= 8, `${steps} steps`);
  for (let step = 1; step <= 8; step++) {
    for (const when of ["before", "after"] as const) await installWith(step, when);
  }
});
