/**
 * The actors of a Central System over a real database, with simulated charge points and a fake clock.
 */
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import type { Session } from "../../../actors/charge_point/connection.ts";
import type { Connection } from "../../../actors/charge_point/connection.ts";
import { Files } from "../../../actors/firmware_management/files.ts";
import { FirmwareCampaigns } from "../../../actors/firmware_management/firmware_campaigns.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { Signals } from "../../../actors/runtime/signals.ts";
import { type Settings, settingsWith } from "../../../actors/settings/settings.ts";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import type { CampaignTarget } from "../../../db/firmware_management/firmware_campaign_targets.ts";
import type { FirmwareCampaign, NewFirmwareCampaign } from "../../../db/firmware_management/firmware_campaigns.ts";
import type { Store } from "../../../db/store.ts";
import { fields } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";

/** How a charge point answers UpdateFirmware. */
export type Answer = "confirms" | "none" | { readonly code: string };

/** A simulated charge point, over all its connections. */
export class TestChargePoint {
  /** The UpdateFirmware requests that arrived. */
  readonly updates: { readonly location: string; readonly retrieveDate: string }[] = [];
  answer: Answer = "confirms";
  session: Session | null = null;
  #calls = 0;
  #updateId = "";

  constructor(readonly identity: string) {}

  get isConnected(): boolean {
    return this.session !== null;
  }

  /** The charge point's end of a new connection. */
  wire(): Connection {
    return {
      remoteAddress: "192.0.2.1",
      send: (text) => this.#take(text),
      close: () => {
        this.session = null;
      },
    };
  }

