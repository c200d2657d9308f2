/**
 * The keys of HTTP Basic authentication (OCPP-J 6.2, security white paper 2.3). A key consists of bytes; only its salted hash is stored. The specification
 * says that a charge point sends the bytes, but many send their hex text: both are accepted. A client with too many wrong passwords
 * has to wait.
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

/** About 50 ms of one core for each hash, which makes it expensive to guess a password that a person chose. */
const SCRYPT_COST = 16_384;

/** A key with fewer different bytes is not random (`00…00`, `3132…`) and gets the slow hash. */
const RANDOM_LOOKING_BYTES = 8;

/** A new random key of 20 bytes, which is 40 hex digits in ChangeConfiguration. */
export function makeKey(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

/** Hashes a password for the database. The password is the hex text of a key, or any other text. */
export async function hashPassword(password: string): Promise<StoredCredentials> {
  const key = isHexKey(password) ? Buffer.from(password, "hex") : Buffer.from(password, "utf8");
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const scheme = isHexKey(password) && new Set(key).size >= RANDOM_LOOKING_BYTES ? "sha256" : "scrypt";
  return { scheme, salt, hash: await hashOf(key, scheme, salt) };
}

/** Whether the bytes from a charge point are the stored key or its hex text. */
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

/** The keys that the presented bytes may stand for. Independent of the stored key, so that the time reveals nothing about it. */
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
 * A cache of slow hashes that were verified, oldest first, so that ten thousand charge points can reconnect within seconds. It contains HMACs with a key of
 * this process. A changed password has a new salt and therefore another HMAC.
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

/** The rate allows one wrong password every 5 s, so that a charge point with a wrong password gets the real cause and not "too many". */
export const WRONG_PASSWORDS: Rate = { perSecond: 1 / 5, burst: 10 };

/** The client of an attempt. */
export interface PasswordClient {
  readonly identity: string;
  readonly remoteAddress: string;
}

/**
 * Limits wrong passwords per address and per identity (CWE-307). A client above the limit is refused before its password is checked. Other clients cannot
 * lock out a charge point: its password is always checked if it connects from the address where it was last seen, or from an address
 * without a recent wrong password.
 */
export class PasswordThrottle {
  readonly #byAddress = new Buckets(WRONG_PASSWORDS);
  readonly #byIdentity = new Buckets(WRONG_PASSWORDS);

  constructor(readonly clock: Clock) {}

  /** Seconds until a password is checked; 0: now. `ownAddress` is the address from which the charge point last connected. */
  waitSeconds({ identity, remoteAddress }: PasswordClient, ownAddress: string | null): number {
    const nowMs = this.clock.monotonicMs();
    if (remoteAddress === ownAddress) return 0;
    const identityWaitMs = this.#byAddress.isUsed(remoteAddress, nowMs) ? this.#byIdentity.waitMs(identity, nowMs) : 0;
    return Math.ceil(Math.max(this.#byAddress.waitMs(remoteAddress, nowMs), identityWaitMs) / 1000);
  }

  /** Counts a wrong password. Returns the seconds to wait; 0: the limit is not reached. */
  failed({ identity, remoteAddress }: PasswordClient): number {
    const nowMs = this.clock.monotonicMs();
    const one = this.#byAddress.take(remoteAddress, nowMs);
    const other = this.#byIdentity.take(identity, nowMs);
    if (one && other) return 0;
    const waitMs = Math.max(this.#byAddress.waitMs(remoteAddress, nowMs), this.#byIdentity.waitMs(identity, nowMs));
    return Math.max(1, Math.ceil(waitMs / 1000));
  }
}
