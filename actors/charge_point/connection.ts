/**
 * What the actors know of a WebSocket: a handful of verbs. The transports in `api/` implement it, one over `ws` and one over
 * `Deno.upgradeWebSocket`; nothing below them knows which one it talks to.
 */
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
