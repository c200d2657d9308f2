/**
 * The types of operation handlers. The confirmation is sent first; `afterwards` is called then, so that the Central System gets the confirmation before
 * the messages that the operation causes.
 */
import type { Authorization } from "../authorization.ts";
import type { Device } from "../device.ts";
import type { Drivers } from "../drivers.ts";
import type { Fault, Payload } from "../frames.ts";
import type { Jobs } from "../jobs.ts";
import type { Link } from "../link.ts";
import type { Registration } from "../registration.ts";
import type { Sampling } from "../sampling.ts";
import type { StatusReports } from "../status_reports.ts";
import type { Transactions } from "../transactions.ts";

/** The parts of a charge point that operations use. */
export interface OperationContext {
  readonly device: Device;
  readonly link: Link;
  readonly registration: Registration;
  readonly reports: StatusReports;
  readonly authorization: Authorization;
  readonly sampling: Sampling;
  readonly transactions: Transactions;
  readonly drivers: Drivers;
  readonly jobs: Jobs;
  /** Ends the transactions and the connection, and boots. */
  readonly reset: (type: "Hard" | "Soft") => Promise<void>;
  /** Closes the connection and connects again, with the present credentials. */
  readonly reconnect: () => void;
}

/** The confirmation, and a function that is called after it was sent. */
export interface Outcome {
  readonly confirmation: Payload;
  readonly afterwards?: () => unknown;
}

/** Handles one operation. The request has been validated. */
export type Handler<Request> = (request: Request, context: OperationContext) => Outcome | Fault;

/** An outcome whose confirmation has only a status. */
export function status(value: string, afterwards?: () => unknown): Outcome {
  return { confirmation: { status: value }, afterwards };
}
