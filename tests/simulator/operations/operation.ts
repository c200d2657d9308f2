/**
 * What a handler of an operation gets and gives. The confirmation goes out first; what follows from it runs `afterwards`, so
 * that a Central System sees "Accepted" before the messages that the operation causes.
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

/** All parts of a charge point that an operation may reach. */
export interface Grounds {
  readonly device: Device;
  readonly link: Link;
  readonly registration: Registration;
  readonly reports: StatusReports;
  readonly authorization: Authorization;
  readonly sampling: Sampling;
  readonly transactions: Transactions;
  readonly drivers: Drivers;
  readonly jobs: Jobs;
  /** Ends what runs, drops the connection, boots. */
  readonly reset: (type: "Hard" | "Soft") => Promise<void>;
  /** Drops the connection and comes back with the credentials of now. */
  readonly reconnect: () => void;
}

/** The confirmation and what follows from it. */
export interface Outcome {
  readonly confirmation: Payload;
  readonly afterwards?: () => unknown;
}

/** Answers one operation. The request was checked before. */
export type Handler<Request> = (request: Request, grounds: Grounds) => Outcome | Fault;

/** The outcome of the many operations that only have a status. */
export function status(value: string, afterwards?: () => unknown): Outcome {
  return { confirmation: { status: value }, afterwards };
}
