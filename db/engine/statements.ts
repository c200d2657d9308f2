import type { LogEvent } from "kysely";
import { StoreError } from "./errors.ts";

/** What became of the statements since the start. `unknownOutcome` ones may have taken effect. */
export interface Statements {
  answered: number;
  refused: number;
  unknownOutcome: number;
  /** Waiting for a connection included. */
  seconds: number;
}

/** Counts statements; `log` is for Kysely, which tells of each one when it is over. */
export function countStatements(): { readonly statements: Statements; log(event: LogEvent): void } {
  const statements: Statements = { answered: 0, refused: 0, unknownOutcome: 0, seconds: 0 };
  return {
    statements,
    log({ level, queryDurationMillis, ...event }) {
      statements.seconds += queryDurationMillis / 1000;
      if (level === "query") return void statements.answered++;
      const error = "error" in event ? event.error : undefined;
      statements[error instanceof StoreError && error.kind === "unknownOutcome" ? "unknownOutcome" : "refused"]++;
    },
  };
}
