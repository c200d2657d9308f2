/**
 * The options of a simulated charge point. Only `url` and `identity` are required; the defaults are those of a charge point with two connectors of
 * 11 kW.
 */
import { realClock, type SimulatorClock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";

/** The password of HTTP Basic: text (sent as UTF-8), hexadecimal (sent as bytes, OCPP-J 6.2.2), or bytes. */
export type Password = string | { readonly hex: string } | Uint8Array;

/** The options. Times are in milliseconds unless the name has another unit. */
export interface SimulatorOptions {
  /** The endpoint without the identity, such as `ws://127.0.0.1:8080/ocpp`. */
  readonly url: string;
  readonly identity: string;
  readonly password?: Password;
  /** Offered in this order. Default `["ocpp1.6"]`. */
  readonly subprotocols?: readonly string[];
  /** The number of connectors; their ids begin with 1. */
  readonly connectors?: number;
  readonly vendor?: string;
  readonly model?: string;
  readonly serialNumber?: string;
  readonly firmwareVersion?: string;
  /** Initial values of configuration keys. Saved changes in `stateDir` take precedence. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** The power of a connector while it charges. */
  readonly powerW?: number;
  /** The initial energy register of every meter. */
  readonly firstRegisterWh?: number;
  readonly clock?: SimulatorClock;
  /** The folder in which outbox, meters, configuration and lists are saved. Without it they are lost at the end. */
  readonly stateDir?: string;
  /** A record of sent and acknowledged transaction messages. */
  readonly ledger?: Ledger;
  /** Called with one line for each event, without the identity. */
  readonly log?: (line: string) => void;
  /** The time-out of the charge point's CALLs. */
  readonly messageTimeoutMs?: number;
  /** The time between disconnection and reconnection at a reboot. */
  readonly rebootMs?: number;
  /** The time between the steps of a diagnostics upload and of a firmware update. */
  readonly stepMs?: number;
  /** The first and the longest pause between attempts to connect. It doubles each time and is then reduced by a random part of up to half. */
  readonly backOffMs?: { readonly first: number; readonly longest: number };
  /** The pause before the next BootNotification when the Central System's interval is 0. */
  readonly bootRetryMs?: number;
  /** The number of frames and operations that are kept for tests. Use 0 for load runs. */
  readonly keep?: number;
}

/** The options with all defaults filled in. */
export type ResolvedOptions =
  & Required<Omit<SimulatorOptions, "password" | "stateDir" | "ledger">>
  & Pick<SimulatorOptions, "password" | "stateDir" | "ledger">;

/** Fills in the defaults. Throws when the number of connectors is not a whole number of at least 1. */
export function resolveOptions(options: SimulatorOptions): ResolvedOptions {
  const connectors = options.connectors ?? 2;
  if (!Number.isInteger(connectors) || connectors < 1) {
    throw new RangeError(`Cannot simulate ${connectors} connectors: a charge point has at least 1`);
  }
  return {
    subprotocols: ["ocpp1.6"],
    vendor: "Chargehand",
    model: "Simulator",
    serialNumber: `SN-${options.identity}`.slice(0, 25),
    firmwareVersion: "1.0.0",
    configuration: {},
    powerW: 11_000,
    firstRegisterWh: 1_000,
    clock: realClock,
    log: () => {},
    messageTimeoutMs: 30_000,
    rebootMs: 200,
    stepMs: 200,
    backOffMs: { first: 500, longest: 30_000 },
    bootRetryMs: 10_000,
    keep: 10_000,
    ...definedOnly(options),
    connectors,
  };
}

// An option with the value `undefined` must not override its default.
function definedOnly(options: SimulatorOptions): SimulatorOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as SimulatorOptions;
}
