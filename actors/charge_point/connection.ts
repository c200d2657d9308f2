/**
 * One connection of a charge point. `Connection` is the WebSocket for the actors; the transports in `api/` implement it. `Session` is the actor for the
 * transports. After a newer connection has replaced this one, its methods do nothing.
 */
import type { Ref } from "../runtime/actor.ts";
import type { Commands } from "./commands.ts";
import { type ConnectionCause, diagnosis } from "./connection_causes.ts";
import type { ConnectionDiagnostics } from "./connection_diagnostics.ts";
import type { HandlerContext } from "./handler_context.ts";
import type { LastSeen } from "./last_seen.ts";
import type { Frame, NotedMessages } from "./noted_messages.ts";

/** A WebSocket, as the actors use it. */
export interface Connection {
  /** The client's IP address; behind a proxy it is the proxy's. */
  readonly remoteAddress: string;
  /** The base URL from the Host header, such as `http://cs.example:8080`; undefined: there was no valid one. */
  readonly dialled?: string | undefined;
  /** Queues one text frame. Does nothing once the socket is closing: the charge point sends its CALL again. */
  send(text: string): void;
  /** Starts the closing handshake. If the charge point does not answer it, the connection is cut. */
  close(code: number, reason: string): void;
}

/** The interface with which a transport passes on what happens to a socket. Calls after a takeover are ignored. */
export interface Session {
  /** A text frame arrived. Returns false if the mailbox is full: the transport must then close the connection. */
  received(text: string): boolean;
  /** A pong or another control frame arrived. */
  alive(): void;
  /** The transport found a problem. */
  odd(cause: ConnectionCause, found: string): void;
  /** The socket is closed, for any reason. */
  closed(): void;
}

/** The close codes that the Central System uses (RFC 6455 7.4.1 and its registry). */
export const CLOSE = {
  /** The charge point was deleted, its credentials changed, or a newer connection replaced this one. */
  normal: 1000,
  /** Too many unreadable frames, or more than the mailbox holds. */
  policyViolation: 1008,
  /** The charge point's actor failed; a new connection gets a new actor. */
  internalError: 1011,
  /** The Central System restarts. */
  serviceRestart: 1012,
  /** The database does not answer: an offline charge point queues messages that an online one would give up. */
  tryAgainLater: 1013,
} as const;

/** The mail of a connection to the charge point's actor. */
export type ConnectionMail =
  | { readonly kind: "opened" | "commandWaits" | "changed" }
  | ({ readonly kind: "received" } & Frame);

/** Minimum interval of reports to `LastSeen`. The exact time of a connected charge point is in its connection. */
const REPORT_INTERVAL_MS = 1000;

/** The parts that all connections share. */
export interface Shared {
  readonly commands: Commands;
  readonly lastSeen: LastSeen;
  readonly diagnostics: ConnectionDiagnostics;
}

/** An open connection, between its socket and its actor. It has methods and no closures, to save memory: there may be very many. */
export class LiveConnection implements Session {
  readonly since: Date;
  lastSeenAt: Date;
  actor: Ref<ConnectionMail> | null = null;
  /** `current` until a newer connection has taken over or this one has ended. */
  state: "current" | "replaced" | "ended" = "current";
  #reportDueAtMs = -Infinity;

  /** `left` is called when the socket of the current connection is closed. */
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
    if (this.lastSeenAt.getTime() >= this.#reportDueAtMs) this.reportLastSeen();
  }

  /** Reports when and where the charge point was last seen to `LastSeen`. */
  reportLastSeen(): void {
    this.#reportDueAtMs = this.lastSeenAt.getTime() + REPORT_INTERVAL_MS;
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

  /** Counts deviations from the specification, by kind. */
  deviated(kinds: readonly string[]): void {
    for (const kind of kinds) this.context.counts.deviations.inc({ kind });
    this.shared.lastSeen.deviated(this.identity, kinds);
  }

  /** Closes the socket and ends the actor. */
  end(code: number, reason: string): void {
    this.connection.close(code, reason);
    void this.actor?.stop();
  }
}
