/**
 * The meter of one connector and what it shows. The register counts whole watt-hours and never goes back (R 3.9, 3.77),
 * whatever the clock does; the power is that of the moment.
 */
import type { Payload } from "./frames.ts";

const MS_PER_HOUR = 3_600_000;
const NOMINAL_VOLTAGE = 230;
const PHASES = 3;

/** Energy and power at one connector. */
export class Meter {
  #energyWh: number;
  #powerW = 0;
  #countedUntil: number | undefined;

  constructor(registerWh: number) {
    this.#energyWh = registerWh;
  }

  get powerW(): number {
    return this.#powerW;
  }

  /** Counts what flowed until now, then goes on with another power. */
  setPower(powerW: number, now: Date): void {
    this.registerWh(now);
    this.#powerW = Math.max(0, powerW);
  }

  /** The register in Wh after counting what flowed until now. */
  registerWh(now: Date): number {
    const elapsedMs = Math.max(0, now.getTime() - (this.#countedUntil ?? now.getTime()));
    this.#countedUntil = now.getTime();
    this.#energyWh += this.#powerW * elapsedMs / MS_PER_HOUR;
    return Math.floor(this.#energyWh);
  }

  /** Lets the energy of a test's choice flow at once. */
  addEnergy(wattHours: number): void {
    this.#energyWh += Math.max(0, wattHours);
  }
}

type Reading = (meter: Meter, now: Date) => { readonly value: string; readonly unit?: string };

// Frequency has no unit in OCPP 1.6 (R 3.84).
const READINGS = new Map<string, Reading>([
  ["Energy.Active.Import.Register", (meter, now) => ({ value: String(meter.registerWh(now)), unit: "Wh" })],
  ["Power.Active.Import", (meter) => ({ value: String(Math.round(meter.powerW)), unit: "W" })],
  ["Current.Import", (meter) => ({ value: (meter.powerW / (NOMINAL_VOLTAGE * PHASES)).toFixed(1), unit: "A" })],
  ["Voltage", () => ({ value: String(NOMINAL_VOLTAGE), unit: "V" })],
  ["Temperature", () => ({ value: "23", unit: "Celsius" })],
  ["Frequency", () => ({ value: "50.0" })],
]);

/** The measurands that our meters have. */
export const MEASURANDS: readonly string[] = [...READINGS.keys()];

/** `ReadingContext` of OCPP 1.6 §7.33. */
export type ReadingContext =
  | "Sample.Periodic"
  | "Sample.Clock"
  | "Transaction.Begin"
  | "Transaction.End"
  | "Trigger"
  | "Interruption.Begin"
  | "Interruption.End"
  | "Other";

/** One MeterValue element (§7.31): what the meter shows now of these measurands. Unknown measurands are left out. */
export function readMeter(meter: Meter, measurands: readonly string[], context: ReadingContext, now: Date): Payload {
  return {
    timestamp: now.toISOString(),
    sampledValue: measurands.flatMap((measurand) => {
      const reading = READINGS.get(measurand)?.(meter, now);
      return reading ? [{ ...reading, context, measurand, location: "Outlet" }] : [];
    }),
  };
}
