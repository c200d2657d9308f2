/**
 * The simulator's record of transaction messages: a line before a message is sent, and a line after its answer. Tests compare it with the Central
 * System's data: each acknowledged message is stored exactly once, each unacknowledged one at most once, and no other messages are stored.
 */
import type { Payload } from "./frames.ts";
import { Journal, readJournal } from "./journal.ts";

/** One line of a ledger. `key` identifies a transaction message over all its attempts. */
export type LedgerLine =
  & { readonly at: string; readonly identity: string }
  & (
    | {
      readonly event: "sent";
      readonly key: string;
      readonly action: string;
      readonly messageId: string;
      readonly payload: Payload;
    }
    | { readonly event: "acknowledged"; readonly key: string; readonly action: string; readonly confirmation: Payload }
    | { readonly event: "failed"; readonly key: string; readonly action: string; readonly why: string }
    | { readonly event: "dropped"; readonly key: string; readonly action: string }
    | { readonly event: "operation"; readonly action: string; readonly messageId: string; readonly payload: Payload }
  );

type WithoutCommonFields<T> = T extends unknown ? Omit<T, "at" | "identity"> : never;

/** An open ledger. Many charge points may share one. */
export interface Ledger {
  write(identity: string, at: Date, line: WithoutCommonFields<LedgerLine>): void;
  close(): void;
}

/** Opens a ledger for appending. */
export function openLedger(path: string): Ledger {
  const journal = new Journal(path);
  return {
    write: (identity, at, line) => journal.append({ at: at.toISOString(), identity, ...line }),
    close: () => journal.close(),
  };
}

/** All lines of a ledger, oldest first. */
export function readLedger(path: string): LedgerLine[] {
  return readJournal(path) as LedgerLine[];
}
