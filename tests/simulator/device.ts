/**
 * The charge point without its network: connectors and meters, configuration, lists, profiles and reservations, and how all
 * that survives a power cut. Nothing here sends or waits; the rest of the simulator acts on it and reports what changed.
 */
import { ChargingProfiles } from "./charging_profiles.ts";
import { limitAt, type ScheduledTransaction, type ScheduleInput } from "./composite_schedule.ts";
import { Configuration } from "./configuration.ts";
import { type Connector, type ConnectorStatus, statusOf } from "./connector.ts";
import { AuthorizationCache, LocalList } from "./id_tags.ts";
import { filesOf, keep, recall, type Remembered } from "./memory.ts";
import { Meter } from "./meter.ts";
import type { Password, Settled } from "./options.ts";
import { type Reservation, Reservations } from "./reservations.ts";

/** The connector number that means the whole charge point (§2.2 of OCPP 1.6). */
export const WHOLE_CHARGE_POINT = 0;

/** The state of one charge point. */
export class Device {
  readonly connectors: readonly Connector[];
  readonly configuration: Configuration;
  readonly localList = new LocalList();
  readonly cache = new AuthorizationCache();
  readonly profiles = new ChargingProfiles();
  readonly reservations: Reservations;
  firmwareVersion: string;
  /** The whole charge point: ChangeAvailability of connector 0. */
  operative = true;
  readonly #memoryPath: string | undefined;

  /** `reservationEnded` runs when a reservation has expired. */
  constructor(readonly settings: Settled, reservationEnded: (reservation: Reservation) => void) {
    const { connectors, configuration, clock, stateDir, identity, firstRegisterWh } = settings;
    this.configuration = new Configuration(connectors, configuration);
    this.reservations = new Reservations(clock, reservationEnded);
    this.firmwareVersion = settings.firmwareVersion;
    this.#memoryPath = stateDir && filesOf(stateDir, identity).memory;
    const remembered = this.#memoryPath ? recall(this.#memoryPath) : undefined;
    this.connectors = Array.from({ length: connectors }, (_, index): Connector => {
      const before = remembered?.connectors.find((other) => other.connectorId === index + 1);
      return {
        connectorId: index + 1,
        meter: new Meter(before?.registerWh ?? firstRegisterWh),
        plugged: false,
        operative: before?.operative ?? true,
        finishing: false,
        errorCode: "NoError",
      };
    });
    if (remembered) this.#restore(remembered);
  }

  connector(connectorId: number): Connector | undefined {
    return this.connectors[connectorId - 1];
  }

  /** The connector that a script means. Throws when there is no such connector. */
  existing(connectorId: number): Connector {
    const connector = this.connector(connectorId);
    if (!connector) throw new RangeError(`${this.settings.identity} has no connector ${connectorId}`);
    return connector;
  }

  /** The password to connect with: the AuthorizationKey once one was set (OCPP-J 6.2.2), else the one given. */
  password(): Password | undefined {
    const key = this.configuration.text("AuthorizationKey");
    return key ? { hex: key } : this.settings.password;
  }

  status(connectorId: number): ConnectorStatus {
    if (connectorId === WHOLE_CHARGE_POINT) return this.operative ? "Available" : "Unavailable";
    const connector = this.existing(connectorId);
    return statusOf(connector, this.isReserved(connector));
  }

  /** Reserved for itself, or because reservations of the whole charge point need every connector that is left. */
  isReserved(connector: Connector): boolean {
    const held = this.reservations.list();
    if (held.some((reservation) => reservation.connectorId === connector.connectorId)) return true;
    const forAny = held.filter((reservation) => reservation.connectorId === WHOLE_CHARGE_POINT).length;
    if (forAny === 0) return false;
    const free = this.connectors.filter((other) =>
      statusOf(other, false) === "Available" &&
      !held.some((reservation) => reservation.connectorId === other.connectorId)
    );
    return free.length <= forAny;
  }

  /** What the profiles know about the transactions that run. */
  scheduleInput(planned?: { readonly connectorId: number; readonly startedAtMs: number }): ScheduleInput {
    const transactions = new Map<number, ScheduledTransaction>();
    for (const { connectorId, transaction } of this.connectors) {
      if (transaction) {
        const { startedAt, transactionId } = transaction;
        transactions.set(connectorId, { startedAtMs: startedAt.getTime(), transactionId });
      } else if (planned && (planned.connectorId === connectorId || planned.connectorId === WHOLE_CHARGE_POINT)) {
        transactions.set(connectorId, { startedAtMs: planned.startedAtMs });
      }
    }
    return { installed: this.profiles.list(), transactions, ratedW: this.settings.powerW };
  }

  /** Lets each connector give what its state and the profiles allow now; what all may have together is shared evenly. */
  regulate(): void {
    const now = this.settings.clock.now();
    const input = this.scheduleInput();
    const wishes = this.connectors.map((connector) => {
      const charges = connector.transaction && !connector.suspended && connector.errorCode === "NoError";
      const allowed = charges ? limitAt(input, connector.connectorId, now.getTime()).watts : 0;
      return Math.min(allowed, this.settings.powerW);
    });
    const sum = wishes.reduce((total, watts) => total + watts, 0);
    const share = sum > 0 ? Math.min(1, limitAt(input, WHOLE_CHARGE_POINT, now.getTime()).watts / sum) : 0;
    this.connectors.forEach((connector, index) => connector.meter.setPower((wishes[index] ?? 0) * share, now));
  }

  /** Writes down what must survive. Without a `stateDir` there is nothing to do. */
  save(): void {
    if (!this.#memoryPath) return;
    const now = this.settings.clock.now();
    keep(this.#memoryPath, {
      configuration: this.configuration.changes(),
      firmwareVersion: this.firmwareVersion,
      operative: this.operative,
      connectors: this.connectors.map(({ connectorId, operative, meter }) => ({
        connectorId,
        operative,
        registerWh: meter.registerWh(now),
      })),
      localList: { version: this.localList.version, entries: this.localList.entries() },
      chargingProfiles: [...this.profiles.list()],
      reservations: this.reservations.list(),
    });
  }

  #restore(remembered: Remembered): void {
    for (const [key, value] of Object.entries(remembered.configuration)) this.configuration.define(key, value);
    this.firmwareVersion = remembered.firmwareVersion;
    this.operative = remembered.operative;
    this.localList.restore(remembered.localList.version, remembered.localList.entries);
    this.profiles.restore(remembered.chargingProfiles);
    for (const reservation of remembered.reservations) this.reservations.hold(reservation);
  }
}
