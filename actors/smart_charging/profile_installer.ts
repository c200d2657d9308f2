/**
 * The shared actor that installs a charging profile on many charge points. Its state is in the database: the targets without a command, and the
 * commands that have ended. The id of a target's command is stored with the target. The actor looks for a command with that id before it makes
 * one, so no charge point gets the command twice, even after a crash.
 */
import { StoreError } from "../../db/engine/errors.ts";
import type { DueTarget } from "../../db/smart_charging/profile_installations.ts";
import type { Store } from "../../db/store.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT, type Ref } from "../runtime/actor.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import { CommandRefused } from "../charge_point/command_refusals.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { outcomeOf, outcomeOfRefusal } from "./installation_outcome.ts";

/** Commands made in one batch, and the pause between two batches, which leaves time for other work. */
const BATCH_SIZE = 25;
const PAUSE_MS = 250;

/** Commands also end without a signal: during a restart, and in other processes. */
const CHECK_INTERVAL_MS = 5000;

/** Delay after the database did not answer. */
const RETRY_MS = 1000;

/** Ended commands read in one statement. */
const ENDED_MAX = 500;

/** The parts of the app that the installer uses. */
export interface InstallerApp {
  readonly system: ActorSystem;
  readonly store: Store;
  readonly signals: Signals;
  readonly chargePoints: Pick<ChargePoints, "commands">;
}

/** `checkDue`: after one of the others, or when the interval is over. */
type InstallerMail =
  | { readonly kind: "commandEnded"; readonly commandId: string }
  | { readonly kind: "begun" | "checkDue" };

/** The installer's interface for the API. */
export class ProfileInstaller {
  readonly #installer: Ref<InstallerMail>;

  constructor(app: InstallerApp) {
    const { system } = app;
    this.#installer = system.spawn<InstallerMail>("profile installations", (own) => new Installer(own, app), PERMANENT);
  }

  /** Call after an installation was stored. */
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
  /** Ids of commands that this process made and that have not ended. */
  readonly #underWay = new Set<string>();

  constructor(readonly context: Context<InstallerMail>, app: InstallerApp) {
    this.#app = app;
    context.subscribe(app.signals, commandEnded);
    context.after(0, { kind: "checkDue" }, "check");
  }

  async receive(mail: InstallerMail): Promise<void> {
    switch (mail.kind) {
      case "commandEnded":
        return this.#underWay.delete(mail.commandId) ? this.#checkSoon() : undefined;
      case "begun":
        return this.#checkSoon();
      case "checkDue":
        return void this.context.after(await this.#work(), { kind: "checkDue" }, "check");
    }
  }

  /** At the end of the mailbox, so that all waiting mail leads to one check. */
  #checkSoon(): void {
    this.context.self.tell({ kind: "checkDue" }, "check");
  }

  /** Records ended commands and makes the next batch. Returns the delay until the next check, in ms. */
  async #work(): Promise<number> {
    const { profileInstallations } = this.#app.store;
    try {
      for (const ended of await profileInstallations.listEnded(ENDED_MAX)) {
        await profileInstallations.end(ended.commandId, outcomeOf(ended));
      }
      const due = await profileInstallations.listDue(BATCH_SIZE);
      for (const target of due) await this.#install(target);
      return due.length > 0 ? PAUSE_MS : CHECK_INTERVAL_MS;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#app.system.log.warn("The database does not answer; charging profiles are installed later", { error });
      return RETRY_MS;
    }
  }

  async #install(target: DueTarget): Promise<void> {
    const { store, system } = this.#app;
    const { commandId } = target;
    const refused = await store.commands.find(commandId) ? null : await this.#send(target);
    await store.profileInstallations.recordCommand(commandId, refused, system.clock.now());
  }

  /** Makes the command. Returns null, or the outcome when it was refused. */
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

  /** The profile, with the id of the running transaction if the installation asks for it; undefined: no transaction is running. */
  async #profileFor({ chargePoint, connectorId, profile, transactions }: DueTarget) {
    if (transactions === "any") return profile;
    const open = await this.#app.store.transactions.findOpen(chargePoint);
    const running = open.findLast((transaction) => transaction.connectorId === connectorId);
    return running && { ...profile, transactionId: running.transactionId };
  }
}
