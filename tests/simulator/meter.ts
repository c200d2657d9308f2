/**
 * The meter of one connector: an energy register in whole Wh that never decreases (R 3.9, 3.77), also when the clock is set back, and the present
 * power.
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

  /** Updates the register, then changes the power. */
  setPower(powerW: number, now: Date): void {
    this.registerWh(now);
    this.#powerW = Math.max(0, powerW);
  }

  /** Updates the register with the energy until now; returns it in Wh. */
  registerWh(now: Date): number {
    const elapsedMs = Math.max(0, now.getTime() - (this.#countedUntil ?? now.getTime()));
    this.#countedUntil = now.getTime();
    this.#energyWh += this.#powerW * elapsedMs / MS_PER_HOUR;
    return Math.floor(this.#energyWh);
  }

  /** Adds energy at once, for tests. */
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

/** The supported measurands. */
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

/** A MeterValue element (§7.31) with the present values of these measurands. Unsupported measurands are left out. */
export function readMeter(meter: Meter, measurands: readonly string[], context: ReadingContext, now: Date): Payload {
  return {
    timestamp: now.toISOString(),
    sampledValue: measurands.flatMap((measurand) => {
      const reading = READINGS.get(measurand)?.(meter, now);
      return reading ? [{ ...reading, context, measurand, location: "Outlet" }] : [];
    }),
  };
}
