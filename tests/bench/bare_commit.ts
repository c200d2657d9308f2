/**
 * A baseline in a separate process: `ws` on `node:http`, JSON, and a batched insert into one table with one index. An answer is sent after its commit.
 * There is no validation, business logic, log or event. The argument is the URL of a database.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import postgres from "postgres";
import { WebSocketServer } from "ws";
import { batched } from "../../db/engine/batched.ts";

const sql = postgres(Deno.args[0] ?? "", { max: 2, onnotice: () => {} });
const run = (statement: string, values: string[] = []) => sql.unsafe(statement, values, { prepare: true });

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
