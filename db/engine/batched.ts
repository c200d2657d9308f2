/**
 * Group commit. Rows of different callers that wait at the same moment are sent to the database in one statement, so that many
 * charge points share one commit. There is no timer: the first row is sent in the next microtask, and while its statement runs
 * the next batch collects.
 */
import { isAboutContent, isOutOfTime, isWorthAnotherTry } from "./errors.ts";

/** Which rows may share a statement, and how many statements may run. */
export interface BatchOptions<Row> {
  /** The largest size of one statement. A single larger row (see `sizeOf`) is sent alone. */
  readonly maxRows: number;
  /** The most concurrent statements. */
  readonly maxInFlight: number;
  /** The size of a row. Default 1. */
  readonly sizeOf?: (row: Row) => number;
  /** Rows with the same key never share a statement, so that the statement does not depend on their order. */
  readonly keyOf?: (row: Row) => string;
}

interface Waiting<Row, Result> {
  readonly row: Row;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Makes a function that takes one row and resolves with its result after the commit of its batch. `send` must be idempotent and
 * return results in the order of its rows: it is called again after a broken connection. When the database refuses a batch because
 * of the content of a row, `send` is called once for each row, so that only the bad row fails.
 */
export function batched<Row, Result>(
  send: (rows: readonly Row[]) => Promise<readonly Result[]>,
  options: BatchOptions<Row>,
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
    let timeout: unknown;
    for (const each of batch) {
      if (timeout !== undefined) {
        each.reject(timeout);
        continue;
      }
      try {
        const [result] = await sendTwice([each.row]);
        each.resolve(result as Result);
      } catch (error) {
        each.reject(error);
        if (isOutOfTime(error)) timeout = error;
      }
    }
    if (timeout !== undefined) giveUpWaiting(timeout);
  }

  async function sendTwice(rows: readonly Row[]): Promise<readonly Result[]> {
    try {
      return await send(rows);
    } catch (error) {
      if (!isWorthAnotherTry(error)) throw error;
      return await send(rows);
    }
  }

  /** Rejects all waiting rows: they have waited as long as the statement without an answer, and have no time left for another one. */
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

/** The next batch, in the order of arrival, and the rows that wait on. */
function take<Row, Result>(
  waiting: Waiting<Row, Result>[],
  { maxRows, sizeOf, keyOf }: BatchOptions<Row>,
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
    if (key !== undefined) keys.add(key); // Also for a row that waits on: a later row with the same key must not overtake it.
    if (fits && !apart) {
      size += weight;
      batch.push(each);
    } else {
      rest.push(each);
    }
  }
  return [batch, rest];
}
