/**
 * One connector and its status (OCPP 1.6 §4.9). The status is not stored: it is computed from the fields of the connector, so it cannot contradict
 * them.
 */
import type { ChargingProfile } from "./charging_profiles.ts";
import type { Payload } from "./frames.ts";
import type { IdTagInfo } from "./id_tags.ts";
import type { Meter } from "./meter.ts";

/** `ChargePointStatus` of §7.7. */
export type ConnectorStatus =
  | "Available"
  | "Preparing"
  | "Charging"
  | "SuspendedEVSE"
  | "SuspendedEV"
  | "Finishing"
  | "Reserved"
  | "Unavailable"
  | "Faulted";

/** A running transaction. */
export interface RunningTransaction {
  /** The simulator's name for the transaction, known before the transactionId. */
  readonly name: string;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly startedAt: Date;
  readonly meterStart: number;
  /** Given by the Central System; undefined until StartTransaction is confirmed. */
  transactionId?: number;
  /** Meter readings for StopTransaction (the keys StopTxn…Data). */
  readonly transactionData: Payload[];
  /** The idTagInfo in the confirmation of StartTransaction. */
  idTagInfo?: IdTagInfo;
  stopSampling: () => void;
}

/** A driver that was authorized and has not plugged in yet. */
export interface Expected {
  readonly idTag: string;
  readonly parentIdTag?: string;
  /** The charging profile of the remote start. */
  readonly profile?: ChargingProfile;
  readonly cancelTimeout: () => void;
}

/** The state of one connector. */
export interface Connector {
  readonly connectorId: number;
  readonly meter: Meter;
  plugged: boolean;
  operative: boolean;
  /** A ChangeAvailability that takes effect at the end of the transaction. */
  operativeAfterTransaction?: boolean;
  /** A transaction has ended and the cable is still plugged in. */
  finishing: boolean;
  suspended?: "EV" | "EVSE";
  errorCode: string;
  transaction?: RunningTransaction;
  expected?: Expected;
}

/** The status that follows from the state. `reserved` is an argument, because it depends on the whole charge point. */
export function statusOf(connector: Connector, reserved: boolean): ConnectorStatus {
  if (connector.errorCode !== "NoError") return "Faulted";
  if (connector.transaction) {
    return connector.suspended === "EVSE" ? "SuspendedEVSE" : connector.suspended === "EV" ? "SuspendedEV" : "Charging";
  }
  if (!connector.operative) return "Unavailable";
  if (connector.expected) return "Preparing";
  if (connector.plugged) return connector.finishing ? "Finishing" : "Preparing";
  return reserved ? "Reserved" : "Available";
}
