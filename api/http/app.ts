import type { ChargePoints } from "../../actors/charge_point/registry.ts";
import type { ActorSystem } from "../../actors/runtime/actor.ts";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Counts } from "../../actors/runtime/counts.ts";
import type { EventHub } from "../../actors/events/event_hub.ts";
import type { Files } from "../../actors/firmware_management/files.ts";
import type { LocalLists } from "../../actors/local_auth_list_management/local_lists.ts";
import type { Uploads } from "../../actors/firmware_management/uploads.ts";
import type { FirmwareCampaigns } from "../../actors/firmware_management/firmware_campaigns.ts";
import type { Log } from "../../actors/runtime/log.ts";
import type { Signals } from "../../actors/runtime/signals.ts";
import type { Settings } from "../../actors/settings/settings.ts";
import type { SiteLimits } from "../../actors/smart_charging/site_limits.ts";
import type { ProfileInstaller } from "../../actors/smart_charging/profile_installer.ts";
import type { WebhookSender } from "../../actors/webhooks/webhook_sender.ts";
import type { EmbeddedServer } from "../../db/engine/embedded.ts";
import type { Store } from "../../db/store.ts";

/** What the API answers from: main.ts builds it once, tests build their own. */
export interface App {
  readonly store: Store;
  readonly chargePoints: ChargePoints;
  readonly events: EventHub;
  readonly webhooks: WebhookSender;
  /** Told when an installation of a charging profile begins. */
  readonly profileInstaller: Pick<ProfileInstaller, "begun">;
  /** What charge points fetch, and where. */
  readonly files: Files;
  readonly localLists: LocalLists;
  /** What charge points bring, and where. */
  readonly uploads: Uploads;
  readonly siteLimits: SiteLimits;
  readonly firmwareCampaigns: FirmwareCampaigns;
  /** Where edits are told that shared actors may want to know of. */
  readonly signals: Signals;
  readonly counts: Counts;
  /** Names of the permanent actors that failed too often; with one of them the process is not ready any more and ends soon. */
  readonly givenUp: readonly string[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** False while starting and while shutting down. */
  ready(): boolean;
  /** Of the product, shown in the OpenAPI document and by the health routes. */
  readonly version: string;
}

/** An app that is open, and the way to close it. */
export interface OpenApp extends App {
  /** A freshly made admin key, to be shown once; null when there is one already. */
  readonly newAdminKey: string | null;
  readonly system: ActorSystem;
  /** The embedded database, null where DATABASE_URL names another. */
  readonly database: EmbeddedServer | null;
  /** Ends connections and actors, then the store, then the embedded database. */
  close(): Promise<void>;
}
