/**
 * The reservations of one charge point (OCPP 1.6 §3.12, §5.13). Each ends by itself at its expiry date. A reservation of
 * connector 0 keeps one connector free, whichever it is.
 */
import type { SimulatorClock } from "./clock.ts";

/** A reservation as ReserveNow asks for it. */
export interface Reservation {
  readonly reservationId: number;
  readonly connectorId: number;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly expiryDate: string;
}

/** The reservations in force. */
export class Reservations {
  readonly #clock: SimulatorClock;
  readonly #ended: (reservation: Reservation) => void;
  readonly #held = new Map<number, { readonly reservation: Reservation; readonly cancelTimer: () => void }>();

  /** `ended` runs when one has expired. */
  constructor(clock: SimulatorClock, ended: (reservation: Reservation) => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Holds a reservation; one with the same id is replaced (§5.13). */
  hold(reservation: Reservation): void {
    this.remove(reservation.reservationId);
    const leftMs = Date.parse(reservation.expiryDate) - this.#clock.now().getTime();
    const cancelTimer = this.#clock.after(leftMs, () => {
      this.#held.delete(reservation.reservationId);
      this.#ended(reservation);
    });
    this.#held.set(reservation.reservationId, { reservation, cancelTimer });
  }

  /** The reservation that was removed; undefined when there was none. */
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

  /** The reservation that this driver may use at this connector: its own first, else one for the whole charge point. */
  usableBy(idTag: string, parentIdTag: string | undefined, connectorId: number): Reservation | undefined {
    const fits = (reservation: Reservation) =>
      same(reservation.idTag, idTag) ||
      (reservation.parentIdTag !== undefined && parentIdTag !== undefined &&
        same(reservation.parentIdTag, parentIdTag));
    const candidates = this.list().filter(fits);
    return candidates.find((reservation) => reservation.connectorId === connectorId) ??
      candidates.find((reservation) => reservation.connectorId === 0);
  }

  /** Stops all timers; what is held stays listed. */
  close(): void {
    for (const held of this.#held.values()) held.cancelTimer();
  }
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
