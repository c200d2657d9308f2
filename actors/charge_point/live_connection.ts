/**
 * One connection of a charge point, between its socket and its actor: the socket knows it as a session, the actor as its ports. When a newer
 * connection takes over, whatever the older one still says or does changes nothing.
 */
import type { Claimed, Command } from "../../db/commands.ts";
import type { Ref } from "../runtime/actor.ts";
import type { Outcome } from "./outgoing_calls.ts";
import type { ChargePointMail, ChargePointPorts } from "./charge_point.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Connection } from "./connection.ts";
import { type ConnectionCause, diagnosis } from "./connection_causes.ts";
import type { ConnectionDiagnostics } from "./connection_diagnostics.ts";
import type { Conversation } from "./noted_messages.ts";
import type { Dispatch } from "./dispatch.ts";
import type { HandlerContext } from "./handler_context.ts";
import type { LastSeen } from "./last_seen.ts";

/** A connected socket's way to its actor. All of them are harmless after a takeover. */
export interface Session {
  /** A text frame came. False: the mailbox is full, the transport shall close the connection. */
  received(text: string): boolean;
  /** A pong or another sign of life came. */
  alive(): void;
  /** Something came or happened that is no text frame and no good. */
  odd(cause: ConnectionCause, found: string): void;
  /** The socket is gone, for whatever reason. */
  closed(): void;
}

/** What all connections share. */
export interface Registered {
  readonly clock: Clock;
  readonly dispatch: Dispatch;
  readonly sightings: LastSeen;
  readonly diagnostics: ConnectionDiagnostics;
  /** Who is connected under this identity now. */
  current(identity: string): LiveConnection | undefined;
  /** Its socket has ended. */
  ended(live: LiveConnection): void;
}

/** One connection. Methods instead of closures: there is one of these for each of very many charge points. */
export class LiveConnection implements Session, ChargePointPorts {
  readonly since: Date;
  lastSeenAt: Date;
  actor: Ref<ChargePointMail> | null = null;

  constructor(
    readonly registered: Registered,
    readonly context: HandlerContext,
    readonly connection: Connection,
    readonly conversation: Conversation,
  ) {
    this.since = this.lastSeenAt = registered.clock.now();
  }

  get clock(): Clock {
    return this.registered.clock;
  }

  get identity(): string {
    return this.context.chargePoint.identity;
  }

  get isCurrent(): boolean {
    return this.registered.current(this.identity) === this;
  }

  alive(): void {
    if (!this.isCurrent) return;
    this.lastSeenAt = this.clock.now();
    this.registered.sightings.seen(this.identity, this.lastSeenAt, this.connection);
  }

  received(text: string): boolean {
    this.alive();
    return !this.isCurrent || this.actor!.tell({ kind: "received", text, at: this.lastSeenAt });
  }

  odd(cause: ConnectionCause, found: string): void {
    const { identity, connection: { remoteAddress: address } } = this;
    this.registered.diagnostics.note({ identity, address }, diagnosis(cause, found, identity));
  }

  closed(): void {
    if (!this.isCurrent) return;
    this.registered.ended(this);
    void this.actor!.stop();
  }

  isReplaced(): boolean {
    return (this.registered.current(this.identity) ?? this) !== this;
  }

  claimNext(messageId: string): Promise<Claimed | undefined> {
    return this.registered.dispatch.claimNext(this.identity, messageId);
  }

  loseUnsent(): Promise<void> {
    return this.registered.dispatch.connectionEnded(this.identity);
  }

  settle(command: Command, outcome: Outcome): Promise<void> {
    return this.registered.dispatch.settle(command, outcome);
  }

  deviated(kinds: readonly string[]): void {
    for (const kind of kinds) this.context.counts.deviations.inc({ kind });
    this.registered.sightings.deviated(this.identity, kinds);
  }

  /** Says goodbye to the socket and ends the actor. */
  end(code: number, reason: string): void {
    this.connection.close(code, reason);
    void this.actor?.stop();
  }
}
