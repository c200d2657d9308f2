/**
 * What a simulated charge point can be told before it starts. Only `url` and `identity` are needed; all else has the value
 * of an ordinary charge point with two connectors of 11 kW.
 */
import { realClock, type SimulatorClock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";

/** The password of HTTP Basic: text sent as it is, hexadecimal sent as the bytes it stands for (OCPP-J 6.2.2), or bytes. */
export type Password = string | { readonly hex: string } | Uint8Array;

/** Everything that can be chosen. Times in milliseconds unless the name says otherwise. */
export interface SimulatorOptions {
  /** The endpoint without the identity, such as `ws://127.0.0.1:8080/ocpp`. */
  readonly url: string;
  readonly identity: string;
  readonly password?: Password;
  /** Offered in this order; `["ocpp1.6"]`. */
  readonly subprotocols?: readonly string[];
  /** How many connectors, numbered from 1. */
  readonly connectors?: number;
  readonly vendor?: string;
  readonly model?: string;
  readonly serialNumber?: string;
  readonly firmwareVersion?: string;
  /** First values of configuration keys; what was changed later and kept in `stateDir` wins. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** What a connector gives while it charges. */
  readonly powerW?: number;
  /** Register of every meter when it is new, in Wh. */
  readonly firstRegisterWh?: number;
  readonly clock?: SimulatorClock;
  /** Folder for what must survive a kill: outbox, meters, configuration, lists. Without it all is lost at the end. */
  readonly stateDir?: string;
  /** Where everything that was sent and answered is written down, for comparison afterwards. */
  readonly ledger?: Ledger;
  /** One line an event, without the identity. */
  readonly log?: (line: string) => void;
  /** How long an answer to our CALL may take. */
  readonly messageTimeoutMs?: number;
  /** How long the power is off at a reboot. */
  readonly rebootMs?: number;
  /** Time between the steps of a diagnostics upload and of a firmware update. */
  readonly stepMs?: number;
  /** First and longest pause between two attempts to connect; doubled each time, then shortened at random by up to half. */
  readonly backOffMs?: { readonly first: number; readonly longest: number };
  /** Pause before another BootNotification when the Central System leaves it to us. */
  readonly bootRetryMs?: number;
  /** Frames and operations kept for inspection; older ones are forgotten. 0 for load runs. */
  readonly keep?: number;
}

/** The options with every gap filled. */
export type Settled =
  & Required<Omit<SimulatorOptions, "password" | "stateDir" | "ledger">>
  & Pick<SimulatorOptions, "password" | "stateDir" | "ledger">;

/** Fills the gaps. Throws when the number of connectors is not a whole number from 1. */
export function settle(options: SimulatorOptions): Settled {
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

// An option given as `undefined` means "not given", also where it comes from a spread.
function definedOnly(options: SimulatorOptions): SimulatorOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as SimulatorOptions;
}
