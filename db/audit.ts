/**
 * The audit log: which operator changed or commanded what. Entries are only appended. Each has a hash over itself and the hash of
 * the entry before: an entry that is changed, removed or inserted breaks the chain from there on. The request is written before it
 * takes effect. Its outcome is written afterwards, in a second entry that refers to the first; readers get both as one entry.
 */
import { type Kysely, sql } from "kysely";
import { batched } from "./engine/batched.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { AuditTable, Database } from "./tables.ts";

/** A request that changes or commands something. */
export interface AuditedRequest {
  at: Date;
  operatorId: string;
  operatorName: string;
  role: string;
  method: string;
  /** The path with its parameters' names, as in the OpenAPI document. */
  route: string;
  path: string;
  chargePoint: string | null;
  remoteAddress: string;
  /** The body without its secrets; null when it was not read or is too large to keep. */
  request: unknown;
  /** The HTTP status of a request that was refused before anything was tried, else null. */
  status: number | null;
}

/** An entry as readers get it. `status` is null while the request is under way; it stays null when the process died. */
export interface AuditEntry extends AuditedRequest {
  number: number;
  settledAt: Date | null;
  /** Hex. */
  hash: string;
}

/** Narrows `list`; `from` is included, `to` is not. */
export interface AuditFilter {
  operator?: string;
  chargePoint?: string;
  method?: string;
  from?: Date;
  to?: Date;
}

/** The result of a check of the chain: the number of entries, the hash at its end, and the first entry that does not fit. */
export interface AuditVerdict {
  entries: number;
  hash: string;
  brokenAt: number | null;
}

/** The entries by their number. */
export interface Audit {
  /** Commits before it resolves; returns the number of the entry. */
  recordRequest(request: AuditedRequest): Promise<number>;
  /** Appends the HTTP status with which the request of that number ended. */
  recordOutcome(number: number, status: number, at: Date): Promise<void>;
  /** Newest first. Throws BadCursor. */
  list(filter: AuditFilter, page: Page): Promise<Listed<AuditEntry>>;
  /** Recomputes the whole chain, in statements of bounded length. */
  verify(): Promise<AuditVerdict>;
}

/** The number of entries that one statement checks. */
const VERIFIED_AT_ONCE = 5000;

/** Builds the repository. */
export function audit(db: Kysely<Database>): Audit {
  // One entry at a time, because each needs the hash of the one before. The row lock on audit_head does the same across processes.
  const append = batched(async ([text = ""]: readonly string[]) => [await appendEntry(db, text)], {
    maxRows: 1,
    maxInFlight: 1,
  });
  return {
    recordRequest: ({ at, ...request }) => append(textOf({ at: at.toISOString(), ...request })),

    async recordOutcome(number, status, at) {
      await append(textOf({ at: at.toISOString(), outcomeOf: number, status }));
    },

    list: (filter, page) => list(db, filter, page),
    verify: () => verify(db),
  };
}

/** The text that is stored and hashed. PostgreSQL cannot read JSON with a NUL or with half of a surrogate pair. */
function textOf(entry: object): string {
  const storable = (value: string) => value.toWellFormed().replaceAll("\0", "\ufffd");
  return JSON.stringify(entry, (_, value) => typeof value === "string" ? storable(value) : value);
}

async function appendEntry(db: Kysely<Database>, text: string): Promise<number> {
  const { rows } = await sql<{ number: number }>`
    with head as (
      update audit_head set number = number + 1, hash = ${link(sql`hash`, sql`number + 1`, sql`${text}::text`)}
      returning number, hash
    )
    insert into audit (number, entry, hash) select number, ${text}::text::json, hash from head
    returning number`.execute(db);
  return rows[0]!.number;
}

type Expression = ReturnType<typeof sql>;

function link(before: Expression, number: Expression, text: Expression): Expression {
  return sql`sha256(${before} || convert_to((${number})::text || ':' || ${text}, 'UTF8'))`;
}

type Row = AuditTable & { outcome: { at: string; status: number } | null };
type Kept = Omit<AuditedRequest, "at"> & { at: string };

async function list(db: Kysely<Database>, filter: AuditFilter, page: Page): Promise<Listed<AuditEntry>> {
  const { operator, chargePoint, method, from, to } = filter;
  const conditions = [
    sql`a.entry ->> 'outcomeOf' is null`,
    ...(operator === undefined ? [] : [sql`a.entry ->> 'operatorId' = ${operator}`]),
    ...(chargePoint === undefined ? [] : [sql`a.entry ->> 'chargePoint' = ${chargePoint}`]),
    ...(method === undefined ? [] : [sql`a.entry ->> 'method' = ${method}`]),
    ...(from === undefined ? [] : [sql`a.entry ->> 'at' >= ${from.toISOString()}`]),
    ...(to === undefined ? [] : [sql`a.entry ->> 'at' < ${to.toISOString()}`]),
  ];
  const entries = sql<Row>`(
    select a.number, a.entry, a.hash, o.entry as outcome
    from audit a left join audit o on (o.entry ->> 'outcomeOf')::bigint = a.number and o.entry ->> 'outcomeOf' is not null
    where ${sql.join(conditions, sql` and `)})`.as("entries");
  return await listPage(db.selectFrom(entries).selectAll(), page, { by: { number: "number" } }, entryOf);
}

function entryOf({ number, entry, hash, outcome }: Row): AuditEntry {
  const { at, ...request } = entry as unknown as Kept;
  return {
    ...request,
    number,
    at: new Date(at),
    status: outcome?.status ?? request.status,
    settledAt: outcome ? new Date(outcome.at) : null,
    hash: hexOf(hash),
  };
}

async function verify(db: Kysely<Database>): Promise<AuditVerdict> {
  // The end is read first: entries that are appended during the check are not part of it.
  const head = await db.selectFrom("auditHead").selectAll().executeTakeFirstOrThrow();
  let entries = 0;
  for (let above = 0; above < head.number; above += VERIFIED_AT_ONCE) {
    const { rows: [found] } = await sql<{ entries: number; broken: number | null }>`
      select count(*) as entries, min(a.number) filter (where a.hash is distinct from
        ${
      link(sql`case when a.number = 1 then sha256('') else p.hash end`, sql`a.number`, sql`a.entry::text`)
    }) as broken
      from audit a left join audit p on p.number = a.number - 1
      where a.number > ${above}::bigint and a.number <= ${Math.min(above + VERIFIED_AT_ONCE, head.number)}::bigint`
      .execute(db);
    if (found!.broken !== null) return { entries: head.number, hash: hexOf(head.hash), brokenAt: found!.broken };
    entries += found!.entries;
  }
  const last = await db.selectFrom("audit").select("hash").where("number", "=", head.number).executeTakeFirst();
  const cut = entries < head.number || (head.number > 0 && hexOf(last?.hash ?? new Uint8Array()) !== hexOf(head.hash));
  return { entries: head.number, hash: hexOf(head.hash), brokenAt: cut ? entries + 1 : null };
}

function hexOf(bytes: Uint8Array): string {
  return new Uint8Array(bytes).toHex();
}
