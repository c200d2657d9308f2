/**
 * Records problems with connections and connection attempts. Repeats with the same address, identity and cause within a minute are one row and one log line,
 * so that many attempts do not fill the table and the log. Memory is bounded, and rows are written in the background.
 */
import type { ConnectionAttempt } from "../../db/connection_attempts.ts";
import type { Store } from "../../db/store.ts";
import { replaceUnstorable } from "../../ocpp/types/text.ts";
import type { Actor, ActorSystem, Context, Ref } from "../runtime/actor.ts";
import { type Diagnosis, diagnosis } from "./connection_causes.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";

/** The client that a diagnosis is about. The identity is null if there was none that could be read. */
export interface Subject {
  readonly address: string;
  readonly identity: string | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Rows per minute, at most; more problems are dropped. */
const ROWS_PER_MINUTE = 1000;
/** Rows of one address per minute with an identity; more identities share one row without an identity. */
const ROWS_OF_ADDRESS = 100;
/** Rows that may wait for the database, at most. */
const UNWRITTEN_MAX = 5000;

const WRITE_MS = 1000;
const RETRY_MS = 5000;

/** A charge point that connects this often within a minute is reported as flapping. */
export const FLAPPING_PER_MINUTE = 5;

const FOUND_MAX_LENGTH = 300;
const REMOVED_MAX = 20_000;

/** Options of the diagnostics; `recorded` is called with each new row. */
export interface DiagnosticsOptions {
  readonly retentionDays: number;
  readonly recorded?: (attempt: ConnectionAttempt) => void;
}

type DiagnosticsMail =
  | { readonly kind: "found"; readonly subject: Subject; readonly diagnosis: Diagnosis }
  | { readonly kind: "connected"; readonly identity: string; readonly address: string }
  | { readonly kind: "writeDue" };

/** The interface of the diagnostics actor. */
export class ConnectionDiagnostics {
  readonly #actor: Ref<DiagnosticsMail>;

  constructor(system: ActorSystem, store: Store, options: DiagnosticsOptions) {
    const create = (context: Context<DiagnosticsMail>) => new DiagnosticsActor(context, system, store, options);
    this.#actor = system.spawn("connection diagnostics", create, { restartsPerMinute: 60, drains: true });
  }

  /** Records a problem. Never throws. */
  note(subject: Subject, diagnosis: Diagnosis): void {
    this.#actor.tell({ kind: "found", subject, diagnosis });
  }

  /** Call when a charge point has connected. Too many connections within a minute are a problem. */
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
    this.#dropBefore(now.getTime() - MINUTE_MS);
    const hasManyRows = (this.#byAddress.get(address) ?? 0) >= ROWS_OF_ADDRESS;
    const known = this.#recent.get(keyOf(address, identity, cause)) ??
      (hasManyRows ? this.#recent.get(keyOf(address, null, cause)) : undefined);
    if (known) {
      known.count++;
      known.lastAt = now;
      return this.#keep(known);
    }
    if (this.#recent.size >= ROWS_PER_MINUTE) return void this.#lost++;
    const storable = replaceUnstorable(found.slice(0, FOUND_MAX_LENGTH));
    const shownIdentity = hasManyRows ? null : identity;
    const attempt = {
      id: uuidVersion7(now),
      at: now,
      lastAt: now,
      count: 1,
      address,
      identity: shownIdentity,
      cause,
      found: storable,
      cure,
    };
    this.#recent.set(keyOf(address, shownIdentity, cause), attempt);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    const client = shownIdentity ?? "An unknown client";
    this.system.log.warn(`${client} has a connection problem: ${storable}`, { cause, address, cure });
    this.options.recorded?.({ ...attempt });
    this.#keep(attempt);
  }

  #connected(identity: string, address: string): void {
    const nowMs = this.context.clock.monotonicMs();
    const recent = [...this.#connects.get(identity) ?? [], nowMs].filter((at) => at > nowMs - MINUTE_MS);
    // Deleted and set again, so that the charge points that connected longest ago are first in the map.
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

  #dropBefore(beginMs: number): void {
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
      this.system.log.warn("Connection attempts could not be recorded; retrying soon", { error });
      this.#writeIn(RETRY_MS);
    }
    if (this.#lost > 0) {
      this.system.log.warn(`${this.#lost} connection problems were not recorded: there are too many`);
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

  /** Removes old rows, once a day. */
  async #tidy(): Promise<void> {
    const nowMs = this.context.clock.now().getTime();
    const day = Math.floor(nowMs / DAY_MS);
    if (day === this.#tidiedDay) return;
    const keptFrom = new Date(nowMs - this.options.retentionDays * DAY_MS);
    while (await this.store.connectionAttempts.removeBefore(keptFrom) >= REMOVED_MAX);
    this.#tidiedDay = day;
  }
}

function keyOf(address: string, identity: string | null, cause: string): string {
  return `${address} ${cause} ${identity ?? ""}`;
}
