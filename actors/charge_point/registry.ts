/**
 * The registry: which charge points are connected to this process. Each connection gets an actor of its own; a newer connection of the same
 * charge point replaces the older one at once, and what the older one still says or does afterwards changes nothing.
 */
import type { ChargePoint } from "../../db/charge_points.ts";
import type { ConnectionAttempt } from "../../db/connection_attempts.ts";
import type { NewEvent } from "../../db/events.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import { type Admission, admit, type Attempt, away } from "./admission.ts";
import { ChargePointActor } from "./charge_point.ts";
import { Commands } from "./commands.ts";
import { CLOSE, type Connection, LiveConnection, type Session } from "./connection.ts";
import { ConnectionDiagnostics } from "./connection_diagnostics.ts";
import { DatabaseWatch } from "../database/database_watch.ts";
import type { Clock } from "../runtime/clock.ts";
import { PasswordThrottle } from "./credentials.ts";
import { MessageLog } from "./message_log.ts";
import { Signals } from "../runtime/signals.ts";
import { Triggers } from "../remote_trigger/triggers.ts";
import type { HandlerContext } from "./handler_context.ts";
import type { Settings } from "../settings/settings.ts";
import { LastSeen, type Sighting } from "./last_seen.ts";

/** Facts about a live connection. */
export interface ConnectionFacts {
  readonly connected: true;
  readonly since: Date;
  readonly remoteAddress: string;
  readonly lastSeenAt: Date;
}

/** Mail that may wait besides the burst that a charge point may send: commands, and what its steady rate adds while the database is slow. */
const MAILBOX_SPARE = 100;

/** At an outage the connections are closed over this time, not at one instant. */
const SWEEP_MS = 10_000;

/** What the registry is built from. */
export interface ChargePointsApp {
  readonly store: Store;
  readonly settings: Settings;
  readonly system: ActorSystem;
  /** Hears of connections. */
  readonly recordEvent?: (event: NewEvent) => void;
  /** Where charge points' signals are told; new ones without listeners when absent. */
  readonly signals?: Signals;
}

/** All charge points of this process. What it holds is shared by their connections. */
export class ChargePoints {
  /** Sends, cancels and counts commands. */
  readonly commands: Commands;
  /** Transports tell it what went wrong with a connection or an attempt at one. */
  readonly diagnostics: ConnectionDiagnostics;
  readonly lastSeen: LastSeen;
  readonly store: Store;
  readonly settings: Settings;
  readonly system: ActorSystem;
  readonly recordEvent: (event: NewEvent) => void;
  readonly signals: Signals;
  readonly passwordThrottle: PasswordThrottle;
  readonly triggers: Triggers;
  readonly #live = new Map<string, LiveConnection>();
  /** How often each row was edited, so that an admission that was decided by an older one can be told. */
  readonly #edits = new Map<string, number>();
  readonly #decidedAt = new WeakMap<ChargePoint, number>();
  #closing = false;
  readonly #messages: MessageLog;
  readonly #watch: DatabaseWatch;

