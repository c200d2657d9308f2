/**
 * The shared actor that installs charging profiles on many charge points. Everything it knows is in the database: which targets have not been asked,
 * and which commands have ended. So after a crash at any moment it goes on, and asks no charge point twice: before it asks,
 * it looks for the command under the id that the target has had from the beginning.
 */
import { StoreError } from "../../db/engine/errors.ts";
import type { DueTarget } from "../../db/smart_charging/profile_installations.ts";
import type { Store } from "../../db/store.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT, type Ref } from "../runtime/actor.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import { CommandRefused } from "../charge_point/command_refusals.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { outcomeOf, outcomeOfRefusal } from "./installation_outcome.ts";

/** So many charge points are asked at once, and the next ones a moment later, so that other work has its turn. */
const ASKED_AT_ONCE = 25;
const PAUSE_MS = 250;

/** Commands also end without a signal: after a restart, and in other processes. */
const LOOK_EVERY_MS = 5000;

/** While the database is away, the actor tries again this often. */
const TRY_AGAIN_MS = 1000;

const ENDED_AT_ONCE = 500;

/** What the installer needs of the app. */
export interface InstallerApp {
  readonly system: ActorSystem;
  readonly store: Store;
  readonly signals: Signals;
  readonly chargePoints: Pick<ChargePoints, "commands">;
}

/** What happened. `lookDue`: something did, or it is time. */
type InstallerMail =
  | { readonly kind: "commandEnded"; readonly commandId: string }
  | { readonly kind: "begun" | "lookDue" };

export class ProfileInstaller {
  readonly #installer: Ref<InstallerMail>;

  constructor(app: InstallerApp) {
    const { system } = app;
    this.#installer = system.spawn<InstallerMail>("profile installations", (own) => new Installer(own, app), PERMANENT);
  }

  /** An installation has begun. */
  begun(): void {
    this.#installer.tell({ kind: "begun" });
  }
}

function commandEnded(signal: Signal): InstallerMail | undefined {
  if (signal.kind !== "commandSettled" || signal.command.action !== "SetChargingProfile") return undefined;
  return { kind: "commandEnded", commandId: signal.command.id };
}

class Installer implements Actor<InstallerMail> {
  readonly #app: InstallerApp;
  /** Ids of commands that this process has asked for and whose end it has not heard of. */
  readonly #underWay = new Set<string>();

  constructor(readonly context: Context<InstallerMail>, app: InstallerApp) {
    this.#app = app;
    context.subscribe(app.signals, commandEnded);
    context.after(0, { kind: "lookDue" }, "look");
  }

  async receive(mail: InstallerMail): Promise<void> {
    switch (mail.kind) {
      case "commandEnded":
        return this.#underWay.delete(mail.commandId) ? this.#lookSoon() : undefined;
      case "begun":
        return this.#lookSoon();
      case "lookDue":
        return void this.context.after(await this.#work(), { kind: "lookDue" }, "look");
    }
  }

  /** Behind the mail that waits, so that however much has happened is one look. */
  #lookSoon(): void {
    this.context.self.tell({ kind: "lookDue" }, "look");
  }

  /** Does what can be done now; answers after how many milliseconds to look again. */
  async #work(): Promise<number> {
    const { profileInstallations } = this.#app.store;
    try {
      for (const ended of await profileInstallations.listEnded(ENDED_AT_ONCE)) {
        await profileInstallations.end(ended.commandId, outcomeOf(ended));
      }
      const due = await profileInstallations.listDue(ASKED_AT_ONCE);
      for (const target of due) await this.#ask(target);
      return due.length > 0 ? PAUSE_MS : LOOK_EVERY_MS;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#app.system.log.warn("Charging profiles are installed later: the database does not answer", { error });
      return TRY_AGAIN_MS;
    }
  }

  async #ask(target: DueTarget): Promise<void> {
    const { store, system } = this.#app;
    const { commandId } = target;
    const refused = await store.commands.find(commandId) ? null : await this.#send(target);
    await store.profileInstallations.asked(commandId, refused, system.clock.now());
  }

  /** Makes the command; answers why it was refused, null when it is there. */
  async #send(target: DueTarget): Promise<{ outcome: string; detail: string } | null> {
    const { chargePoint, commandId, connectorId, whenOffline, expiresInSeconds, requestedBy } = target;
    const csChargingProfiles = await this.#profileFor(target);
    if (!csChargingProfiles) {
      return { outcome: "noTransaction", detail: `No transaction runs on connector ${connectorId} of ${chargePoint}.` };
    }
    this.#underWay.add(commandId);
    try {
      await this.#app.chargePoints.commands.send({
        chargePoint,
        commandId,
        action: "SetChargingProfile",
        request: { connectorId, csChargingProfiles },
        requestedBy,
        ...(whenOffline === "queue" && { whenOffline }),
        ...(expiresInSeconds !== null && { expiresInSeconds }),
        waitMs: 0,
      });
      return null;
    } catch (error) {
      this.#underWay.delete(commandId);
      if (!(error instanceof CommandRefused)) throw error;
      return { outcome: outcomeOfRefusal(error.slug), detail: error.detail };
    }
  }

  /** With the running transaction's id, where the installation wants that; undefined: none runs there. */
  async #profileFor({ chargePoint, connectorId, profile, transactions }: DueTarget) {
    if (transactions === "any") return profile;
    const open = await this.#app.store.transactions.findOpen(chargePoint);
    const running = open.findLast((one) => one.connectorId === connectorId);
    return running && { ...profile, transactionId: running.transactionId };
  }
}
