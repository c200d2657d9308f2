import type { LogEvent } from "kysely";
import { StoreError } from "./errors.ts";

/** The numbers of statements since the start, by their outcome. Statements with `unknownOutcome` may have taken effect. */
export interface Statements {
  answered: number;
  refused: number;
  unknownOutcome: number;
  /** The sum of their durations, including the wait for a connection. */
  seconds: number;
}

/** Makes the counters. Kysely calls `log` at the end of each statement. */
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
