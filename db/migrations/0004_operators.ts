/**
 * Commands and API keys of operators. Payloads are json, not jsonb, because they are shown and sent unchanged and never searched. `process` is
 * the process that sent a command, so that another one can notice its end.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table commands (
      id uuid primary key,
      charge_point text collate "C" not null,
      action text not null,
      request json not null,
      state text not null check (state in ('queued', 'sent', 'answered', 'callError', 'invalidAnswer', 'timedOut',
        'connectionLost', 'unknown', 'expired', 'cancelled')),
      confirmation json,
      error json,
      late_answer json,
      created_at timestamptz not null,
      sent_at timestamptz,
      settled_at timestamptz,
      latency_ms integer,
      expires_at timestamptz not null,
      message_id text,
      requested_by text,
      when_offline text not null check (when_offline in ('queue', 'refuse')),
      process bigint
    )`,
    `create index commands_of_charge_point on commands (charge_point, id)`,
    `create index commands_of_action on commands (action, id)`,
    `create index commands_state on commands (state, id)`,
    `create index commands_queued on commands (charge_point, id) where state = 'queued'`,
    `create index commands_due on commands (expires_at) where state = 'queued'`,
    `create index commands_sent on commands (process) where state = 'sent'`,

    `create table api_keys (
      id text primary key,
      number bigint generated always as identity unique,
      name text not null,
      role text not null check (role in ('viewer', 'operator', 'admin')),
      hash bytea not null unique,
      created_at timestamptz not null,
      last_used_at timestamptz
    )`,
  ]);
}
