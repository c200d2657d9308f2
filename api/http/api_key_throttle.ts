/**
 * Wrong API keys, counted by address (CWE-307). Whoever presents too many is told to wait before the key is looked up; a key that was good
 * in this process is looked up all the same, so that one forgotten script does not lock its neighbours out.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { Buckets, type Rate } from "../../actors/runtime/rate_limits.ts";
import { Problem } from "./problem.ts";

/** What one address may get wrong. */
export const WRONG_KEYS: Rate = { perSecond: 1 / 5, burst: 10 };

/** Operators have some keys, not thousands. */
const REMEMBERED_KEYS = 1000;

/** What one address tries. A key goes by its hash. */
export interface ApiKeyThrottle {
  /** Throws the problem of 429 when the address has to wait and the key is not one that was good. */
  permit(hash: Uint8Array): void;
  /** The key was good. It is still looked up each time: it may be revoked. */
  passed(hash: Uint8Array): void;
  failed(hash: Uint8Array): void;
}

export class KeyAttempts {
  readonly #wrong = new Buckets(WRONG_KEYS);
  readonly #good = new Set<string>();

  constructor(readonly clock: Clock) {}

  /** The attempts of one address. Where the platform does not tell the address, limits are the platform's. */
  of(address: string | undefined): ApiKeyThrottle {
    const now = () => this.clock.monotonicMs();
    return {
      permit: (hash) => {
        if (address === undefined || this.#good.has(hash.toHex())) return;
        const waitMs = this.#wrong.waitMs(address, now());
        if (waitMs > 0) throw tooMany(waitMs);
      },
      passed: (hash) => {
        this.#good.add(hash.toHex());
        if (this.#good.size > REMEMBERED_KEYS) this.#good.delete(this.#good.values().next().value!);
      },
      failed: (hash) => {
        this.#good.delete(hash.toHex());
        if (address !== undefined) this.#wrong.take(address, now());
      },
    };
  }
}

function tooMany(waitMs: number): Problem {
  const seconds = Math.ceil(waitMs / 1000);
  const detail =
    `This address has presented too many unknown API keys. Repeat it in ${seconds} s, with a key that is known here`;
  return new Problem("too-many-attempts", detail, { headers: { "Retry-After": String(seconds) } });
}
