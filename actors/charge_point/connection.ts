/**
 * One connection of a charge point. The transports in `api/` implement `Connection`, which is all that the actors know of a WebSocket, and use
 * `Session`, which is all that they know of the actors. When a newer connection takes over, the older one changes nothing any more.
 */
import type { Ref } from "../runtime/actor.ts";
import type { Commands } from "./commands.ts";
import { type ConnectionCause, diagnosis } from "./connection_causes.ts";
import type { ConnectionDiagnostics } from "./connection_diagnostics.ts";
import type { HandlerContext } from "./handler_context.ts";
import type { LastSeen } from "./last_seen.ts";
import type { Heard, NotedMessages } from "./noted_messages.ts";

/** A WebSocket, with as much as the actors need. */
export interface Connection {
  /** The charge point's address, for people: behind a proxy it is the proxy's. */
  readonly remoteAddress: string;
  /** How it reaches us, such as `http://cs.example:8080`, by the Host that it dialled; undefined when it said none that could be one. */
  readonly dialled?: string | undefined;
  /** Queues one text frame. Silently nothing once the socket is closing: the other side will ask again. */
  send(text: string): void;
  /** Starts the closing handshake and cuts the connection when the other side does not take part. */
  close(code: number, reason: string): void;
}

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

/** Close codes that we use (RFC 6455 7.4.1 and its registry). */
export const CLOSE = {
  /** Ended as wanted: the charge point was deleted, its credentials changed, or a newer connection replaced this one. */
  normal: 1000,
  /** Too many unreadable frames, or more than the mailbox holds. */
  policyViolation: 1008,
  /** The charge point's actor failed; a new connection starts with a clean slate. */
  internalError: 1011,
  /** The Central System restarts. */
  serviceRestart: 1012,
  /** The database is away: an offline charge point queues what an online one would give up. */
  tryAgainLater: 1013,
} as const;

/** What a connection tells the charge point's actor. */
export type ConnectionMail =
  | { readonly kind: "opened" | "commandWaits" | "changed" }
  | ({ readonly kind: "received" } & Heard);

/** While a charge point is connected, its last sign of life is known here; for its row it is told this often. */
const TELL_LAST_SEEN_MS = 1000;

/** What all connections share. */
export interface Shared {
  readonly commands: Commands;
  readonly lastSeen: LastSeen;
  readonly diagnostics: ConnectionDiagnostics;
}

/** A connection between its socket and its actor. Methods instead of closures: there is one of these for each of very many charge points. */
export class LiveConnection implements Session {
  readonly since: Date;
  lastSeenAt: Date;
  actor: Ref<ConnectionMail> | null = null;
  /** `current` until a newer connection has taken over or this one has ended. */
  state: "current" | "replaced" | "ended" = "current";
  #toldUntilMs = -Infinity;

  /** `left` runs when the socket of the current connection has gone. */
  constructor(
    readonly context: HandlerContext,
    readonly connection: Connection,
    readonly messages: NotedMessages,
    readonly shared: Shared,
    readonly left: (live: LiveConnection) => void,
  ) {
    this.since = this.lastSeenAt = context.clock.now();
  }

  get identity(): string {
    return this.context.chargePoint.identity;
  }

  alive(): void {
    if (this.state !== "current") return;
    this.lastSeenAt = this.context.clock.now();
    if (this.lastSeenAt.getTime() >= this.#toldUntilMs) this.tellLastSeen();
  }

  /** Tells when and where the charge point was heard last, for its row. */
  tellLastSeen(): void {
    this.#toldUntilMs = this.lastSeenAt.getTime() + TELL_LAST_SEEN_MS;
    this.shared.lastSeen.seen(this.identity, this.lastSeenAt, this.connection);
  }

  received(text: string): boolean {
    this.alive();
    return this.state !== "current" || this.actor!.tell({ kind: "received", text, at: this.lastSeenAt });
  }

  odd(cause: ConnectionCause, found: string): void {
    const { identity, connection: { remoteAddress: address } } = this;
    this.shared.diagnostics.note({ identity, address }, diagnosis(cause, found, identity));
  }

  closed(): void {
    if (this.state !== "current") return;
    this.left(this);
    void this.actor!.stop();
  }

  /** Counts what the charge point does wrong, by kind. */
  deviated(kinds: readonly string[]): void {
    for (const kind of kinds) this.context.counts.deviations.inc({ kind });
    this.shared.lastSeen.deviated(this.identity, kinds);
  }

  /** Says goodbye to the socket and ends the actor. */
  end(code: number, reason: string): void {
    this.connection.close(code, reason);
    void this.actor?.stop();
  }
}
