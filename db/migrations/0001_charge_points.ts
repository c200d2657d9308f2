/**
 * Charge points with their connectors, status history and configuration; and the idTags. All reported integers are bigint, because a report
 * is never refused for the size of a number. Keys are sorted by bytes (collation C), so that lists have the same order on every server.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table charge_points (
      identity text collate "C" primary key,
      registration text not null check (registration in ('Accepted', 'Pending', 'Rejected')),
      security_profile smallint not null check (security_profile between 0 and 3),
      heartbeat_interval integer,
      labels jsonb not null default '{}',
      description text not null default '',
      validation text not null check (validation in ('tolerant', 'strict')),
      vendor text,
      model text,
      serial_number text,
      charge_box_serial_number text,
      firmware_version text,
      iccid text,
      imsi text,
      meter_type text,
      meter_serial_number text,
      booted_at timestamptz,
      last_seen_at timestamptz,
      remote_address text,
      deviations jsonb not null default '{}',
      local_list_version bigint,
      credentials jsonb,
      pending_credentials jsonb,
      created_at timestamptz not null
    )`,
    `create index charge_points_registration on charge_points (registration, identity)`,
    `create index charge_points_vendor on charge_points (vendor, identity)`,
    `create index charge_points_model on charge_points (model, identity)`,
    `create index charge_points_firmware_version on charge_points (firmware_version, identity)`,
    `create index charge_points_labels on charge_points using gin (labels)`,

    // status is null as long as only the availability is known.
    `create table connectors (
      charge_point text collate "C" not null,
      connector_id bigint not null,
      status text,
      error_code text,
      info text,
      vendor_id text,
      vendor_error_code text,
      since timestamptz,
      received_at timestamptz,
      availability text check (availability in ('Operative', 'Inoperative')),
      availability_set_at timestamptz,
      primary key (charge_point, connector_id)
    )`,
    `create table status_notifications (
      id bigint generated always as identity primary key,
      charge_point text collate "C" not null,
      connector_id bigint not null,
      status text not null,
      error_code text not null,
      info text,
      vendor_id text,
      vendor_error_code text,
      reported_at timestamptz,
      received_at timestamptz not null
    )`,
    `create unique index status_notifications_natural_key on status_notifications
      (charge_point, connector_id, (coalesce(reported_at, received_at)), status, error_code)`,
    `create index status_notifications_newest on status_notifications (charge_point, connector_id, id)`,

    `create table configuration_keys (
      charge_point text collate "C" not null,
      folded_key text collate "C" not null,
      key text not null,
      value text,
      readonly boolean not null,
      fetched_at timestamptz not null,
      primary key (charge_point, folded_key)
    )`,

    `create table id_tags (
      folded_id_tag text collate "C" primary key,
      id_tag text not null,
      status text not null check (status in ('Accepted', 'Blocked')),
      expiry_date timestamptz,
      parent_id_tag text,
      folded_parent_id_tag text collate "C",
      max_active_transactions integer,
      description text not null default '',
      created_at timestamptz not null,
      updated_at timestamptz not null
    )`,
    `create index id_tags_status on id_tags (status, folded_id_tag)`,
    `create index id_tags_parent on id_tags (folded_parent_id_tag, folded_id_tag)`,
  ]);
}
