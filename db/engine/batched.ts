/**
 * Group commit. Rows of different callers that are waiting at the same moment go to the database in one statement, so that
 * many charge points share one commit. Nothing ever waits for a timer: the first row leaves at the end of the current turn of
 * the event loop, and while it is under way the next batch collects.
 */
import { isAboutContent, isOutOfTime, isWorthAnotherTry } from "./errors.ts";

/** How rows may travel together. */
export interface GatherOptions<Row> {
  /** The most rows in one statement. A single larger row (see `sizeOf`) still travels, alone. */
  readonly maxRows: number;
  /** The most statements under way at once. */
  readonly maxInFlight: number;
  /** What a row counts. Default 1. */
  readonly sizeOf?: (row: Row) => number;
  /** Rows with the same key never share a statement, which then need not care about their order. */
  readonly keyOf?: (row: Row) => string;
}

interface Waiting<Row, Result> {
  readonly row: Row;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Makes a function that takes one row and resolves with its own result after the commit of the batch it was in. `send` must be
 * idempotent and answer in the order of its rows: it is called again after a broken connection, and row by row when the
 * content of one row spoils a batch, so that only the bad row fails.
 */
export function batched<Row, Result>(
  send: (rows: readonly Row[]) => Promise<readonly Result[]>,
  options: GatherOptions<Row>,
): (row: Row) => Promise<Result> {
  let waiting: Waiting<Row, Result>[] = [];
  let inFlight = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled || inFlight >= options.maxInFlight || waiting.length === 0) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      while (inFlight < options.maxInFlight && waiting.length > 0) {
        const [batch, rest] = take(waiting, options);
        waiting = rest;
        inFlight++;
        settle(batch).finally(() => {
          inFlight--;
          schedule();
        });
      }
    });
  }

  async function settle(batch: readonly Waiting<Row, Result>[]): Promise<void> {
    try {
      const results = await sendTwice(batch.map((each) => each.row));
      batch.forEach((each, i) => each.resolve(results[i] as Result));
    } catch (error) {
      if (batch.length > 1 && isAboutContent(error)) return await settleSingly(batch);
      batch.forEach((each) => each.reject(error));
      if (isOutOfTime(error)) giveUpWaiting(error);
    }
  }

  async function settleSingly(batch: readonly Waiting<Row, Result>[]): Promise<void> {
    let silence: unknown;
    for (const each of batch) {
      if (silence !== undefined) {
        each.reject(silence);
        continue;
      }
      try {
        const [result] = await sendTwice([each.row]);
        each.resolve(result as Result);
      } catch (error) {
        each.reject(error);
        if (isOutOfTime(error)) silence = error;
      }
    }
    if (silence !== undefined) giveUpWaiting(silence);
  }

  async function sendTwice(rows: readonly Row[]): Promise<readonly Result[]> {
    try {
      return await send(rows);
    } catch (error) {
      if (!isWorthAnotherTry(error)) throw error;
      return await send(rows);
    }
  }

  /** Who waited behind a statement that got no answer has no time left for another one. */
  function giveUpWaiting(error: unknown): void {
    const late = waiting;
    waiting = [];
    late.forEach((each) => each.reject(error));
  }

  return (row) =>
    new Promise((resolve, reject) => {
      waiting.push({ row, resolve, reject });
      schedule();
    });
}

/** The next batch in the order of arrival, and what stays. */
function take<Row, Result>(
  waiting: Waiting<Row, Result>[],
  { maxRows, sizeOf, keyOf }: GatherOptions<Row>,
): [batch: Waiting<Row, Result>[], rest: Waiting<Row, Result>[]] {
  const batch: Waiting<Row, Result>[] = [];
  const rest: Waiting<Row, Result>[] = [];
  const keys = new Set<string>();
  let size = 0;
  for (const each of waiting) {
    const weight = sizeOf?.(each.row) ?? 1;
    const key = keyOf?.(each.row);
    const fits = batch.length === 0 || size + weight <= maxRows;
    const apart = key !== undefined && keys.has(key);
    if (key !== undefined) keys.add(key); // also of a row that stays: a later one with its key must not overtake it
    if (fits && !apart) {
      size += weight;
      batch.push(each);
    } else {
      rest.push(each);
    }
  }
  return [batch, rest];
}
