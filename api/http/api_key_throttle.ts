/**
 * Limits wrong API keys by address (CWE-307). An address that sent too many is answered with 429 before the key is looked up. A key that was
 * valid before in this process is exempt, so that a script with an old key does not lock out other clients behind the same address.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { Buckets, type Rate } from "../../actors/runtime/rate_limits.ts";
import { Problem } from "./problem.ts";

/** How many wrong keys one address may send. */
export const WRONG_KEYS: Rate = { perSecond: 1 / 5, burst: 10 };

/** How many valid keys are remembered. An installation has a few keys, not thousands. */
const REMEMBERED_KEYS = 1000;

/** The limit of one address. A key is given by its hash. */
export interface ApiKeyThrottle {
  /** Throws the problem of 429 when the address has to wait and the key was not valid before. */
  permit(hash: Uint8Array): void;
  /** The key was valid. It is still looked up each time, because it can be revoked. */
  passed(hash: Uint8Array): void;
  failed(hash: Uint8Array): void;
}

/** The limits of all addresses. */
export class ApiKeyThrottles {
  readonly #wrong = new Buckets(WRONG_KEYS);
  readonly #valid = new Set<string>();

  constructor(readonly clock: Clock) {}

  /** The limit of one address. Where the platform does not pass the address on, nothing is limited here. */
  of(address: string | undefined): ApiKeyThrottle {
    const now = () => this.clock.monotonicMs();
    return {
      permit: (hash) => {
        if (address === undefined || this.#valid.has(hash.toHex())) return;
        const waitMs = this.#wrong.waitMs(address, now());
        if (waitMs > 0) throw tooMany(waitMs);
      },
      passed: (hash) => {
        this.#valid.add(hash.toHex());
        if (this.#valid.size > REMEMBERED_KEYS) this.#valid.delete(this.#valid.values().next().value!);
      },
      failed: (hash) => {
        this.#valid.delete(hash.toHex());
        if (address !== undefined) this.#wrong.take(address, now());
      },
    };
  }
}

function tooMany(waitMs: number): Problem {
  const seconds = Math.ceil(waitMs / 1000);
  const detail =
    `This address has sent too many unknown API keys. Send the request again in ${seconds} s with a valid key`;
  return new Problem("too-many-attempts", detail, { headers: { "Retry-After": String(seconds) } });
}
