/**
 * The certification tool's vocabulary: what it configures in the Central System before a case (a seat), and the states from
 * which cases begin. Each state is reached by the messages that the certification procedure lists for it.
 */
import { assert, assertEquals } from "@std/assert";
import type { CentralSystem } from "../harness.ts";
import { ChargePoint } from "./charge_point.ts";
import type { Command, Operator } from "./operator.ts";
import type { Payload } from "./wire.ts";

/** The idTags that the tool owns. `invalid` is the one that nobody has registered. */
export interface Tags {
  readonly valid: string;
  readonly second: string;
  readonly parent: string;
  readonly invalid: string;
  readonly expired: string;
  readonly blocked: string;
}

/** A charge point and its drivers, registered at the Central System. */
export interface Seat {
  readonly identity: string;
  readonly tags: Tags;
}

/** Connectors of the simulated charge point. */
const CONNECTORS = [1, 2];

/** Registers a charge point that needs no credentials, and the tags. `label` tells seats apart; at most 12 characters. */
export async function prepareSeat(operator: Operator, label: string): Promise<Seat> {
  const identity = `CP-${label}`;
  const tags: Tags = {
    valid: `${label}.VALID`,
    second: `${label}.2ND`,
    parent: `${label}.GROUP`,
    invalid: `${label}.NOBODY`,
    expired: `${label}.OLD`,
    blocked: `${label}.BLOCK`,
  };
  await operator.put(`/v1/charge-points/${identity}`, { registration: "Accepted", securityProfile: 0 });
  const member = { status: "Accepted", parentIdTag: tags.parent };
  await operator.put(`/v1/id-tags/${tags.valid}`, member);
  await operator.put(`/v1/id-tags/${tags.second}`, member);
  await operator.put(`/v1/id-tags/${tags.blocked}`, { status: "Blocked" });
  await operator.put(`/v1/id-tags/${tags.expired}`, { status: "Accepted", expiryDate: "2020-01-01T00:00:00.000Z" });
  return { identity, tags };
}

/** One run of one case. */
export class Tool {
  readonly cp: ChargePoint;
  readonly operator: Operator;
  readonly tags: Tags;
  readonly connectorId = 1;
  readonly #central: CentralSystem;
  readonly #neighbours: Tool[] = [];
  #booted = false;

  /** Sits down at a seat; nothing is connected yet. */
  constructor(central: CentralSystem, operator: Operator, seat: Seat) {
    this.#central = central;
    this.operator = operator;
    this.tags = seat.tags;
    this.cp = new ChargePoint(central, seat.identity);
  }

  /** An operator's command, seen on the wire exactly as given, confirmed by the charge point, answered by the API. */
  async command(action: string, request: Payload, confirmation: Payload): Promise<Command> {
    return await this.operator.command(this.cp, action, request, confirmation);
  }

  /** BootNotification that must be accepted. */
  async boot(): Promise<Payload> {
    if (!this.cp.connected) await this.cp.connect();
    const confirmation = await this.cp.call("BootNotification", {
      chargePointVendor: "Certification",
      chargePointModel: "Tool",
      chargePointSerialNumber: "SN-0001",
      firmwareVersion: "1.0",
    });
    assertEquals(confirmation.status, "Accepted");
    this.#booted = true;
    return confirmation;
  }

  /** StatusNotification of one connector. */
  async status(status: string, connectorId: number = this.connectorId, errorCode = "NoError"): Promise<void> {
    await this.cp.call("StatusNotification", { connectorId, errorCode, status, timestamp: now() });
  }

  /** StatusNotification Available of the whole charge point and of each connector but those that are `except`. */
  async allAvailable(except: number[] = []): Promise<void> {
    for (const connectorId of [0, ...CONNECTORS]) {
      if (!except.includes(connectorId)) await this.status("Available", connectorId);
    }
  }

  /** State Booted: accepted, and the status of every connector told. */
  async booted(): Promise<void> {
    if (this.#booted) return;
    await this.boot();
    await this.allAvailable();
  }

  /** Connection lost and made again, BootNotification, Available everywhere: what follows a reset. */
  async reboots(): Promise<void> {
    await this.cp.reconnect();
    await this.boot();
    await this.allAvailable();
  }

  /** Authorize; answers idTagInfo. */
  async authorize(idTag: string): Promise<Payload> {
    const { idTagInfo } = await this.cp.call("Authorize", { idTag });
    return idTagInfo as Payload;
  }

  /** State Authorized: booted, and the valid tag was accepted. */
  async authorized(): Promise<void> {
    await this.booted();
    assertEquals((await this.authorize(this.tags.valid)).status, "Accepted");
  }

  /** StartTransaction; answers the confirmation with a transactionId that is fit for use. */
  async start(more: Payload = {}): Promise<{ transactionId: number; idTagInfo: Payload }> {
    const request = { connectorId: this.connectorId, idTag: this.tags.valid, meterStart: 1000, timestamp: now() };
    const { transactionId, idTagInfo } = await this.cp.call("StartTransaction", { ...request, ...more });
    assert(Number.isInteger(transactionId) && Number(transactionId) > 0, `transactionId ${transactionId} is positive`);
    assert(Number(transactionId) < 2 ** 31, `transactionId ${transactionId} fits 32 bits`);
    return { transactionId: transactionId as number, idTagInfo: idTagInfo as Payload };
  }

  /** StartTransaction with the valid tag that must be accepted; answers the transactionId. */
  async startAccepted(more: Payload = {}): Promise<number> {
    const { transactionId, idTagInfo } = await this.start(more);
    assertEquals(idTagInfo.status, "Accepted");
    return transactionId;
  }

  /** State Charging: authorized, and a transaction runs on the connector; answers its transactionId. */
  async charging(): Promise<number> {
    await this.authorized();
    await this.status("Preparing");
    const transactionId = await this.startAccepted();
    await this.status("Charging");
    return transactionId;
  }

  /** StopTransaction for this reason; the API must then show the transaction as ended. */
  async stop(transactionId: number, reason: string, more: Payload = {}): Promise<void> {
    await this.cp.call("StopTransaction", { transactionId, meterStop: 1500, timestamp: now(), reason, ...more });
    const { state, reason: recorded, energyWh } = await this.operator.transaction(transactionId);
    assertEquals({ state, recorded, energyWh }, { state: "ended", recorded: reason, energyWh: 500 });
  }

  /** A second charge point with drivers of its own at the same Central System; `label` is appended to this one's. */
  async neighbour(label = "B"): Promise<Tool> {
    const seat = await prepareSeat(this.operator, `${this.cp.identity.replace("CP-", "")}${label}`);
    const neighbour = new Tool(this.#central, this.operator, seat);
    this.#neighbours.push(neighbour);
    return neighbour;
  }

  /** Cuts every connection of this test. */
  async leave(): Promise<void> {
    for (const { cp } of [this, ...this.#neighbours]) await cp.disconnect("cut");
  }

  /** The end of every case: nothing unasked was sent, and the Central System made no command that nobody gave. */
  async finish(): Promise<void> {
    if (this.cp.connected) await this.cp.quiet();
    const { identity } = this.cp;
    assertEquals((await this.operator.commands(identity)).length, this.operator.given(identity), "commands made");
    await this.cp.disconnect();
  }
}

/** The present time as the tool sends it. */
export function now(): string {
  return new Date().toISOString();
}

/** A time that lies in the past. */
export function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

/** Expects a time with milliseconds that differs from ours by less than ten seconds. */
export function assertIsNow(time: unknown): void {
  assert(typeof time === "string" && Math.abs(Date.parse(time) - Date.now()) < 10_000, `${time} is the present time`);
}
