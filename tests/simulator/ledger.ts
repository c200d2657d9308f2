/**
 * The simulator's own book of what it sent and what was acknowledged, on the disk before the frame leaves and after the
 * answer came. A test compares it with what the Central System remembers: every acknowledged fact exactly once, every
 * unacknowledged one at most once, nothing that nobody sent.
 */
import type { Payload } from "./frames.ts";
import { Journal, readJournal } from "./journal.ts";

/** One line. `key` is the same for all attempts of one transaction message and different for any two messages. */
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

type WithoutHead<T> = T extends unknown ? Omit<T, "at" | "identity"> : never;

/** Where lines go. Many simulators may share one ledger. */
export interface Ledger {
  write(identity: string, at: Date, line: WithoutHead<LedgerLine>): void;
  close(): void;
}

/** Opens a ledger for writing, behind what is already there. */
export function openLedger(path: string): Ledger {
  const journal = new Journal(path);
  return {
    write: (identity, at, line) => journal.append({ at: at.toISOString(), identity, ...line }),
    close: () => journal.close(),
  };
}

/** Everything in a ledger, oldest first. */
export function readLedger(path: string): LedgerLine[] {
  return readJournal(path) as LedgerLine[];
}
