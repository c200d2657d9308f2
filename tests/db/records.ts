/**
 * Ordinary records for tests of the store, in which a test changes the fields that it is about. Every test uses its own charge points and
 * idTags, so that all tests of a file can share one database.
 */
import type { ChargePointFields } from "../../db/charge_points.ts";
import type { Command, NewCommand } from "../../db/commands.ts";
import type { Sample } from "../../db/meter_values.ts";
import type { Store } from "../../db/store.ts";
import type { TransactionStart, TransactionStop } from "../../db/transactions.ts";

let names = 0;

/** A name that no other test in this file uses. */
export function fresh(prefix: string): string {
  return `${prefix}${++names}`;
}

/** The moment at which tests begin, and `minutes` after it. */
export function at(minutes = 0): Date {
  return new Date(Date.UTC(2026, 2, 2, 8, 0, 0, 0) + minutes * 60_000);
}

export function fields(given: Partial<ChargePointFields> = {}): ChargePointFields {
  return {
    registration: "Accepted",
    securityProfile: 1,
    heartbeatInterval: null,
    labels: {},
    description: "",
    validation: "tolerant",
    ...given,
  };
}

export function start(given: Partial<TransactionStart> = {}): TransactionStart {
  return {
    chargePoint: fresh("CP"),
    connectorId: 1,
    idTag: fresh("TAG"),
    meterStart: 1000,
    timestamp: at(0),
    reservationId: null,
    receivedAt: at(0),
    idTagInfo: { status: "Accepted" },
    maxActiveTransactions: null,
    flags: [],
    ...given,
  };
}

export function stop(given: Partial<TransactionStop> & { chargePoint: string }): TransactionStop {
  return {
    transactionId: -1,
    idTag: null,
    meterStop: 5000,
    timestamp: at(60),
    reason: null,
    receivedAt: at(60),
    flags: [],
    ...given,
  };
}

export function sample(given: Partial<Sample> & { chargePoint: string }): Sample {
  return {
    connectorId: 1,
    reportedTransactionId: null,
    sampledAt: at(1),
    receivedAt: at(1),
    value: "1000",
    measurand: "Energy.Active.Import.Register",
    phase: null,
    location: "Outlet",
    context: "Sample.Periodic",
    unit: "Wh",
    format: "Raw",
    ...given,
  };
}

let commandsMade = 0;

/** Ids rise with each command, as those of version 7 do. */
export function command(given: Partial<NewCommand> = {}): NewCommand {
  const id = `01960000-0000-7000-8000-${(++commandsMade).toString(16).padStart(12, "0")}`;
  return {
    id,
    chargePoint: fresh("CP"),
    action: "UnlockConnector",
    request: { connectorId: 1 },
    createdAt: at(0),
    expiresAt: at(60),
    requestedBy: null,
    whenOffline: "refuse",
    ...given,
  };
}

/** A queued command, and the accepted charge point that it is for. */
export async function enqueue(store: Store, given: Partial<NewCommand> = {}): Promise<Command> {
  const made = command(given);
  await store.chargePoints.register(made.chargePoint, fields(), at(0));
  return (await store.commands.insert(made))!;
}

/** Claims what is next for the charge point of a command. True: it is this command. */
export async function claim(
  store: Store,
  { id, chargePoint }: Command,
  messageId: string,
  now: Date,
): Promise<boolean> {
  return (await store.commands.claimNext(chargePoint, messageId, now))?.command.id === id;
}
