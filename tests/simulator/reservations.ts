/**
 * The reservations of one charge point (OCPP 1.6 §3.12, §5.13). Each ends at its expiry date. A reservation of connector 0 keeps any one connector
 * free.
 */
import type { SimulatorClock } from "./clock.ts";

/** The fields of ReserveNow. */
export interface Reservation {
  readonly reservationId: number;
  readonly connectorId: number;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly expiryDate: string;
}

/** The active reservations. */
export class Reservations {
  readonly #clock: SimulatorClock;
  readonly #ended: (reservation: Reservation) => void;
  readonly #held = new Map<number, { readonly reservation: Reservation; readonly cancelTimer: () => void }>();

  /** `ended` is called when a reservation has expired. */
  constructor(clock: SimulatorClock, ended: (reservation: Reservation) => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Adds a reservation; it replaces one with the same id (§5.13). */
  hold(reservation: Reservation): void {
    this.remove(reservation.reservationId);
    const leftMs = Date.parse(reservation.expiryDate) - this.#clock.now().getTime();
    const cancelTimer = this.#clock.after(leftMs, () => {
      this.#held.delete(reservation.reservationId);
      this.#ended(reservation);
    });
    this.#held.set(reservation.reservationId, { reservation, cancelTimer });
  }

  /** Removes a reservation and returns it; undefined when there is none. */
  remove(reservationId: number): Reservation | undefined {
    const held = this.#held.get(reservationId);
    held?.cancelTimer();
    this.#held.delete(reservationId);
    return held?.reservation;
  }

  list(): Reservation[] {
    return [...this.#held.values()].map((held) => held.reservation);
  }

  on(connectorId: number): Reservation | undefined {
    return this.list().find((reservation) => reservation.connectorId === connectorId);
  }

  /** The reservation that this driver may use at this connector: that of the connector, else that of connector 0. */
  usableBy(idTag: string, parentIdTag: string | undefined, connectorId: number): Reservation | undefined {
    const fits = (reservation: Reservation) =>
      isSameTag(reservation.idTag, idTag) ||
      (reservation.parentIdTag !== undefined && parentIdTag !== undefined &&
        isSameTag(reservation.parentIdTag, parentIdTag));
    const candidates = this.list().filter(fits);
    return candidates.find((reservation) => reservation.connectorId === connectorId) ??
      candidates.find((reservation) => reservation.connectorId === 0);
  }

  /** Cancels all timers; the reservations stay in the list. */
  close(): void {
    for (const held of this.#held.values()) held.cancelTimer();
  }
}

function isSameTag(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
