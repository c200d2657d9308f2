/**
 * `Idempotency-Key` on any POST: a request that is repeated with the same key takes effect once and gets the first response again for 24 hours, also
 * after a restart. The key is in the database before the request takes effect. When the process dies in between, whether the request
 * took effect is not known. The key then stays interrupted and the operator decides, because doing it twice would be worse.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { KeyedRequest, KeyState } from "../../db/idempotency_keys.ts";
import type { App } from "./app.ts";
import { invalid, Problem, problemResponse } from "./problem.ts";

const KEPT_MS = 24 * 3600 * 1000;
const FORGET_EVERY_MS = 60 * 1000;

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The response that is stored and repeated. */
interface FirstAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Runs each POST with an `Idempotency-Key` once. */
export class Idempotency {
  /**
   * How many requests of this process hold a key, counted from before the key is stored until after the response is stored. A key that
   * is `running` in the database without such a request has lost its response.
   */
  readonly #running = new Map<string, number>();
  #forgotAtMs = -Infinity;

  constructor(readonly app: App) {}

  /**
   * Answers a POST by `work`, or with the stored first response. `asked` is the checked body: a request that fails the checks takes no effect,
   * so its response is not stored. Throws the problems of a key that cannot be used.
   */
  async once(request: Request, apiKey: string, asked: unknown, work: () => Promise<Response>): Promise<Response> {
    const key = request.headers.get("Idempotency-Key");
    if (key === null) return await work();
    if (!KEY.test(key)) {
      throw invalid({ in: "header", pointer: "/Idempotency-Key", detail: "1 to 255 visible ASCII characters" });
    }
    const keyed = { apiKey, key, fingerprint: fingerprintOf(request, asked) };
    const now = this.app.clock.now();
    const keptFrom = new Date(now.getTime() - KEPT_MS);
    let known = await this.#begin(keyed, now, keptFrom);
    // The first request may have ended after the look-up: then its response is stored now.
    if (this.#isInterrupted(keyed, known)) known = await this.#begin(keyed, now, keptFrom);
    if (known.state !== "begun") return this.#again(request, keyed, known);
    this.#forget(keptFrom);
    try {
      return await this.#first(request, keyed, work);
    } finally {
      this.#leave(keyed);
    }
  }

  /** Stores the key. A request that begins counts as running until `#leave`. */
  async #begin(keyed: KeyedRequest, now: Date, keptFrom: Date): Promise<KeyState> {
    const name = nameOf(keyed);
    this.#running.set(name, (this.#running.get(name) ?? 0) + 1);
    let known: KeyState | undefined;
    try {
      return known = await this.app.store.idempotencyKeys.begin(keyed, now, keptFrom);
    } finally {
      if (known?.state !== "begun") this.#leave(keyed);
    }
  }

  #leave(keyed: KeyedRequest): void {
    const name = nameOf(keyed);
    const others = this.#running.get(name)! - 1;
    if (others > 0) this.#running.set(name, others);
    else this.#running.delete(name);
  }

  /** The key was used in this process, has no response, and no request with it is running. */
  #isInterrupted(keyed: KeyedRequest, known: KeyState): boolean {
    return known.state === "running" && !known.elsewhere && !this.#running.has(nameOf(keyed));
  }

  /** Runs the request and stores its response. The response of a failure is stored, too: the request may have taken effect. */
  async #first(request: Request, keyed: KeyedRequest, work: () => Promise<Response>): Promise<Response> {
    const { store, log } = this.app;
    const response = await work().catch((error) => problemResponse(error, request, log));
    const body = response.body === null ? null : await response.text();
    const { status } = response;
    const first = { status, headers: Object.fromEntries(response.headers), body };
    await store.idempotencyKeys.finish(keyed, seal(first, request, keyed)).catch((error) =>
      log.error("The response to a request with an Idempotency-Key could not be stored; a repetition will be refused", {
        error,
      })
    );
    return new Response(body, { status, headers: response.headers });
  }

  #again(request: Request, keyed: KeyedRequest, known: Exclude<KeyState, { state: "begun" }>): Response {
    if (keyed.fingerprint.toHex() !== known.fingerprint.toHex()) {
      throw new Problem(
        "idempotency-key-reuse",
        "This Idempotency-Key was already used for another request; use a new one",
      );
    }
    if (known.state === "answered") {
      const { status, headers, body } = unseal(known.answer, request, keyed);
      return new Response(body, { status, headers: { ...headers, "Idempotency-Replayed": "true" } });
    }
    if (known.state === "running" && !this.#isInterrupted(keyed, known)) {
      throw new Problem(
        "idempotency-key-in-use",
        "The first request with this Idempotency-Key is still running; try again later",
        SOON,
      );
    }
    throw new Problem(
      "idempotency-key-interrupted",
      "The first request was interrupted, and whether it took effect is not known. Check the resource, then use a new key",
    );
  }

  #forget(keptFrom: Date): void {
    const nowMs = this.app.clock.monotonicMs();
    if (nowMs - this.#forgotAtMs < FORGET_EVERY_MS) return;
    this.#forgotAtMs = nowMs;
    this.app.store.idempotencyKeys.removeBefore(keptFrom).catch((error) =>
      this.app.log.warn("Old Idempotency-Keys could not be removed", { error })
    );
  }
}

const SOON = { headers: { "Retry-After": "1" } };

function nameOf({ apiKey, key }: KeyedRequest): string {
  return `${apiKey} ${key}`;
}

/** Two bodies that differ only in white space have the same fingerprint. */
function fingerprintOf({ url }: Request, asked: unknown): Uint8Array {
  const { pathname, search } = new URL(url);
  return new Uint8Array(createHash("sha256").update(JSON.stringify([pathname, search, asked ?? null])).digest());
}

/**
 * Encrypts a response (AES-256-GCM) with a key derived from the API key. A response may contain a secret that is shown once and stored only as
 * a hash, and the database does not have the API key: only a request with the same API key can decrypt it.
 */
function seal(answer: FirstAnswer, request: Request, keyed: KeyedRequest): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", sealingKey(request, keyed), nonce);
  const parts = [cipher.update(JSON.stringify(answer), "utf8"), cipher.final()];
  return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), ...parts]));
}

function unseal(sealed: Uint8Array, request: Request, keyed: KeyedRequest): FirstAnswer {
  const decipher = createDecipheriv("aes-256-gcm", sealingKey(request, keyed), sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return JSON.parse(decipher.update(sealed.subarray(28), undefined, "utf8") + decipher.final("utf8"));
}

function sealingKey({ headers }: Request, { key }: KeyedRequest): Uint8Array {
  const secret = (headers.get("Authorization") ?? "").replace(/^Bearer +/i, "").trim();
  return new Uint8Array(hkdfSync("sha256", secret, key, "chargehand idempotency", 32));
}