  send(action: string, payload: object): void {
    this.session?.received(JSON.stringify([2, String(++this.#calls), action, payload]));
  }

  #take(text: string): void {
    const [type, id, action, payload] = JSON.parse(text);
    if (type !== 2) return;
    if (action === "UpdateFirmware") {
      this.updates.push(payload);
      this.#updateId = id;
    }
    const { answer } = this;
    if (answer === "none") return;
    if (answer === "confirms") this.session?.received(JSON.stringify([3, id, {}]));
    else this.#refuse(id, answer.code);
  }

  /** Answers the last UpdateFirmware with a CALLERROR, after its time-out. */
  refuseLate(code: string): void {
    this.#refuse(this.#updateId, code);
  }

  #refuse(id: string, code: string): void {
    this.session?.received(JSON.stringify([4, id, code, "", {}]));
  }
}

/** The actors of one process. A new instance on the same store is a restart. */
export class TestProcess {
  readonly signals: Signals;
  readonly system: ActorSystem;
  readonly chargePoints: ChargePoints;
  readonly campaigns: FirmwareCampaigns;

  /** `log` gets the errors. */
  constructor(
    readonly store: Store,
    readonly clock = new FakeClock(),
    log: (line: string) => void = console.error,
    given: Partial<Settings> = {},
  ) {
    const logger = createLog({ level: "error", format: "text", now: () => clock.now(), write: log });
    this.system = new ActorSystem(clock, logger);
    this.signals = new Signals(logger);
    const fixed = { callTimeoutSeconds: 30, filesDir: "./data/no-files", messageLog: "off" } as const;
    const settings = settingsWith({ ...fixed, ...given });
    this.chargePoints = new ChargePoints({ store, settings, system: this.system, signals: this.signals });
    const files = new Files(this.system, store, settings, (identity) => this.chargePoints.dialled(identity));
    const { system, chargePoints, signals } = this;
    this.campaigns = new FirmwareCampaigns({ system, store, chargePoints, files, signals });
  }

  quiet(): Promise<void> {
    return this.system.quiet();
  }

  pass(seconds: number): Promise<void> {
    return this.clock.advance(seconds * 1000, () => this.quiet());
  }

  /** Moves the clock at once: timers that are due in between run once, at the end. */
  async leap(seconds: number): Promise<void> {
    await this.clock.leap(seconds * 1000, () => this.quiet());
    await this.pass(1);
  }

  /** Registers a charge point. */
  async register(identity: string): Promise<TestChargePoint> {
    await this.store.chargePoints.register(identity, fields({ securityProfile: 0 }), this.clock.now());
    return new TestChargePoint(identity);
  }

  /** Connects and boots. */
  connect(cp: TestChargePoint, firmwareVersion = "1.0"): Promise<void> {
    return this.arrive([cp], firmwareVersion);
  }

  /** Connects and boots charge points at the same moment. */
  async arrive(cps: readonly TestChargePoint[], firmwareVersion = "1.0"): Promise<void> {
    await Promise.all(cps.map((cp) => this.connectOnly(cp)));
    const boot = { chargePointVendor: "V", chargePointModel: "M", firmwareVersion };
    for (const cp of cps) cp.send("BootNotification", boot);
    await this.pass(0.1);
  }

  /** Connects without a BootNotification. */
  async connectOnly(cp: TestChargePoint): Promise<void> {
    const row = await this.store.chargePoints.find(cp.identity);
    cp.session = this.chargePoints.connect(row!, cp.wire());
  }

  async disconnect(cp: TestChargePoint): Promise<void> {
    cp.session?.closed();
    cp.session = null;
    await this.pass(0.1);
  }

  async send(cp: TestChargePoint, action: string, payload: object): Promise<void> {
    cp.send(action, payload);
    await this.pass(0.1);
  }

  async report(cp: TestChargePoint, ...statuses: string[]): Promise<void> {
    for (const status of statuses) await this.send(cp, "FirmwareStatusNotification", { status });
  }

  /** All reports of an update that succeeds, with the reboot. */
  async installs(cp: TestChargePoint, version: string): Promise<void> {
    await this.report(cp, "Downloading", "Downloaded", "Installing");
    await this.disconnect(cp);
    await this.connect(cp, version);
    await this.report(cp, "Installed");
  }

  draft(given: Partial<NewFirmwareCampaign>): Promise<FirmwareCampaign> {
    const now = this.clock.now();
    return this.store.firmwareCampaigns.create({
      id: uuidVersion7(now),
      name: "",
      location: "https://firmware.invalid/2.0.bin",
      file: null,
      scheme: "http",
      version: null,
      retrieveDate: null,
      targets: {},
      waves: [100],
      maxConcurrent: 100,
      abortAboveFailures: 100,
      retries: 0,
      retryIntervalSeconds: 300,
      updateTimeoutSeconds: 7200,
      maintenanceWindow: null,
      sendUntil: null,
      requestedBy: null,
      createdAt: now,
      ...given,
    });
  }

  /** Makes and starts a campaign for these charge points. */
  async start(cps: readonly TestChargePoint[], given: Partial<NewFirmwareCampaign> = {}): Promise<string> {
    const chargePoints = cps.map(({ identity }) => identity);
    const campaign = await this.draft({ targets: { chargePoints }, ...given });
    await this.store.firmwareCampaigns.start(campaign, this.clock.now());
    this.campaigns.changed(campaign.id);
    await this.pass(0.1);
    return campaign.id;
  }

  async pause(id: string, isPaused: boolean): Promise<void> {
    await this.store.firmwareCampaigns.setPaused(id, isPaused, null, this.clock.now());
    this.campaigns.changed(id);
    await this.pass(0.1);
  }

  async abort(id: string): Promise<void> {
    await this.store.firmwareCampaigns.abort(id, null, this.clock.now());
    this.campaigns.changed(id);
    await this.pass(0.1);
  }

  async campaign(id: string): Promise<FirmwareCampaign> {
    return (await this.store.firmwareCampaigns.find(id))!;
  }

  async targets(id: string): Promise<CampaignTarget[]> {
    return (await this.store.firmwareCampaignTargets.list(id, {}, { limit: 1000 })).items;
  }

  async target(id: string, { identity }: TestChargePoint): Promise<CampaignTarget> {
    return (await this.targets(id)).find(({ chargePoint }) => chargePoint === identity)!;
  }

  async outcomes(id: string): Promise<(string | null)[]> {
    return (await this.targets(id)).map(({ outcome, state }) => outcome ?? state);
  }

  async end(): Promise<void> {
    await this.chargePoints.shutdown();
  }
}
