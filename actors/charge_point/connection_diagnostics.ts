/**
 * Remembers why charge points could not connect, or did so in an odd way. Repeats of the same address, identity and cause within a minute
 * are one row and one log line, so that a storm of attempts floods neither; everything is bounded and written in the background.
 */
import type { ConnectionAttempt } from "../../db/connection_attempts.ts";
import type { Store } from "../../db/store.ts";
import { replaceUnstorable } from "../../ocpp/types/text.ts";
import type { Actor, ActorSystem, Context, Ref } from "../runtime/actor.ts";
import { type Diagnosis, diagnosis } from "./connection_causes.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";

/** Where a diagnosis was made. The identity is null where none could be read. */
export interface Subject {
  readonly address: string;
  readonly identity: string | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Rows of one minute; of one address, beyond which its identities are no longer told apart; and rows that may wait for the database. */
const ROWS_PER_MINUTE = 1000;
const ROWS_OF_ADDRESS = 100;
const UNWRITTEN_MAX = 5000;

const WRITE_MS = 1000;
const RETRY_MS = 5000;

/** So many connections of one charge point within a minute are no accident. */
export const FLAPPING_PER_MINUTE = 5;

const FOUND_MAX_LENGTH = 300;
const REMOVED_AT_ONCE = 20_000;

/** What the diagnostics needs besides; `recorded` runs with each new row. */
export interface DiagnosticsOptions {
  readonly retentionDays: number;
  readonly recorded?: (attempt: ConnectionAttempt) => void;
}

type DiagnosticsMail =
  | { readonly kind: "found"; readonly subject: Subject; readonly diagnosis: Diagnosis }
  | { readonly kind: "connected"; readonly identity: string; readonly address: string }
  | { readonly kind: "writeDue" };

/** The diagnostics of all connections and attempts at one. */
export class ConnectionDiagnostics {
  readonly #actor: Ref<DiagnosticsMail>;

  constructor(system: ActorSystem, store: Store, options: DiagnosticsOptions) {
    const create = (context: Context<DiagnosticsMail>) => new DiagnosticsActor(context, system, store, options);
    this.#actor = system.spawn("connection diagnostics", create, { restartsPerMinute: 60, drains: true });
  }

  /** Something was refused or odd. Never throws. */
  note(subject: Subject, diagnosis: Diagnosis): void {
    this.#actor.tell({ kind: "found", subject, diagnosis });
  }

  /** A charge point has connected. Too often within a minute is a symptom of its own. */
  connected(identity: string, address: string): void {
    this.#actor.tell({ kind: "connected", identity, address });
  }
}

class DiagnosticsActor implements Actor<DiagnosticsMail> {
  /** Rows of the last minute, oldest first, and how many each address has. */
  readonly #recent = new Map<string, ConnectionAttempt>();
  readonly #byAddress = new Map<string, number>();
  readonly #unwritten = new Set<ConnectionAttempt>();
  readonly #connects = new Map<string, number[]>();
  #tidiedDay: number | undefined;
  #lost = 0;

  constructor(
    readonly context: Context<DiagnosticsMail>,
    readonly system: ActorSystem,
    readonly store: Store,
    readonly options: DiagnosticsOptions,
  ) {}

  receive(mail: DiagnosticsMail): void | Promise<void> {
    switch (mail.kind) {
      case "found":
        return this.#found(mail.subject, mail.diagnosis);
      case "connected":
        return this.#connected(mail.identity, mail.address);
      case "writeDue":
        return this.#write();
    }
  }

  stopped(): Promise<void> {
    return this.#record();
  }

  #found({ address, identity }: Subject, { cause, found, cure }: Diagnosis): void {
    this.system.counts.refusals.inc({ cause });
    const now = this.context.clock.now();
    this.#forgetOlderThan(now.getTime() - MINUTE_MS);
    const isOneOfMany = (this.#byAddress.get(address) ?? 0) >= ROWS_OF_ADDRESS;
    const known = this.#recent.get(keyOf(address, identity, cause)) ??
      (isOneOfMany ? this.#recent.get(keyOf(address, null, cause)) : undefined);
    if (known) {
      known.count++;
      known.lastAt = now;
      return this.#keep(known);
    }
    if (this.#recent.size >= ROWS_PER_MINUTE) return void this.#lost++;
    const said = replaceUnstorable(found.slice(0, FOUND_MAX_LENGTH));
    const who = isOneOfMany ? null : identity;
    const attempt = {
      id: uuidVersion7(now),
      at: now,
      lastAt: now,
      count: 1,
      address,
      identity: who,
      cause,
      found: said,
      cure,
    };
    this.#recent.set(keyOf(address, who, cause), attempt);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    this.system.log.warn(`${who ?? "An unknown client"} did not connect well: ${said}`, { cause, address, cure });
    this.options.recorded?.({ ...attempt });
    this.#keep(attempt);
  }

  #connected(identity: string, address: string): void {
    const nowMs = this.context.clock.monotonicMs();
    const recent = [...this.#connects.get(identity) ?? [], nowMs].filter((at) => at > nowMs - MINUTE_MS);
    // Put at the end: those who have not connected for a minute are found at the beginning.
    this.#connects.delete(identity);
    this.#connects.set(identity, recent.slice(-FLAPPING_PER_MINUTE));
    for (const [other, times] of this.#connects) {
      if (times.at(-1)! > nowMs - MINUTE_MS) break;
      this.#connects.delete(other);
    }
    if (recent.length < FLAPPING_PER_MINUTE) return;
    const found = `it connected ${recent.length} times within a minute`;
    this.#found({ identity, address }, diagnosis("flapping", found));
  }

  #forgetOlderThan(beginMs: number): void {
    for (const [key, { at, address }] of this.#recent) {
      if (at.getTime() > beginMs) break;
      this.#recent.delete(key);
      const rows = this.#byAddress.get(address)! - 1;
      if (rows === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, rows);
    }
  }

  #keep(attempt: ConnectionAttempt): void {
    if (this.#unwritten.size >= UNWRITTEN_MAX && !this.#unwritten.has(attempt)) return void this.#lost++;
    this.#unwritten.add(attempt);
    this.#writeIn(WRITE_MS);
  }

  #writeIn(ms: number): void {
    this.context.after(ms, { kind: "writeDue" }, "write");
  }

  async #write(): Promise<void> {
    try {
      await this.#record();
      await this.#tidy();
    } catch (error) {
      this.system.log.warn("Connection attempts could not be written; tried again", { error });
      this.#writeIn(RETRY_MS);
    }
    if (this.#lost > 0) {
      this.system.log.warn(`${this.#lost} connection attempts were not told apart: there are too many`);
      this.#lost = 0;
    }
  }

  async #record(): Promise<void> {
    const attempts = [...this.#unwritten];
    this.#unwritten.clear();
    try {
      await this.store.connectionAttempts.record(attempts);
    } catch (error) {
      for (const attempt of attempts) this.#unwritten.add(attempt);
      throw error;
    }
  }

  /** Once a day, what is too old goes. */
  async #tidy(): Promise<void> {
    const nowMs = this.context.clock.now().getTime();
    const day = Math.floor(nowMs / DAY_MS);
    if (day === this.#tidiedDay) return;
    const keptFrom = new Date(nowMs - this.options.retentionDays * DAY_MS);
    while (await this.store.connectionAttempts.removeBefore(keptFrom) >= REMOVED_AT_ONCE);
    this.#tidiedDay = day;
  }
}

function keyOf(address: string, identity: string | null, cause: string): string {
  return `${address} ${cause} ${identity ?? ""}`;
}
