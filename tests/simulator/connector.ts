/**
 * One connector and the status that follows from what is true of it (OCPP 1.6 §4.9). The status is never stored: it is
 * read off the facts, so it cannot contradict them.
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

/** A transaction that runs here. */
export interface RunningTransaction {
  /** Our own name of it, known before the Central System's id is. */
  readonly name: string;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly startedAt: Date;
  readonly meterStart: number;
  /** Issued by the Central System; undefined until StartTransaction was confirmed. */
  transactionId?: number;
  /** Readings for StopTransaction (the keys StopTxn…Data). */
  readonly transactionData: Payload[];
  /** What the Central System said about the tag when it confirmed the start. */
  idTagInfo?: IdTagInfo;
  stopSampling: () => void;
}

/** A driver who was authorized and has not plugged in yet. */
export interface Expected {
  readonly idTag: string;
  readonly parentIdTag?: string;
  /** Came with the remote start. */
  readonly profile?: ChargingProfile;
  readonly cancelTimeout: () => void;
}

/** The facts about one connector. */
export interface Connector {
  readonly connectorId: number;
  readonly meter: Meter;
  plugged: boolean;
  operative: boolean;
  /** ChangeAvailability that waits for the end of the transaction. */
  operativeAfterTransaction?: boolean;
  /** A transaction has ended and the cable is still in. */
  finishing: boolean;
  suspended?: "EV" | "EVSE";
  errorCode: string;
  transaction?: RunningTransaction;
  expected?: Expected;
}

/** The status that the facts add up to. `reserved` is known to the charge point, not to the connector. */
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
