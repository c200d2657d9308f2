/**
 * What is decided about a connection attempt before anything is read of it but its address: whether there is room, and whether that address
 * knocks too often. Both refusals cost next to nothing, which is their purpose.
 */
import type { Server } from "node:http";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Log } from "../../actors/runtime/log.ts";
import { Buckets } from "../../actors/runtime/rate_limits.ts";
import type { Settings } from "../../actors/settings/settings.ts";
import type { Refusal } from "../ocpp/socket.ts";

/** The rest is kept for the API and for those who are being told that there is no room. */
export const SHARE_OF_CHARGE_POINTS = 0.9;

/** After a restart a site's charge points all come at once; so many seconds' worth of attempts may. */
export const SECONDS_AT_ONCE = 10;

/** Whoever is refused comes back after this and up to as long again, so that they do not all come back together. */
const COME_BACK_SECONDS = 15;

const LOG_AT_MOST_EVERY_MS = 10_000;

/** What the gate needs of the app. */
export interface GateApp {
  readonly clock: Clock;
  readonly log: Log;
}

export class ConnectionLimits {
  /** Connections that are open, HTTP and WebSocket. */
  open = 0;
  /** Attempts that were refused here. */
  refused = 0;
  readonly #attempts: Buckets;
  #loggedAtMs = -LOG_AT_MOST_EVERY_MS;

  constructor(readonly app: GateApp, readonly settings: Settings) {
    const perSecond = settings.handshakesPerSecond;
    this.#attempts = new Buckets({ perSecond, burst: perSecond * SECONDS_AT_ONCE });
  }

  /** Counts this server's connections, and lets it drop those above the maximum. */
  watch(server: Server): void {
    server.maxConnections = this.settings.maxConnections;
    server.on("connection", (socket) => {
      this.open++;
      socket.once("close", () => this.open--);
    });
  }

  /** Whether connections are dropped as they come. */
  get isFull(): boolean {
    return this.open >= this.settings.maxConnections;
  }

  /** Why an attempt from this address is not looked at; undefined when it is. */
  refusal(address: string): Refusal | undefined {
    if (this.open > this.settings.maxConnections * SHARE_OF_CHARGE_POINTS) {
      return this.#refuse(503, "There is no room for more connections; raise CHARGEHAND_MAX_CONNECTIONS", address);
    }
    if (!this.#attempts.take(address, this.app.clock.monotonicMs())) {
      return this.#refuse(429, "This address connects too often; see CHARGEHAND_HANDSHAKES_PER_SECOND", address);
    }
    return undefined;
  }

  #refuse(status: number, body: string, address: string): Refusal {
    this.refused++;
    const nowMs = this.app.clock.monotonicMs();
    if (nowMs - this.#loggedAtMs >= LOG_AT_MOST_EVERY_MS) {
      this.#loggedAtMs = nowMs;
      this.app.log.warn(`Connection attempts are refused with ${status}: ${body}`, {
        address,
        refused: this.refused,
      });
    }
    const retryAfter = COME_BACK_SECONDS + this.refused % COME_BACK_SECONDS;
    const headers = { "content-type": "text/plain; charset=utf-8", "retry-after": String(retryAfter) };
    return { status, headers, body: `${body}.\n` };
  }
}
