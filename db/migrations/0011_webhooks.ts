/**
 * Webhooks and their deliveries. `position` is the last event for which the webhook's deliveries were made; each delivery is a row in
 * `webhook_deliveries`. Deliveries in one `lane` (a charge point) are sent in the order of their sequence. The secret is stored in clear,
 * because it signs every request.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table webhooks (
      id uuid primary key,
      number bigint generated always as identity unique,
      url text not null,
      description text not null,
      types jsonb not null,
      charge_points jsonb not null,
      enabled boolean not null,
      secret text not null,
      previous_secret text,
      previous_secret_until timestamptz,
      position bigint not null,
      lost_until bigint,
      failures integer not null default 0,
      failing_since timestamptz,
      last_error text,
      created_at timestamptz not null
    )`,
    `create table webhook_deliveries (
      webhook uuid not null references webhooks (id) on delete cascade,
      sequence bigint not null,
      lane text collate "C" not null,
      type text not null,
      state text not null check (state in ('pending', 'delivered', 'skipped')),
      attempts integer not null default 0,
      created_at timestamptz not null,
      next_attempt_at timestamptz not null,
      leased_until timestamptz,
      last_attempt_at timestamptz,
      last_status integer,
      last_error text,
      latency_ms integer,
      settled_at timestamptz,
      primary key (webhook, sequence)
    )`,
    `create index webhook_deliveries_pending on webhook_deliveries (webhook, lane, sequence) where state = 'pending'`,
    `create index webhook_deliveries_of_sequence on webhook_deliveries (sequence)`,
  ]);
}
