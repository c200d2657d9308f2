/**
 * The state of a charge point: connectors, meters, configuration, lists, charging profiles and reservations, and how it is saved. This file sends no
 * messages; the other parts of the simulator change the state and report the changes.
 */
import { ChargingProfiles } from "./charging_profiles.ts";
import { limitAt, type ScheduledTransaction, type ScheduleInput } from "./composite_schedule.ts";
import { Configuration } from "./configuration.ts";
import { type Connector, type ConnectorStatus, statusOf } from "./connector.ts";
import { AuthorizationCache, LocalList } from "./id_tags.ts";
import { filesOf, readState, type SavedState, writeState } from "./saved_state.ts";
import { Meter } from "./meter.ts";
import type { Password, ResolvedOptions } from "./options.ts";
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
  /** The availability of the whole charge point (ChangeAvailability with connectorId 0). */
  operative = true;
  readonly #statePath: string | undefined;

  /** `reservationEnded` runs when a reservation has expired. */
  constructor(readonly settings: ResolvedOptions, reservationEnded: (reservation: Reservation) => void) {
    const { connectors, configuration, clock, stateDir, identity, firstRegisterWh } = settings;
    this.configuration = new Configuration(connectors, configuration);
    this.reservations = new Reservations(clock, reservationEnded);
    this.firmwareVersion = settings.firmwareVersion;
    this.#statePath = stateDir && filesOf(stateDir, identity).state;
    const saved = this.#statePath ? readState(this.#statePath) : undefined;
    this.connectors = Array.from({ length: connectors }, (_, index): Connector => {
      const before = saved?.connectors.find((other) => other.connectorId === index + 1);
      return {
        connectorId: index + 1,
        meter: new Meter(before?.registerWh ?? firstRegisterWh),
        plugged: false,
        operative: before?.operative ?? true,
        finishing: false,
        errorCode: "NoError",
      };
    });
    if (saved) this.#restore(saved);
  }

  connector(connectorId: number): Connector | undefined {
    return this.connectors[connectorId - 1];
  }

  /** The connector with this id. Throws when there is none. */
  existing(connectorId: number): Connector {
    const connector = this.connector(connectorId);
    if (!connector) throw new RangeError(`${this.settings.identity} has no connector ${connectorId}`);
    return connector;
  }

  /** The password of the connection: the AuthorizationKey if one was set (OCPP-J 6.2.2), else that of the options. */
  password(): Password | undefined {
    const key = this.configuration.text("AuthorizationKey");
    return key ? { hex: key } : this.settings.password;
  }

  status(connectorId: number): ConnectorStatus {
    if (connectorId === WHOLE_CHARGE_POINT) return this.operative ? "Available" : "Unavailable";
    const connector = this.existing(connectorId);
    return statusOf(connector, this.isReserved(connector));
  }

  /** True for a reservation of this connector, or when the reservations of connector 0 need all connectors that are free. */
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

  /** The input for limits and composite schedules; `planned` assumes a transaction on connectors without one. */
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

  /** Sets the power of each connector to its limit. When the sum exceeds the limit of the charge point, all are reduced by the same factor. */
  regulate(): void {
    const now = this.settings.clock.now();
    const input = this.scheduleInput();
    const limits = this.connectors.map((connector) => {
      const charges = connector.transaction && !connector.suspended && connector.errorCode === "NoError";
      const allowed = charges ? limitAt(input, connector.connectorId, now.getTime()).watts : 0;
      return Math.min(allowed, this.settings.powerW);
    });
    const sum = limits.reduce((total, watts) => total + watts, 0);
    const share = sum > 0 ? Math.min(1, limitAt(input, WHOLE_CHARGE_POINT, now.getTime()).watts / sum) : 0;
    this.connectors.forEach((connector, index) => connector.meter.setPower((limits[index] ?? 0) * share, now));
  }

  /** Saves the state; does nothing without a `stateDir`. */
  save(): void {
    if (!this.#statePath) return;
    const now = this.settings.clock.now();
    writeState(this.#statePath, {
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

  #restore(saved: SavedState): void {
    for (const [key, value] of Object.entries(saved.configuration)) this.configuration.define(key, value);
    this.firmwareVersion = saved.firmwareVersion;
    this.operative = saved.operative;
    this.localList.restore(saved.localList.version, saved.localList.entries);
    this.profiles.restore(saved.chargingProfiles);
    for (const reservation of saved.reservations) this.reservations.hold(reservation);
  }
}
