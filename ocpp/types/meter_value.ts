/**
 * 7.33 MeterValue and 7.43 SampledValue, which charge points send in MeterValues and StopTransaction. The defaults of absent fields (7.43)
 * are not filled in here: payloads stay as received.
 */
import { z } from "zod";
import { ReportedDateTime } from "./date_time.ts";
import { reported } from "./reported.ts";
import { text } from "./text.ts";

const CONTEXTS = [
  "Interruption.Begin",
  "Interruption.End",
  "Sample.Clock",
  "Sample.Periodic",
  "Transaction.Begin",
  "Transaction.End",
  "Trigger",
  "Other",
] as const;

const MEASURANDS = [
  "Energy.Active.Export.Register",
  "Energy.Active.Import.Register",
  "Energy.Reactive.Export.Register",
  "Energy.Reactive.Import.Register",
  "Energy.Active.Export.Interval",
  "Energy.Active.Import.Interval",
  "Energy.Reactive.Export.Interval",
  "Energy.Reactive.Import.Interval",
  "Power.Active.Export",
  "Power.Active.Import",
  "Power.Offered",
  "Power.Reactive.Export",
  "Power.Reactive.Import",
  "Power.Factor",
  "Current.Import",
  "Current.Export",
  "Current.Offered",
  "Voltage",
  "Frequency",
  "Temperature",
  "SoC",
  "RPM",
] as const;

const PHASES = ["L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"] as const;

/** Both spellings of Celsius are valid: the first schemas had a spelling error (OCPP-J errata 2.1). */
const UNITS = [
  "Wh",
  "kWh",
  "varh",
  "kvarh",
  "W",
  "kW",
  "VA",
  "kVA",
  "var",
  "kvar",
  "A",
  "V",
  "K",
  "Celcius",
  "Celsius",
  "Fahrenheit",
  "Percent",
] as const;

/** 7.43 SampledValue. `value` is text: a decimal number, or hexadecimal binary data when `format` is SignedData. */
export const SampledValue = z.strictObject({
  value: text(),
  context: reported(CONTEXTS).optional(),
  format: reported(["Raw", "SignedData"]).optional(),
  measurand: reported(MEASURANDS).optional(),
  phase: reported(PHASES).optional(),
  location: reported(["Cable", "EV", "Inlet", "Outlet", "Body"]).optional(),
  unit: reported(UNITS).optional(),
});

/** 7.33 MeterValue: the samples of one moment, at least one (6.31). */
export const MeterValue = z.strictObject({
  timestamp: ReportedDateTime,
  sampledValue: z.array(SampledValue).min(1),
});

/** One sample as received, without defaults. */
export type SampledValue = z.infer<typeof SampledValue>;

/** The samples of one moment as received. */
export type MeterValue = z.infer<typeof MeterValue>;
