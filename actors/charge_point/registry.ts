/**
 * The registry of the charge points that are connected to this process. Each connection has its own actor. A new connection of a charge point replaces
 * the older one at once; frames and events of the older connection are then ignored.
 */
import type { ChargePoint } from "../../db/charge_points.ts";
import type { ConnectionAttempt } from "../../db/connection_attempts.ts";
import type { NewEvent } from "../../db/events.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import { type Admission, admit, type Attempt, unavailable } from "./admission.ts";
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
import { LastSeen, type Seen } from "./last_seen.ts";

/** An open connection, as the API shows it. */
export interface ConnectionFacts {
  readonly connected: true;
  readonly since: Date;
  readonly remoteAddress: string;
  readonly lastSeenAt: Date;
}

/** Size of a mailbox beyond the burst that a charge point may send: for commands, and for frames that arrive while the database is slow. */
const MAILBOX_SPARE = 100;

/** At an outage of the database the connections are closed one after the other, over this time. */
const CLOSE_ALL_MS = 10_000;

/** The parts of the app that the registry uses. */
export interface ChargePointsApp {
  readonly store: Store;
  readonly settings: Settings;
  readonly system: ActorSystem;
  /** Records an event about a connection. */
  readonly recordEvent?: (event: NewEvent) => void;
  /** Publishes signals about charge points; by default without listeners. */
  readonly signals?: Signals;
}

/** All charge points of this process, and the parts that their connections share. */
export class ChargePoints {
  /** Sends, cancels and counts commands. */
  readonly commands: Commands;
  /** Transports report problems with connections and connection attempts here. */
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
  /** Number of edits of each charge point, to detect an edit between an admission and its connection. */
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
    this.#watch = new DatabaseWatch(system, store, () => this.#closeAll());
  }

  get clock(): Clock {
    return this.system.clock;
  }

  /** Decides about a connection attempt. Never throws: during an outage the attempt is refused with Retry-After. */
  async admit(attempt: Attempt): Promise<Admission> {
    if (this.#closing || this.#watch.outage) return unavailable(attempt.identity);
    const edits = this.#edits.get(attempt.identity) ?? 0;
    try {
      const admission = await admit(attempt, this, this.clock.now());
      if (admission.admitted) this.#decidedAt.set(admission.chargePoint, edits);
      return admission;
    } catch (error) {
      this.system.log.error(
        `${attempt.identity} could not be read from the database; its connection is refused with Retry-After`,
        { error },
      );
      return unavailable(attempt.identity);
    }
  }

  /** Starts the actor of an admitted connection. */
  connect(chargePoint: ChargePoint, connection: Connection): Session {
    const { identity } = chargePoint;
    const { log, counts } = this.system;
    // After an edit, a deletion or a shutdown since the admission the charge point must connect again.
    const edits = this.#edits.get(identity) ?? 0;
    const outdated = (this.#decidedAt.get(chargePoint) ?? edits) !== edits;
    if (this.#closing || outdated) return closedSession(connection);
    const older = this.#live.get(identity);
    const { store, settings, signals, triggers, clock } = this;
    const handlerContext: HandlerContext = { chargePoint, store, settings, clock, log, counts, signals, triggers };
    const live = new LiveConnection(handlerContext, connection, this.#messages.of(identity), this, (left) => {
      this.#ended(left, "the connection ended");
      log.info(`${identity} disconnected`);
    });
    this.#live.set(identity, live);
    live.actor = this.system.spawn(`charge point ${identity}`, (context) => new ChargePointActor(context, live), {
      mailboxLimit: this.settings.messageBurst + MAILBOX_SPARE,
    });
    log.info(`${identity} connected${older ? " and replaces its older connection" : ""}`, {
      address: connection.remoteAddress,
    });
    live.reportLastSeen();
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

  /** The open connection of a charge point; undefined: it is not connected. */
  connection(identity: string): ConnectionFacts | undefined {
    const live = this.#live.get(identity);
    if (!live) return undefined;
    const { since, lastSeenAt, connection: { remoteAddress } } = live;
    return { connected: true, since, lastSeenAt, remoteAddress };
  }

  connectedIdentities(): string[] {
    return [...this.#live.keys()];
  }

  /** The base URL with which a charge point last connected, from its Host header; undefined: not known. Throws StoreError. */
  async dialled(identity: string): Promise<string | undefined> {
    return this.#live.get(identity)?.connection.dialled ?? this.unwritten(identity)?.dialled ??
      (await this.store.chargePoints.find(identity))?.dialled ?? undefined;
  }

  /** When the charge point was last seen, and its deviations, as far as they are not in the row yet. */
  unwritten(identity: string): Seen | undefined {
    return this.lastSeen.unwritten(identity);
  }

  /** Call after the row was edited: the actor reads it again. */
  changed(identity: string): void {
    this.#edited(identity);
    this.#live.get(identity)?.actor?.tell({ kind: "changed" });
    this.signals.publish({ kind: "chargePointChanged", chargePoint: identity });
  }

  /** Ends the connection, after the charge point was deleted or its credentials changed. */
  disconnect(identity: string, reason: string): void {
    this.#edited(identity);
    this.signals.publish({ kind: "chargePointChanged", chargePoint: identity });
    const live = this.#live.get(identity);
    if (!live) return;
    this.#ended(live, reason);
    live.end(CLOSE.normal, reason);
  }

  #edited(identity: string): void {
    this.#edits.set(identity, (this.#edits.get(identity) ?? 0) + 1);
  }

  /** Why connections are refused: what is wrong with the database. Undefined while they are accepted. */
  outage(): string | undefined {
    return this.#watch.outage;
  }

  /** Removes the current connection of a charge point. */
  #ended(live: LiveConnection, reason: string): void {
    live.state = "ended";
    this.#live.delete(live.identity);
    this.#publishEnd(live, reason);
  }

  #publishEnd(live: LiveConnection, reason: string): void {
    const { identity, since, connection } = live;
    live.reportLastSeen();
    this.signals.publish({ kind: "disconnected", chargePoint: identity });
    this.recordEvent({
      type: "chargePoint.disconnected",
      timestamp: this.clock.now(),
      chargePoint: identity,
      data: { remoteAddress: connection.remoteAddress, since: since.toISOString(), reason },
    });
  }

  #closeAll(): void {
    const all = [...this.#live];
    for (const [index, [identity, live]] of all.entries()) {
      this.clock.after(index / all.length * CLOSE_ALL_MS, () => {
        if (this.#live.get(identity) !== live) return;
        this.#ended(live, "the database does not answer");
        live.end(CLOSE.tryAgainLater, "the database does not answer");
      });
    }
  }

  /** Closes all connections and ends the actors. */
  async shutdown(): Promise<void> {
    this.#closing = true;
    const all = [...this.#live.values()];
    this.#live.clear(); // later frames are ignored; the charge points send them again, because they get no answer
    for (const live of all) {
      live.state = "ended";
      this.#publishEnd(live, "the Central System shuts down");
    }
    await Promise.all(all.map(({ actor }) => actor?.stop("shutdown")));
    await this.system.shutdown();
  }
}

/** Closes a connection that has no actor. */
function closedSession(connection: Connection): Session {
  connection.close(CLOSE.serviceRestart, "connect again");
  return { received: () => true, alive() {}, odd() {}, closed() {} };
}

function attemptEvent({ id, at, address, identity, cause, found, cure }: ConnectionAttempt): NewEvent {
  const data = { attemptId: id, address, cause, found, cure };
  return { type: "connectionAttempt.recorded", timestamp: at, chargePoint: identity, data };
}
