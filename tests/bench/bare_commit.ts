/**
 * The bare group commit behind the bare transport, as a process of its own: `ws` on `node:http`, JSON, and one insert that is shared by all
 * messages that wait at the same moment, into one table with one index. An answer goes out after its commit. Nothing is checked,
 * decided, logged or told. Arguments: `postgres` and an address, or `pglite` and a folder.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import postgres from "postgres";
import { WebSocketServer } from "ws";
import { batched } from "../../db/engine/batched.ts";

type Run = (statement: string, values?: string[]) => Promise<unknown>;

async function open(kind: string, where: string): Promise<Run> {
  if (kind === "pglite") {
    const pglite = await PGlite.create(where);
    return (statement, values) => pglite.query(statement, values);
  }
  const sql = postgres(where, { max: 2, onnotice: () => {} });
  return (statement, values = []) => sql.unsafe(statement, values, { prepare: true });
}

const [kind = "", where = ""] = Deno.args;
const run = await open(kind, where);
await run("drop table if exists bench_rows");
await run(`create table bench_rows (
  id bigint generated always as identity primary key, charge_point text not null, message jsonb not null,
  received_at timestamptz not null)`);

const insert = batched(async (rows: readonly Record<string, unknown>[]) => {
  await run(
    `insert into bench_rows (charge_point, message, received_at)
    select charge_point, message, received_at from jsonb_to_recordset($1::text::jsonb) as g(
      charge_point text, message jsonb, received_at timestamptz)`,
    [JSON.stringify(rows)],
  );
  return rows;
}, { maxRows: 500, maxInFlight: 2 });

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: () => "ocpp1.6" });
sockets.on("connection", (socket, request) =>
  socket.on("message", async (data) => {
    const [, id, , message] = JSON.parse(String(data));
    await insert({ charge_point: request.url, message, received_at: new Date() });
    socket.send(JSON.stringify([3, id, {}]));
  }));
server.listen(0, "127.0.0.1", () => {
  console.log(`pid ${Deno.pid} at ws://127.0.0.1:${(server.address() as AddressInfo).port}/ready`);
});
