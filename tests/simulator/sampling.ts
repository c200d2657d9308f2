/**
 * Reading of meters (OCPP 1.6 §3.16): periodically during a transaction, at clock-aligned times, at begin and end for StopTransaction, and on request.
 * Meter values of a transaction are sent through the outbox, others directly.
 */
import type { Connector } from "./connector.ts";
import type { Device } from "./device.ts";
import type { Link } from "./link.ts";
import { type ReadingContext, readMeter } from "./meter.ts";
import type { Outbox } from "./outbox.ts";

/** The largest number of readings in a StopTransaction; those of begin and end are always in it (R 3.89). */
const TRANSACTION_DATA_MAX = 200;

/** The meter readings of one charge point. */
export class Sampling {
  readonly #device: Device;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #online: () => boolean;
  #cancelAligned: (() => void) | undefined;

  constructor(device: Device, link: Link, outbox: Outbox, online: () => boolean) {
    this.#device = device;
    this.#link = link;
    this.#outbox = outbox;
    this.#online = online;
  }

  /** Sends the meter values of a connector. Returns false when no measurands are configured. */
  sample(connector: Connector, context: ReadingContext): boolean {
    const { configuration, settings } = this.#device;
    const measurands = configuration.list(
      context === "Sample.Clock" ? "MeterValuesAlignedData" : "MeterValuesSampledData",
    );
    if (measurands.length === 0) return false;
    this.#device.regulate();
    const { connectorId, meter, transaction } = connector;
    const payload = { connectorId, meterValue: [readMeter(meter, measurands, context, settings.clock.now())] };
    this.#device.save();
    if (transaction) {
      settings.log(
        `connector ${connectorId}: ${meter.registerWh(settings.clock.now())} Wh, ${Math.round(meter.powerW)} W`,
      );
      this.#outbox.add("MeterValues", transaction.name, payload);
    } else if (this.#online()) {
      this.#link.call("MeterValues", payload).catch((error) => settings.log(error.message));
    }
    return true;
  }

  /** A transaction has started: takes the first reading, and one every MeterValueSampleInterval seconds. */
  transactionStarted(connector: Connector): void {
    this.#keepForStop(connector, "Transaction.Begin");
    this.#sampleLater(connector);
  }

  /** A transaction is about to end: takes the last reading. */
  transactionEnding(connector: Connector): void {
    connector.transaction?.stopSampling();
    this.#keepForStop(connector, "Transaction.End");
  }

  /** Restarts all timers, after a change of the interval keys. */
  restartTimers(): void {
    for (const connector of this.#device.connectors) if (connector.transaction) this.#sampleLater(connector);
    this.#cancelAligned?.();
    const intervalMs = this.#device.configuration.integer("ClockAlignedDataInterval") * 1000;
    if (intervalMs <= 0) return;
    const { clock } = this.#device.settings;
    this.#cancelAligned = clock.after(intervalMs - clock.now().getTime() % intervalMs, () => {
      for (const connector of this.#device.connectors) this.sample(connector, "Sample.Clock");
      this.restartTimers();
    });
  }

  close(): void {
    this.#cancelAligned?.();
    for (const connector of this.#device.connectors) connector.transaction?.stopSampling();
  }

  #sampleLater(connector: Connector): void {
    const { transaction } = connector;
    const seconds = this.#device.configuration.integer("MeterValueSampleInterval");
    if (!transaction) return;
    transaction.stopSampling();
    if (seconds <= 0) return;
    transaction.stopSampling = this.#device.settings.clock.after(seconds * 1000, () => {
      this.sample(connector, "Sample.Periodic");
      this.#keepForStop(connector, "Sample.Periodic");
      this.#sampleLater(connector);
    });
  }

  #keepForStop({ meter, transaction }: Connector, context: ReadingContext): void {
    const measurands = this.#device.configuration.list("StopTxnSampledData");
    if (!transaction || measurands.length === 0) return;
    if (context === "Sample.Periodic" && transaction.transactionData.length >= TRANSACTION_DATA_MAX - 1) return;
    transaction.transactionData.push(readMeter(meter, measurands, context, this.#device.settings.clock.now()));
  }
}
