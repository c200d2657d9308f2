/**
 * The operator in a test: a client of the HTTP API whose errors show the API's answer.
 */
import { assertEquals } from "@std/assert";
import type { ApiAnswer, CentralSystem } from "../harness.ts";
import type { ChargePoint } from "./charge_point.ts";
import type { Payload } from "./wire.ts";
import { eventually, within } from "./within.ts";

/** The fields of a command that the tests read. */
export interface Command {
  readonly id: string;
  readonly action: string;
  readonly state: string;
  readonly request: Payload;
  readonly confirmation: Payload | null;
  readonly error: { code: string; description: string; details: unknown } | null;
  readonly createdAt: string;
  readonly sentAt: string | null;
  readonly settledAt: string | null;
  readonly latencyMs: number | null;
}

/** The fields of a transaction that the tests read. */
export interface Transaction {
  readonly transactionId: number;
  readonly chargePoint: string;
  readonly connectorId: number;
  readonly idTag: string;
  readonly state: "active" | "ended";
  readonly meterStart: number;
  readonly meterStop: number | null;
  readonly energyWh: number | null;
  readonly reason: string | null;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
  readonly flags: string[];
  readonly reservationId: number | null;
}

/** The API refused a command without sending a request to the charge point. */
export class RefusedByApi extends Error {
  constructor(action: string, readonly status: number, body: unknown) {
    super(`The API refused ${action}: ${status} ${JSON.stringify(body)}`);
  }
}

/** Sends requests to the API and counts the commands that it gave to each charge point. */
export class Operator {
  readonly #central: Pick<CentralSystem, "api">;
  readonly #given = new Map<string, number>();

  constructor(central: Pick<CentralSystem, "api">) {
    this.#central = central;
  }

  /** Sends a request; returns the answer whatever its status is. */
  async request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer> {
    return await within(this.#central.api(method, path, body, headers), `${method} ${path} to be answered`);
  }

  /** Sends a GET that must succeed with 200; returns the body. */
  // deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
  async get(path: string): Promise<any> {
    const answer = await this.request("GET", path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Sends a PUT that must succeed with 200, 201 or 204. */
  async put(path: string, body: unknown): Promise<void> {
    const answer = await this.request("PUT", path, body);
    if (![200, 201, 204].includes(answer.status)) {
      throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
  }

  /** Starts a command without waiting for its end. A refusal by the API is returned, not thrown. */
  start(identity: string, action: string, request: Payload, query = "", prefer?: string): Promise<ApiAnswer> {
    const path = `/v1/charge-points/${encodeURIComponent(identity)}/commands/${action}${query}`;
    return this.startBy(identity, "POST", path, request, prefer);
  }

  /** Like `start`, with another request that makes the Central System give one command. */
  startBy(identity: string, method: string, path: string, body?: unknown, prefer?: string): Promise<ApiAnswer> {
    this.#given.set(identity, (this.#given.get(identity) ?? 0) + 1);
    const answered = this.request(method, path, body, prefer ? { Prefer: prefer } : undefined);
    // A test that does not await the answer must not fail with an unhandled rejection.
    answered.catch(() => {});
    return answered;
  }

  /**
   * Gives a command, expects exactly this request on the wire, lets the charge point confirm it, and expects the API to return the same
   * confirmation. Returns the ended command.
   */
  async command(cp: ChargePoint, action: string, request: Payload, confirmation: Payload): Promise<Command> {
    const answered = this.start(cp.identity, action, request);
    await this.whenSentOrRefused(cp, action, answered);
    assertEquals(await cp.expect(action), request, `${action} on the wire must be the operator's request`);
    cp.confirm(confirmation);
    const command: Command = (await answered).body;
    assertEquals({ state: command.state, confirmation: command.confirmation }, { state: "answered", confirmation });
    return command;
  }

  /**
   * Like `command`, but through a resource: `method path` makes the Central System send `action` with exactly this request. Returns the body.
   */
  async commandThrough(
    cp: ChargePoint,
    { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
    sent: { readonly action: string; readonly request: Payload; readonly confirmation: Payload },
    // deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
  ): Promise<any> {
    this.#given.set(cp.identity, (this.#given.get(cp.identity) ?? 0) + 1);
    const answered = this.request(method, path, body);
    await this.whenSentOrRefused(cp, sent.action, answered);
    assertEquals(
      await cp.expect(sent.action),
      sent.request,
      `${sent.action} on the wire must be the operator's request`,
    );
    cp.confirm(sent.confirmation);
    const answer = (await answered).body;
    assertEquals([answer.state, answer.confirmation], ["answered", sent.confirmation]);
    return answer;
  }

  /** Starts a synchronisation of the local list that takes one message, without waiting for its end. */
  startSync(identity: string, updateType: "Full" | "Differential"): Promise<ApiAnswer> {
    this.#given.set(identity, (this.#given.get(identity) ?? 0) + 1);
    const answered = this.request("POST", `/v1/charge-points/${encodeURIComponent(identity)}/local-list`, {
      updateType,
    });
    answered.catch(() => {});
    return answered;
  }

  /** The number of commands that this operator gave to the charge point. */
  commandCount(identity: string): number {
    return this.#given.get(identity) ?? 0;
  }

  /** The recorded commands of this charge point, newest first. */
  async commands(identity: string): Promise<Command[]> {
    return (await this.get(`/v1/commands?chargePoint=${encodeURIComponent(identity)}&limit=100`)).items;
  }

  /** Repeats a GET of `path` until `wanted` accepts the body; for states that no event announces. */
  // deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
  async until(path: string, wanted: (body: any) => boolean): Promise<any> {
    return await eventually(`${path} has the expected body`, async () => {
      const body = await this.get(path);
      return wanted(body) ? body : undefined;
    });
  }

  /** Waits until the Central System has recorded all commands that this operator gave to the charge point. */
  async untilAllRecorded(identity: string): Promise<void> {
    const path = `/v1/commands?chargePoint=${encodeURIComponent(identity)}&limit=100`;
    await this.until(path, ({ items }) => items.length === this.commandCount(identity));
  }

  /** Reads one command. */
  async getCommand(id: string): Promise<Command> {
    return await this.get(`/v1/commands/${id}`);
  }

  /** Reads one transaction. */
  async transaction(transactionId: number): Promise<Transaction> {
    return await this.get(`/v1/transactions/${transactionId}`);
  }

  /** The charge point's transactions, newest first. */
  async transactions(identity: string): Promise<Transaction[]> {
    return (await this.get(`/v1/transactions?chargePoint=${encodeURIComponent(identity)}&limit=100`)).items;
  }

  /** Reads one connector. */
  async connector(identity: string, connectorId: number): Promise<{ status: string; errorCode: string }> {
    return await this.get(`/v1/charge-points/${encodeURIComponent(identity)}/connectors/${connectorId}`);
  }

  /** Waits until the request has arrived at the charge point; throws when the API refuses instead. */
  async whenSentOrRefused(cp: ChargePoint, action: string, answered: Promise<ApiAnswer>): Promise<void> {
    const refusal = answered.then(({ status, body }) => {
      if (status >= 300) throw new RefusedByApi(action, status, body);
    });
    const sent = cp.wire.arrival(`the request ${action}`);
    sent.catch(() => {});
    await within(Promise.race([sent, refusal]), `the request ${action}`, () => cp.wire.messageLog());
  }
}
