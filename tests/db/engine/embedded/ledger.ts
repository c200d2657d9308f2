/**
 * A writer that stores which entries the database has acknowledged, and the comparison afterwards: nothing acknowledged is lost, nothing is there twice,
 * and no id was given to two entries.
 */
import { assertEquals } from "@std/assert";
import postgres from "postgres";
import { within } from "../../../conformance/within.ts";

/** How long a statement may take before its outcome counts as unknown. */
const DEADLINE_MS = 2500;

/** How long the database may be away in a test. */
const AWAY_MS = 40_000;

/** A writer that goes on until `end`. */
export interface Writer extends AsyncDisposable {
  /** Entries that were acknowledged so far. */
  acknowledged(): number;
  /** Waits for that many acknowledgements from now on. */
  more(count: number): Promise<void>;
  /** Finishes the entry under way. */
  end(): Promise<void>;
  /** Throws when the database has not kept the first `count` acknowledged entries; default all. */
  verify(url: string, count?: number): Promise<void>;
  /** Was this id among those of the first `count` acknowledged entries? */
  gave(id: number, count: number): boolean;
}

/** Makes the table, and writes one entry after the other. An entry whose outcome is unknown is sent again under its number. */
export async function startWriter(url: string, table = "ledger"): Promise<Writer> {
  await once(
    url,
    (sql) => sql.unsafe(`create table if not exists ${table} (id bigserial primary key, n int unique not null)`),
  );
  const ids = new Map<number, number>();
  let ending = false;
  let nextAck = Promise.withResolvers<void>();
  const writing = (async () => {
    for (let n = 1; !ending;) {
      try {
        await once(url, async (sql) => {
          for (; !ending; n++) {
            const [row] = await inTime(sql.unsafe(insertInto(table), [n]));
            ids.set(n, Number(row!.id));
            nextAck.resolve();
            nextAck = Promise.withResolvers();
          }
        });
      } catch {
        // It is away, and what it did with this entry is unknown.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  })();
  const more = async (count: number) => {
    const enough = ids.size + count;
    while (ids.size < enough) await nextAck.promise;
  };
  const end = async () => {
    ending = true;
    await writing;
  };
  return {
    acknowledged: () => ids.size,
    more: (count) => within(more(count), `${count} more acknowledged entries`, () => `${ids.size} so far`, AWAY_MS),
    end,
    async verify(url, count = ids.size) {
      const rows = await once(url, (sql) => sql.unsafe(`select n, id::int from ${table} order by n`));
      const kept = new Map(rows.map(({ n, id }) => [n as number, id as number]));
      assertEquals(kept.size, rows.length);
      assertEquals([...ids].slice(0, count).filter(([n, id]) => kept.get(n) !== id), []);
      assertEquals(new Set(ids.values()).size, ids.size);
    },
    gave: (id, count) => [...ids.values()].slice(0, count).includes(id),
    [Symbol.asyncDispose]: end,
  };
}

const insertInto = (table: string) =>
  `insert into ${table} (n) values ($1) on conflict (n) do update set n = excluded.n returning id`;

async function inTime<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => {});
  return await within(answer, "an answer", undefined, DEADLINE_MS);
}

/** With a connection of its own. */
export async function once<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, fetch_types: false, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 0 }).catch(() => {});
  }
}
