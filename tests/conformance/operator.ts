/**
 * The operator's side of a test: the HTTP API as any client would use it, with failures that show the answer.
 */
import { assertEquals } from "@std/assert";
import type { ApiAnswer, CentralSystem } from "../harness.ts";
import type { ChargePoint } from "./charge_point.ts";
import type { Payload } from "./wire.ts";
import { eventually, within } from "./within.ts";

/** The command resource, as far as the tests read it. */
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

/** The transaction resource, as far as the tests read it. */
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

/** Thrown when a command is refused before the charge point is asked. */
export class RefusedByApi extends Error {
  constructor(action: string, readonly status: number, body: unknown) {
    super(`The API refused ${action}: ${status} ${JSON.stringify(body)}`);
  }
}

/** Talks to the API on behalf of one test, and remembers which commands it gave to which charge point. */
export class Operator {
  readonly #central: Pick<CentralSystem, "api">;
  readonly #given = new Map<string, number>();

  constructor(central: Pick<CentralSystem, "api">) {
    this.#central = central;
  }

  /** One request; the answer whatever its status is. */
  async ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer> {
    return await within(this.#central.api(method, path, body, headers), `${method} ${path} to be answered`);
  }

  /** GET that must succeed; answers the body. */
  // deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
  async get(path: string): Promise<any> {
    const answer = await this.ask("GET", path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** PUT that must succeed (200, 201 or 204). */
  async put(path: string, body: unknown): Promise<void> {
    const answer = await this.ask("PUT", path, body);
    if (![200, 201, 204].includes(answer.status)) {
      throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
  }

  /** Starts a command and does not wait for its end; a refusal of the API itself is an answer like any other. */
  start(identity: string, action: string, request: Payload, query = "", prefer?: string): Promise<ApiAnswer> {
    const path = `/v1/charge-points/${encodeURIComponent(identity)}/commands/${action}${query}`;
    return this.startBy(identity, "POST", path, request, prefer);
  }

  /** Like `start`, by any request that makes one command for the charge point. */
  startBy(identity: string, method: string, path: string, body?: unknown, prefer?: string): Promise<ApiAnswer> {
    this.#given.set(identity, (this.#given.get(identity) ?? 0) + 1);
    const answered = this.ask(method, path, body, prefer ? { Prefer: prefer } : undefined);
    // Whoever awaits it sees the failure; nobody else should.
    answered.catch(() => {});
    return answered;
  }

  /**
   * Gives a command, expects exactly that request on the wire, lets the charge point confirm it, and expects the same
   * confirmation back from the API. Answers the command as it ended.
   */
  async command(cp: ChargePoint, action: string, request: Payload, confirmation: Payload): Promise<Command> {
    const answered = this.start(cp.identity, action, request);
    await this.asksOrRefuses(cp, action, answered);
    assertEquals(await cp.expect(action), request, `${action} on the wire is what the operator asked for`);
    cp.confirm(confirmation);
    const command: Command = (await answered).body;
    assertEquals({ state: command.state, confirmation: command.confirmation }, { state: "answered", confirmation });
    return command;
  }

  /**
   * The same through a resource: `method path` makes the Central System send `action` with exactly this request. Answers the body.
   */
  async commandThrough(
    cp: ChargePoint,
    { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
    sent: { readonly action: string; readonly request: Payload; readonly confirmation: Payload },
    // deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
  ): Promise<any> {
    this.#given.set(cp.identity, (this.#given.get(cp.identity) ?? 0) + 1);
    const answered = this.ask(method, path, body);
    await this.asksOrRefuses(cp, sent.action, answered);
    assertEquals(
      await cp.expect(sent.action),
      sent.request,
      `${sent.action} on the wire is what the operator asked for`,
    );
    cp.confirm(sent.confirmation);
    const answer = (await answered).body;
    assertEquals([answer.state, answer.confirmation], ["answered", sent.confirmation]);
    return answer;
  }

  /** Starts a synchronisation of the local list that is one message, and does not wait for its end. */
  startSync(identity: string, updateType: "Full" | "Differential"): Promise<ApiAnswer> {
    this.#given.set(identity, (this.#given.get(identity) ?? 0) + 1);
    const answered = this.ask("POST", `/v1/charge-points/${encodeURIComponent(identity)}/local-list`, { updateType });
    answered.catch(() => {});
    return answered;
  }

  /** How many commands this operator gave to the charge point. */
  given(identity: string): number {
    return this.#given.get(identity) ?? 0;
  }

  /** The commands that the Central System knows of for this charge point, newest first. */
  async commands(identity: string): Promise<Command[]> {
    return (await this.get(`/v1/commands?chargePoint=${encodeURIComponent(identity)}&limit=100`)).items;
  }

  /** Waits until a GET of `path` answers what is wanted; for facts that no event announces. */
  // deno-lint-ignore no-explicit-any -- bodies are looked into by asserting on them
  async until(path: string, wanted: (body: any) => boolean): Promise<any> {
    return await eventually(`${path} answers what is wanted`, async () => {
      const body = await this.get(path);
      return wanted(body) ? body : undefined;
    });
  }

  /** Waits until the Central System has as many commands of this charge point as this operator gave. */
  async untilAllTaken(identity: string): Promise<void> {
    const path = `/v1/commands?chargePoint=${encodeURIComponent(identity)}&limit=100`;
    await this.until(path, ({ items }) => items.length === this.given(identity));
  }

  /** The command as it is now. */
  async commandNow(id: string): Promise<Command> {
    return await this.get(`/v1/commands/${id}`);
  }

  /** One transaction. */
  async transaction(transactionId: number): Promise<Transaction> {
    return await this.get(`/v1/transactions/${transactionId}`);
  }

  /** The charge point's transactions, newest first. */
  async transactions(identity: string): Promise<Transaction[]> {
    return (await this.get(`/v1/transactions?chargePoint=${encodeURIComponent(identity)}&limit=100`)).items;
  }

  /** The connector as the operator sees it. */
  async connector(identity: string, connectorId: number): Promise<{ status: string; errorCode: string }> {
    return await this.get(`/v1/charge-points/${encodeURIComponent(identity)}/connectors/${connectorId}`);
  }

  /** Waits until the charge point is asked; throws when the API refuses instead. */
  async asksOrRefuses(cp: ChargePoint, action: string, answered: Promise<ApiAnswer>): Promise<void> {
    const refusal = answered.then(({ status, body }) => {
      if (status >= 300) throw new RefusedByApi(action, status, body);
    });
    const asked = cp.wire.arrival(`the request ${action}`);
    asked.catch(() => {});
    await within(Promise.race([asked, refusal]), `the request ${action}`, () => cp.wire.conversation());
  }
}
