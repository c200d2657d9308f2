/**
 * The certification tool: the data that it registers in the Central System before a case, and the states from which cases begin. Each state is
 * reached with the messages that the certification procedure lists for it.
 */
import { assert, assertEquals } from "@std/assert";
import type { CentralSystem } from "../harness.ts";
import { ChargePoint } from "./charge_point.ts";
import type { Command, Operator } from "./operator.ts";
import type { Payload } from "./wire.ts";

/** The idTags of the tool. `invalid` is not registered. */
export interface Tags {
  readonly valid: string;
  readonly second: string;
  readonly parent: string;
  readonly invalid: string;
  readonly expired: string;
  readonly blocked: string;
}

/** A charge point and idTags that are registered in the Central System. */
export interface Registered {
  readonly identity: string;
  readonly tags: Tags;
}

/** The connectorIds of the simulated charge point. */
const CONNECTORS = [1, 2];

/** Registers a charge point without credentials, and the idTags. `label` makes them unique; at most 12 characters. */
export async function registerChargePoint(operator: Operator, label: string): Promise<Registered> {
  const identity = `CP-${label}`;
  const tags: Tags = {
    valid: `${label}.VALID`,
    second: `${label}.2ND`,
    parent: `${label}.GROUP`,
    invalid: `${label}.NONE`,
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

/** Runs one case with one charge point. */
export class Tool {
  readonly cp: ChargePoint;
  readonly operator: Operator;
  readonly tags: Tags;
  readonly connectorId = 1;
  readonly #central: CentralSystem;
  readonly #others: Tool[] = [];
  #booted = false;

  /** The charge point is not connected yet. */
  constructor(central: CentralSystem, operator: Operator, registered: Registered) {
    this.#central = central;
    this.operator = operator;
    this.tags = registered.tags;
    this.cp = new ChargePoint(central, registered.identity);
  }

  /** Gives a command, checks the request on the wire, confirms it and checks the API's answer; see `Operator.command`. */
  async command(action: string, request: Payload, confirmation: Payload): Promise<Command> {
    return await this.operator.command(this.cp, action, request, confirmation);
  }

  /** Sends BootNotification, which must be accepted; connects first if needed. */
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

  /** Sends StatusNotification for one connector. */
  async status(status: string, connectorId: number = this.connectorId, errorCode = "NoError"): Promise<void> {
    await this.cp.call("StatusNotification", { connectorId, errorCode, status, timestamp: now() });
  }

  /** Sends StatusNotification Available for the whole charge point and for each connector, except those in `except`. */
  async allAvailable(except: number[] = []): Promise<void> {
    for (const connectorId of [0, ...CONNECTORS]) {
      if (!except.includes(connectorId)) await this.status("Available", connectorId);
    }
  }

  /** State Booted: the charge point is accepted and has reported the status of every connector. */
  async booted(): Promise<void> {
    if (this.#booted) return;
    await this.boot();
    await this.allAvailable();
  }

  /** Does what follows a reset: a new connection, BootNotification, StatusNotification Available for all connectors. */
  async reboots(): Promise<void> {
    await this.cp.reconnect();
    await this.boot();
    await this.allAvailable();
  }

  /** Sends Authorize; returns the idTagInfo. */
  async authorize(idTag: string): Promise<Payload> {
    const { idTagInfo } = await this.cp.call("Authorize", { idTag });
    return idTagInfo as Payload;
  }

  /** State Authorized: the charge point has booted, and Authorize accepted the valid tag. */
  async authorized(): Promise<void> {
    await this.booted();
    assertEquals((await this.authorize(this.tags.valid)).status, "Accepted");
  }

  /** Sends StartTransaction; returns the confirmation, whose transactionId must be a positive 32-bit integer. */
  async start(more: Payload = {}): Promise<{ transactionId: number; idTagInfo: Payload }> {
    const request = { connectorId: this.connectorId, idTag: this.tags.valid, meterStart: 1000, timestamp: now() };
    const { transactionId, idTagInfo } = await this.cp.call("StartTransaction", { ...request, ...more });
    assert(Number.isInteger(transactionId) && Number(transactionId) > 0, `transactionId ${transactionId} is positive`);
    assert(Number(transactionId) < 2 ** 31, `transactionId ${transactionId} fits 32 bits`);
    return { transactionId: transactionId as number, idTagInfo: idTagInfo as Payload };
  }

  /** Sends StartTransaction with the valid tag, which must be accepted; returns the transactionId. */
  async startAccepted(more: Payload = {}): Promise<number> {
    const { transactionId, idTagInfo } = await this.start(more);
    assertEquals(idTagInfo.status, "Accepted");
    return transactionId;
  }

  /** State Charging: authorized, and a transaction runs on the connector; returns its transactionId. */
  async charging(): Promise<number> {
    await this.authorized();
    await this.status("Preparing");
    const transactionId = await this.startAccepted();
    await this.status("Charging");
    return transactionId;
  }

  /** Sends StopTransaction with this reason; the API must then show the transaction as ended. */
  async stop(transactionId: number, reason: string, more: Payload = {}): Promise<void> {
    await this.cp.call("StopTransaction", { transactionId, meterStop: 1500, timestamp: now(), reason, ...more });
    const { state, reason: recorded, energyWh } = await this.operator.transaction(transactionId);
    assertEquals({ state, recorded, energyWh }, { state: "ended", recorded: reason, energyWh: 500 });
  }

  /** Registers another charge point with its own idTags; `label` is appended to the label of this one. */
  async another(label = "B"): Promise<Tool> {
    const registered = await registerChargePoint(this.operator, `${this.cp.identity.replace("CP-", "")}${label}`);
    const other = new Tool(this.#central, this.operator, registered);
    this.#others.push(other);
    return other;
  }

  /** Cuts every connection of this test. */
  async disconnectAll(): Promise<void> {
    for (const { cp } of [this, ...this.#others]) await cp.disconnect("cut");
  }

  /** Ends a case: the Central System must have sent nothing unexpected and recorded exactly the operator's commands. */
  async finish(): Promise<void> {
    if (this.cp.connected) await this.cp.assertNothingSent();
    const { identity } = this.cp;
    const recorded = await this.operator.commands(identity);
    assertEquals(recorded.length, this.operator.commandCount(identity), "number of recorded commands");
    await this.cp.disconnect();
  }
}

/** The present time in the form that OCPP uses. */
export function now(): string {
  return new Date().toISOString();
}

/** The time that was this many minutes ago. */
export function minutesAgo(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

/** Fails unless `time` differs from the present time by less than ten seconds. */
export function assertIsNow(time: unknown): void {
  assert(typeof time === "string" && Math.abs(Date.parse(time) - Date.now()) < 10_000, `${time} is the present time`);
}
