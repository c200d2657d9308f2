/**
 * The last known configuration of each charge point, from GetConfiguration and from accepted ChangeConfigurations. The charge point
 * may have changed a value since: `fetchedAt` says how old a value is.
 */
import { type Kysely, sql } from "kysely";
import { recordset } from "./engine/recordset.ts";
import type { Database, Row } from "./tables.ts";
import { folded, texts } from "./engine/values.ts";

/** A configuration key as the charge point last reported it. `value` null: the key has no value. */
export type ConfigurationKey = Omit<Row<"configurationKeys">, "chargePoint" | "foldedKey">;

/** One key of GetConfiguration.conf (OCPP 1.6, 7.29 KeyValue). */
export interface ReportedKey {
  key: string;
  value?: string;
  readonly: boolean;
}

/** The configuration keys by charge point. Keys are compared without case (CiString50Type). */
export interface ConfigurationKeys {
  list(chargePoint: string): Promise<ConfigurationKey[]>;
  /** Sets the reported keys and removes those that the charge point called unknown; other keys do not change. */
  record(chargePoint: string, keys: readonly ReportedKey[], unknownKeys: readonly string[], now: Date): Promise<void>;
  /** Sets a value after an accepted ChangeConfiguration. A key that is not stored yet is added as writable. */
  setValue(chargePoint: string, key: string, value: string, now: Date): Promise<void>;
}

/** Builds the repository. */
export function configurationKeys(db: Kysely<Database>): ConfigurationKeys {
  return {
    list: (chargePoint) =>
      db.selectFrom("configurationKeys").select(["key", "value", "readonly", "fetchedAt"])
        .where("chargePoint", "=", chargePoint).orderBy("foldedKey").execute(),

    record: (chargePoint, keys, unknownKeys, now) => record(db, chargePoint, keys, unknownKeys, now),

    async setValue(chargePoint, key, value, now) {
      const row = { chargePoint, foldedKey: folded(key), key, value, readonly: false, fetchedAt: now };
      await db.insertInto("configurationKeys").values(row)
        .onConflict((conflict) => conflict.columns(["chargePoint", "foldedKey"]).doUpdateSet({ value, fetchedAt: now }))
        .execute();
    },
  };
}

const given = recordset({ foldedKey: "text", key: "text", value: "text", readonly: "boolean" });

async function record(
  db: Kysely<Database>,
  chargePoint: string,
  keys: readonly ReportedKey[],
  unknownKeys: readonly string[],
  now: Date,
): Promise<void> {
  // A charge point may report a key twice, in two spellings, or as known and as unknown: the last known one counts.
  const known = new Map(keys.map((each) => [folded(each.key), { value: null, ...each, foldedKey: folded(each.key) }]));
  const unknown = unknownKeys.map(folded).filter((key) => !known.has(key));
  await sql`
    with forgotten as (
      delete from configuration_keys
      where charge_point = ${chargePoint}
        and folded_key = any(${texts(unknown)})
    )
    insert into configuration_keys (charge_point, fetched_at, ${given.names})
    select ${chargePoint}::text, ${now}::timestamptz, ${given.values} from ${given.from([...known.values()])}
    order by folded_key
    on conflict (charge_point, folded_key) do update
      set key = excluded.key, value = excluded.value, readonly = excluded.readonly, fetched_at = excluded.fetched_at
  `.execute(db);
}
