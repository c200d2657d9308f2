/**
 * Refuses connection attempts before anything but the address is known: when too many connections are open (503), and when an address
 * connects too often (429). Both refusals need no database.
 */
import type { Server } from "node:http";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Log } from "../../actors/runtime/log.ts";
import { Buckets } from "../../actors/runtime/rate_limits.ts";
import type { Settings } from "../../actors/settings/settings.ts";
import type { Refusal } from "../ocpp/socket.ts";

/** The share of `maxConnections` for charge points. The rest is for the API and for answering refused attempts. */
export const SHARE_OF_CHARGE_POINTS = 0.9;

/** The burst, as so many seconds of the permitted rate: after a restart all charge points of a site connect at once. */
export const SECONDS_AT_ONCE = 10;

/** `Retry-After` of a refusal is between this and twice this, so that refused charge points do not all retry at the same time. */
const RETRY_AFTER_SECONDS = 15;

const LOG_AT_MOST_EVERY_MS = 10_000;

/** The parts of the app that the limits use. */
export interface LimitedApp {
  readonly clock: Clock;
  readonly log: Log;
}

/** Counts the connections of all HTTP servers together and refuses those above the limits. */
export class ConnectionLimits {
  /** Connections that are open, HTTP and WebSocket. */
  open = 0;
  /** Attempts that were refused here. */
  refused = 0;
  readonly #attempts: Buckets;
  #loggedAtMs = -LOG_AT_MOST_EVERY_MS;

  constructor(readonly app: LimitedApp, readonly settings: Settings) {
    const perSecond = settings.handshakesPerSecond;
    this.#attempts = new Buckets({ perSecond, burst: perSecond * SECONDS_AT_ONCE });
  }

  /** Counts this server's connections, and makes it drop those above the maximum. */
  watch(server: Server): void {
    server.maxConnections = this.settings.maxConnections;
    server.on("connection", (socket) => {
      this.open++;
      socket.once("close", () => this.open--);
    });
  }

  /** Whether new connections are dropped without an answer. */
  get isFull(): boolean {
    return this.open >= this.settings.maxConnections;
  }

  /** The refusal of an attempt from this address; undefined when the attempt may go on. */
  refusal(address: string): Refusal | undefined {
    if (this.open > this.settings.maxConnections * SHARE_OF_CHARGE_POINTS) {
      return this.#refuse(503, "Too many connections are open; raise CHARGEHAND_MAX_CONNECTIONS", address);
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
    const retryAfter = RETRY_AFTER_SECONDS + this.refused % RETRY_AFTER_SECONDS;
    const headers = { "content-type": "text/plain; charset=utf-8", "retry-after": String(retryAfter) };
    return { status, headers, body: `${body}.\n` };
  }
}
