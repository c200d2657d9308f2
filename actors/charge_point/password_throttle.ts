/**
 * Wrong passwords, counted by the address that they come from and by the identity that they are for (CWE-307). Whoever passwordThrottle too often is
 * told to wait without a look at the password. Nobody may lock out a charge point that way: from the address that it was last seen at, and from any
 * address that has not failed of late, its password is looked at whatever others do.
 */
import type { Clock } from "../runtime/clock.ts";
import { Buckets, type Rate } from "../runtime/rate_limits.ts";

/** A charge point with a wrong password that tries every five seconds is never told to wait: its installer sees the real cause. */
export const WRONG_PASSWORDS: Rate = { perSecond: 1 / 5, burst: 10 };

/** Who tries. */
export interface Guesser {
  readonly identity: string;
  readonly remoteAddress: string;
}

export class PasswordThrottle {
  readonly #byAddress = new Buckets(WRONG_PASSWORDS);
  readonly #byIdentity = new Buckets(WRONG_PASSWORDS);

  constructor(readonly clock: Clock) {}

  /** Seconds until this one's password is looked at; 0: now. `ownAddress` is where the charge point was last let in from. */
  waitSeconds({ identity, remoteAddress }: Guesser, ownAddress: string | null): number {
    const nowMs = this.clock.monotonicMs();
    if (remoteAddress === ownAddress) return 0;
    const besieged = this.#byAddress.isUsed(remoteAddress, nowMs) ? this.#byIdentity.waitMs(identity, nowMs) : 0;
    return Math.ceil(Math.max(this.#byAddress.waitMs(remoteAddress, nowMs), besieged) / 1000);
  }

  /** A password was wrong. Answers the seconds to wait when that was once too often. */
  failed({ identity, remoteAddress }: Guesser): number {
    const nowMs = this.clock.monotonicMs();
    const one = this.#byAddress.take(remoteAddress, nowMs);
    const other = this.#byIdentity.take(identity, nowMs);
    if (one && other) return 0;
    const waitMs = Math.max(this.#byAddress.waitMs(remoteAddress, nowMs), this.#byIdentity.waitMs(identity, nowMs));
    return Math.max(1, Math.ceil(waitMs / 1000));
  }
}
