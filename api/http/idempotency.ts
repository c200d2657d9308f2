/**
 * `Idempotency-Key` on any POST: the same request with the same key takes effect once and gets the first answer again for 24 hours, also
 * after a restart. The key is in the database before the request takes effect. When the process dies between the two, nobody can
 * know whether it did; the key then stays interrupted and the operator decides, because doing it twice would be worse.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { KeyedRequest, KeyState } from "../../db/idempotency_keys.ts";
import type { App } from "./app.ts";
import { invalid, Problem, problemResponse } from "./problem.ts";

const KEPT_MS = 24 * 3600 * 1000;
const FORGET_EVERY_MS = 60 * 1000;

const KEY = /^[\x21-\x7e]{1,255}$/;

/** What of an answer is repeated. */
interface FirstAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export class Idempotency {
  /**
   * How many requests of this process may have a key without its answer being kept, from before the database knows of it until after.
   * One whose answer could not be kept is told from those.
   */
  readonly #running = new Map<string, number>();
  #forgotAtMs = -Infinity;

  constructor(readonly app: App) {}

  /**
   * Answers a POST: by `work`, or as the first time. `asked` is what was asked for, checked already: what is refused before that
   * never takes effect and is not kept. Throws the problems of a key that cannot be used.
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
    // The first request may have been answered after this one looked: then its answer is there now.
    if (this.#isLeft(keyed, known)) known = await this.#begin(keyed, now, keptFrom);
    if (known.state !== "begun") return this.#again(request, keyed, known);
    this.#forget(keptFrom);
    try {
      return await this.#first(request, keyed, work);
    } finally {
      this.#leave(keyed);
    }
  }

  /** Whoever has begun counts as running until it leaves. */
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

  /** It ran in this process and has no answer, but nobody runs it any more. */
  #isLeft(keyed: KeyedRequest, known: KeyState): boolean {
    return known.state === "running" && !known.elsewhere && !this.#running.has(nameOf(keyed));
  }

  /** A request that fails has been answered, too: whether it took effect is not to be tried by doing it again. */
  async #first(request: Request, keyed: KeyedRequest, work: () => Promise<Response>): Promise<Response> {
    const { store, log } = this.app;
    const response = await work().catch((error) => problemResponse(error, request, log));
    const body = response.body === null ? null : await response.text();
    const { status } = response;
    const first = { status, headers: Object.fromEntries(response.headers), body };
    await store.idempotencyKeys.finish(keyed, seal(first, request, keyed)).catch((error) =>
      log.error(`The answer to an Idempotency-Key could not be kept; a repetition is refused`, { error })
    );
    return new Response(body, { status, headers: response.headers });
  }

  #again(request: Request, keyed: KeyedRequest, known: Exclude<KeyState, { state: "begun" }>): Response {
    if (keyed.fingerprint.toHex() !== known.fingerprint.toHex()) {
      throw new Problem("idempotency-key-reuse", "Another request was sent with this Idempotency-Key; use a new one");
    }
    if (known.state === "answered") {
      const { status, headers, body } = unseal(known.answer, request, keyed);
      return new Response(body, { status, headers: { ...headers, "Idempotency-Replayed": "true" } });
    }
    if (known.state === "running" && !this.#isLeft(keyed, known)) {
      throw new Problem("idempotency-key-in-use", "The first request with this Idempotency-Key is still running", SOON);
    }
    throw new Problem(
      "idempotency-key-interrupted",
      "The first request was interrupted, and whether it took effect is not known. Look at what it was about, then use a new key",
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

/** The same request in other white space is the same request. */
function fingerprintOf({ url }: Request, asked: unknown): Uint8Array {
  const { pathname, search } = new URL(url);
  return new Uint8Array(createHash("sha256").update(JSON.stringify([pathname, search, asked ?? null])).digest());
}

/**
 * An answer may hold a secret that is shown once and of which only a hash is kept. It is therefore sealed (AES-256-GCM) under
 * the API key itself, which the database does not have: only who may have the answer again can open it.
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