  constructor({ store, settings, system, recordEvent = () => {}, signals = new Signals(system.log) }: ChargePointsApp) {
    this.store = store;
    this.settings = settings;
    this.system = system;
    this.recordEvent = recordEvent;
    this.signals = signals;
    this.passwordThrottle = new PasswordThrottle(system.clock);
    this.commands = new Commands(system, store, signals, (identity) => this.#live.get(identity)?.actor ?? undefined);
    this.triggers = new Triggers(system, store, signals);
    this.lastSeen = new LastSeen(system, store);
    this.diagnostics = new ConnectionDiagnostics(system, store, {
      retentionDays: settings.messageRetentionDays,
      recorded: (attempt) => recordEvent(attemptEvent(attempt)),
    });
    this.#messages = new MessageLog(system, store, settings.messageLog === "on");
    this.#watch = new DatabaseWatch(system, store, () => this.#sendAllAway());
  }

  get clock(): Clock {
    return this.system.clock;
  }

  /** Decides about a connection attempt. */
  async admit(attempt: Attempt): Promise<Admission> {
    if (this.#closing || !this.#watch.available) return away(attempt.identity);
    const edits = this.#edits.get(attempt.identity) ?? 0;
    try {
      const admission = await admit(attempt, this, this.clock.now());
      if (admission.admitted) this.#decidedAt.set(admission.chargePoint, edits);
      return admission;
    } catch (error) {
      this.system.log.error(`${attempt.identity} could not be looked up; it is asked to come back`, { error });
      return away(attempt.identity);
    }
  }

  /** Takes over an admitted connection. */
  connect(chargePoint: ChargePoint, connection: Connection): Session {
    const { identity } = chargePoint;
    const { log, counts } = this.system;
    // Edited, deleted or shut down between the decision and now: the charge point comes back and is decided about anew.
    const edits = this.#edits.get(identity) ?? 0;
    const outdated = (this.#decidedAt.get(chargePoint) ?? edits) !== edits;
    if (this.#closing || outdated) return turnedAway(connection);
    const older = this.#live.get(identity);
    const { store, settings, signals, triggers, clock } = this;
    const handlerContext: HandlerContext = { chargePoint, store, settings, clock, log, counts, signals, triggers };
    const live = new LiveConnection(handlerContext, connection, this.#messages.of(identity), this, (left) => {
      this.#gone(left, "the connection ended");
      log.info(`${identity} disconnected`);
    });
    this.#live.set(identity, live);
    live.actor = this.system.spawn(`charge point ${identity}`, (context) => new ChargePointActor(context, live), {
      mailboxLimit: this.settings.messageBurst + MAILBOX_SPARE,
    });
    log.info(`${identity} connected${older ? " and replaces its older connection" : ""}`, {
      address: connection.remoteAddress,
    });
    live.tellLastSeen();
    this.diagnostics.connected(identity, connection.remoteAddress);
    if (older) {
      older.state = "replaced";
      older.end(CLOSE.normal, "replaced by a newer connection");
    }
    this.recordEvent({
      type: "chargePoint.connected",
      timestamp: live.since,
      chargePoint: identity,
      data: { remoteAddress: connection.remoteAddress, replaced: older !== undefined },
    });
    live.actor.tell({ kind: "opened" });
    this.signals.publish({ kind: "connected", chargePoint: identity });
    return live;
  }

  /** Undefined: it is not connected. */
  connection(identity: string): ConnectionFacts | undefined {
    const live = this.#live.get(identity);
    if (!live) return undefined;
    const { since, lastSeenAt, connection: { remoteAddress } } = live;
    return { connected: true, since, lastSeenAt, remoteAddress };
  }

  connectedIdentities(): string[] {
    return [...this.#live.keys()];
  }

  /** How a charge point reaches us, by the host that it dialled last; undefined when it never said. Throws StoreError. */
  async dialled(identity: string): Promise<string | undefined> {
    return this.#live.get(identity)?.connection.dialled ?? this.unwritten(identity)?.dialled ??
      (await this.store.chargePoints.find(identity))?.dialled ?? undefined;
  }

  /** The last sign of life and the deviations that are not in the row yet. */
  unwritten(identity: string): Sighting | undefined {
    return this.lastSeen.unwritten(identity);
  }

  /** The row was edited: the actor reads it again. */
  changed(identity: string): void {
    this.#edited(identity);
    this.#live.get(identity)?.actor?.tell({ kind: "changed" });
    this.signals.publish({ kind: "chargePointChanged", chargePoint: identity });
  }

  /** Ends the connection: the charge point was deleted, or must prove itself anew. */
  disconnect(identity: string, why: string): void {
    this.#edited(identity);
    this.signals.publish({ kind: "chargePointChanged", chargePoint: identity });
    const live = this.#live.get(identity);
    if (!live) return;
    this.#gone(live, why);
    live.end(CLOSE.normal, why);
  }

  #edited(identity: string): void {
    this.#edits.set(identity, (this.#edits.get(identity) ?? 0) + 1);
  }

  /** Whether the database answers, so that connections are worth accepting. */
  available(): boolean {
    return this.#watch.available;
  }

  /** The charge point is not connected any more. */
  #gone(live: LiveConnection, reason: string): void {
    live.state = "ended";
    this.#live.delete(live.identity);
    this.#tellGone(live, reason);
  }

  #tellGone(live: LiveConnection, reason: string): void {
    const { identity, since, connection } = live;
    live.tellLastSeen();
    this.signals.publish({ kind: "disconnected", chargePoint: identity });
    this.recordEvent({
      type: "chargePoint.disconnected",
      timestamp: this.clock.now(),
      chargePoint: identity,
      data: { remoteAddress: connection.remoteAddress, since: since.toISOString(), reason },
    });
  }

  #sendAllAway(): void {
    const all = [...this.#live];
    for (const [index, [identity, live]] of all.entries()) {
      this.clock.after(index / all.length * SWEEP_MS, () => {
        if (this.#live.get(identity) !== live) return;
        this.#gone(live, "the database is away");
        live.end(CLOSE.tryAgainLater, "the database is away");
      });
    }
  }

  /** Closes all connections and ends the actors. */
  async shutdown(): Promise<void> {
    this.#closing = true;
    const all = [...this.#live.values()];
    this.#live.clear(); // what still comes in is not taken any more: it has no answer and will be sent again
    for (const live of all) {
      live.state = "ended";
      this.#tellGone(live, "the Central System shuts down");
    }
    await Promise.all(all.map(({ actor }) => actor?.stop("shutdown")));
    await this.system.shutdown();
  }
}

/** A session that is over before it began. */
function turnedAway(connection: Connection): Session {
  connection.close(CLOSE.serviceRestart, "come back");
  return { received: () => true, alive() {}, odd() {}, closed() {} };
}

function attemptEvent({ id, at, address, identity, cause, found, cure }: ConnectionAttempt): NewEvent {
  const data = { attemptId: id, address, cause, found, cure };
  return { type: "connectionAttempt.recorded", timestamp: at, chargePoint: identity, data };
}
