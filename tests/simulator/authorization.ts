/**
 * Decides whether an idTag may charge. Online, the Central System decides. Offline, and online with LocalPreAuthorize, the local list and the
 * authorization cache decide (OCPP 1.6 §3.5, §4.1).
 */
import type { Device } from "./device.ts";
import { CallRefused } from "./frames.ts";
import { type IdTagInfo, idTagInfoOf, isUsable } from "./id_tags.ts";
import type { Link } from "./link.ts";

/** The authorizations of one charge point. */
export class Authorization {
  readonly #device: Device;
  readonly #link: Link;
  readonly #online: () => boolean;

  /** `online` returns true when the charge point is connected and accepted. */
  constructor(device: Device, link: Link, online: () => boolean) {
    this.#device = device;
    this.#link = link;
    this.#online = online;
  }

  /** Authorizes an idTag. Rejects with `CallRefused` when the Central System answers with CALLERROR. */
  async authorize(idTag: string): Promise<IdTagInfo> {
    const { configuration, settings } = this.#device;
    const local = this.known(idTag);
    if (!this.#online()) return this.#offline(local);
    if (configuration.flag("LocalPreAuthorize") && local && isUsable(local, settings.clock.now())) return local;
    try {
      const confirmation = await this.#link.call("Authorize", { idTag });
      this.remember(idTag, confirmation);
      return idTagInfoOf(confirmation) ?? { status: "Invalid" };
    } catch (error) {
      if (error instanceof CallRefused) throw error;
      return this.#offline(local);
    }
  }

  /** The idTagInfo in the local list, else in the cache (§3.5.3); undefined when neither has the idTag. */
  known(idTag: string): IdTagInfo | undefined {
    const { configuration, localList, cache } = this.#device;
    return (configuration.flag("LocalAuthListEnabled") ? localList.find(idTag) : undefined) ??
      (configuration.flag("AuthorizationCacheEnabled") ? cache.find(idTag) : undefined);
  }

  /** Stores the idTagInfo of a confirmation in the cache, unless the local list has the idTag (§3.5.3). */
  remember(idTag: string, confirmation: Record<string, unknown> | undefined): void {
    const { configuration, localList, cache } = this.#device;
    if (configuration.flag("AuthorizationCacheEnabled") && !localList.find(idTag)) cache.update(idTag, confirmation);
  }

  #offline(local: IdTagInfo | undefined): IdTagInfo {
    const { configuration } = this.#device;
    if (local && configuration.flag("LocalAuthorizeOffline")) return local;
    return { status: configuration.flag("AllowOfflineTxForUnknownId") ? "Accepted" : "Invalid" };
  }
}
