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

/** The running product as the API uses it. main.ts builds it once; tests build their own. */
export interface App {
  readonly store: Store;
  readonly chargePoints: ChargePoints;
  readonly events: EventHub;
  readonly webhooks: WebhookSender;
  /** Is notified when an installation of a charging profile begins. */
  readonly profileInstaller: Pick<ProfileInstaller, "begun">;
  /** Firmware images and their download addresses. */
  readonly files: Files;
  readonly localLists: LocalLists;
  /** Diagnostics files and their upload addresses. */
  readonly uploads: Uploads;
  readonly siteLimits: SiteLimits;
  readonly firmwareCampaigns: FirmwareCampaigns;
  /** Publishes the changes that routes make to the shared actors. */
  readonly signals: Signals;
  readonly counts: Counts;
  /** Names of the permanent actors that failed too often. With the first one `/readyz` answers 503, and the process ends after a while. */
  readonly givenUp: readonly string[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** Why the process takes no new work: it shuts down, or its database does not work. Undefined when it takes work. */
  notReady(): string | undefined;
  /** The product's version, shown in the OpenAPI document and by the health routes. */
  readonly version: string;
}

/** An app that is open, and the way to close it. */
export interface OpenApp extends App {
  /** The admin key that this start created, to be shown once; null when there was one already. */
  readonly newAdminKey: string | null;
  readonly system: ActorSystem;
  /** The embedded database; null when DATABASE_URL is set. */
  readonly database: EmbeddedServer | null;
  /** Ends connections and actors, then the store, then the embedded database. */
  close(): Promise<void>;
}
