/** A reservation for tests of the store: commands to its charge point, and the reports that follow. */
import type { Command } from "../../../db/commands.ts";
import type { Reservation } from "../../../db/reservation/reservations.ts";
import type { Store } from "../../../db/store.ts";
import type { ReserveVerdict } from "../../../ocpp/reservation/reservation_rules.ts";
import { at, command, fields, fresh, start } from "../records.ts";

/** When the usual reservation ends. */
export const EXPIRY = at(30);

/** The fields of ReserveNow.req without the id. */
export interface Terms {
  readonly connectorId?: number;
  readonly idTag?: string;
  readonly parentIdTag?: string;
  readonly expiryDate?: string;
}

/** One reservation of one charge point. */
export class TestReservation {
  readonly chargePoint = fresh("CP");
  readonly idTag = fresh("TAG");
  reserving!: Command;
  cancelling: Command | undefined;

  constructor(readonly store: Store, readonly reservationId: number) {}

  async begin(): Promise<this> {
    await this.store.chargePoints.register(this.chargePoint, fields(), at(-1));
    return this;
  }

  async ask(terms: Terms = {}, now = at(0)): Promise<Command> {
    const usual = { connectorId: 1, idTag: this.idTag, expiryDate: EXPIRY.toISOString() };
    const request = { ...usual, ...terms, reservationId: this.reservationId };
    const made = command({ chargePoint: this.chargePoint, action: "ReserveNow", request, createdAt: now });
    return this.reserving = (await this.store.commands.insert(made))!;
  }

  async askToCancel(now = at(0)): Promise<Command> {
    const request = { reservationId: this.reservationId };
    const made = command({ chargePoint: this.chargePoint, action: "CancelReservation", request, createdAt: now });
    const asked = (await this.store.commands.insert(made))!;
    this.cancelling = asked;
    return asked;
  }

  answer(verdict: ReserveVerdict, now = at(1)): Promise<void> {
    return this.store.reservations.reserveEnded(this.reserving, verdict, now);
  }

  async accepted(terms: Terms = {}): Promise<this> {
    await this.ask(terms);
    await this.answer({ kind: "active" });
    return this;
  }

  report(status: string, now = at(2), connectorId = 1, timestamp: Date | null = null): Promise<void> {
    const report = { chargePoint: this.chargePoint, connectorId, status, errorCode: "NoError" };
    return this.store.connectors.recordStatus({ ...report, timestamp, receivedAt: now });
  }

  start(given: Parameters<typeof start>[0] = {}, now = at(3)) {
    const usual = { chargePoint: this.chargePoint, idTag: this.idTag, timestamp: now, receivedAt: now };
    return this.store.transactions.recordStart(start({ ...usual, ...given }));
  }

  async now(): Promise<Reservation> {
    return (await this.store.reservations.find(this.reservationId, this.chargePoint))[0]!;
  }

  /** The types of its events, in their order. */
  async eventTypes(): Promise<string[]> {
    while (await this.store.events.publish(at(60)) > 0);
    const events = await this.store.events.listAfter(0, { chargePoints: [this.chargePoint] }, 1000);
    return events.filter(({ type }) => type.startsWith("reservation.")).map(({ type }) => type.split(".")[1]!);
  }
}
