/**
 * The keys of HTTP Basic authentication (OCPP-J 6.2, security white paper 2.3). A key is a row of bytes K; what is stored is a
 * salted hash of K and nothing else. Charge points present K itself, as the specification says, or the hex text of K, as many do:
 * a presented password matches when it is K, or when it is hex text for K. A client that presents too many wrong ones has to wait.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { StoredCredentials } from "../../db/charge_points.ts";
import { isHexKey } from "../../ocpp/secrets.ts";
import type { Clock } from "../runtime/clock.ts";
import { Buckets, type Rate } from "../runtime/rate_limits.ts";

/** The white paper's upper limit (its 2.3 A00): the longest AuthorizationKey that fits 40 hex digits. */
const KEY_BYTES = 20;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** About 50 ms of one core each: a text that a person chose must be dear to guess. */
const SCRYPT_COST = 16_384;

/** A key with fewer different bytes was typed by a person (`00…00`, `3132…`) and deserves the slow hash. */
const RANDOM_LOOKING_BYTES = 8;

/** A new random key of 20 bytes, which is 40 hex digits in ChangeConfiguration. */
export function makeKey(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

/** Hashes a password, given as the hex of a key or as any other text, for storing. */
export async function hashPassword(password: string): Promise<StoredCredentials> {
  const key = isHexKey(password) ? Buffer.from(password, "hex") : Buffer.from(password, "utf8");
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const scheme = isHexKey(password) && new Set(key).size >= RANDOM_LOOKING_BYTES ? "sha256" : "scrypt";
  return { scheme, salt, hash: await hashOf(key, scheme, salt) };
}

/** Whether the bytes that a charge point presented are the stored key, in one of its two forms. */
export async function verifyPassword(presented: Uint8Array, stored: StoredCredentials): Promise<boolean> {
  if (stored.scheme === "sha256") return await matches(presented, stored);
  const fingerprint = fingerprintOf(presented, stored);
  if (verified.has(fingerprint)) return true;
  if (!(await matches(presented, stored))) return false;
  remember(fingerprint);
  return true;
}

async function matches(presented: Uint8Array, { scheme, salt, hash }: StoredCredentials): Promise<boolean> {
  for (const key of formsOf(presented)) {
    if (timingSafeEqual(await hashOf(key, scheme, salt), hash)) return true;
  }
  return false;
}

/** What the presented bytes may mean. Depends on them alone, so the time it takes tells nothing about the stored key. */
function formsOf(presented: Uint8Array): Uint8Array[] {
  const text = Buffer.from(presented).toString("latin1");
  return isHexKey(text) ? [presented, Buffer.from(text, "hex")] : [presented];
}

function hashOf(key: Uint8Array, scheme: StoredCredentials["scheme"], salt: Uint8Array): Promise<Uint8Array> {
  if (scheme === "sha256") {
    return Promise.resolve(new Uint8Array(createHash("sha256").update(salt).update(key).digest()));
  }
  return new Promise((resolve, reject) => {
    scrypt(
      key,
      salt,
      HASH_BYTES,
      { N: SCRYPT_COST },
      (error, hash) => error ? reject(error) : resolve(new Uint8Array(hash)),
    );
  });
}

/**
 * Slow hashes that were right before, oldest first, so that ten thousand charge points can reconnect within seconds. Holds
 * fingerprints under a key of this process only; a changed password has a new salt and so a new fingerprint.
 */
const verified = new Set<string>();
const VERIFIED_MAX = 20_000;
const fingerprintKey = randomBytes(32);

function fingerprintOf(presented: Uint8Array, { salt, hash }: StoredCredentials): string {
  return createHmac("sha256", fingerprintKey).update(salt).update(hash).update(presented).digest("base64");
}

function remember(fingerprint: string): void {
  if (verified.size >= VERIFIED_MAX) verified.delete(verified.values().next().value!);
  verified.add(fingerprint);
}

/** A charge point with a wrong password that tries every five seconds is never told to wait: its installer sees the real cause. */
export const WRONG_PASSWORDS: Rate = { perSecond: 1 / 5, burst: 10 };

/** A client that tries. */
export interface Guesser {
  readonly identity: string;
  readonly remoteAddress: string;
}

/**
 * Wrong passwords, counted by the address that they come from and by the identity that they are for (CWE-307). A client that guesses too often is
 * told to wait without a look at the password. That locks out no charge point: from the address that it was last seen at, and from any
 * address that has not failed of late, its password is looked at whatever other clients do.
 */
export class PasswordThrottle {
  readonly #byAddress = new Buckets(WRONG_PASSWORDS);
  readonly #byIdentity = new Buckets(WRONG_PASSWORDS);

  constructor(readonly clock: Clock) {}

  /** Seconds until the password is looked at; 0: now. `ownAddress` is where the charge point was last let in from. */
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
