import { assertEquals } from "@std/assert";
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from "kysely";
import { recordset } from "../../../db/engine/recordset.ts";

const db = new Kysely<Record<never, never>>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const given = recordset({ chargePoint: "text", at: "timestamptz", payload: "jsonText" }, "m");

Deno.test("an insert of a batch names each column once, and casts JSON text to json", () => {
  const { sql: text } = sql`insert into t (${given.names}) select ${given.values} from ${given.from([])}`.compile(db);
  assertEquals(
    text,
    "insert into t (charge_point, at, payload) select m.charge_point, m.at, m.payload::json " +
      "from jsonb_to_recordset($1::text::jsonb) as m(ordinal integer, charge_point text, at timestamptz, payload text)",
  );
});

Deno.test("a batch of any size is one argument, with the columns and the index of each row", () => {
  const at = new Date("2026-01-31T12:00:00Z");
  const row = { chargePoint: "CP1", at, payload: "{}", other: "not sent" };
  const { sql: text, parameters } = given.from([row, { ...row, chargePoint: null, at: undefined }]).compile(db);
  assertEquals(text, given.from([]).compile(db).sql);
  assertEquals(parameters.map((one) => JSON.parse(String(one))), [[
    { ordinal: 0, charge_point: "CP1", at: at.toISOString(), payload: "{}" },
    { ordinal: 1, charge_point: null, payload: "{}" },
  ]]);
});
