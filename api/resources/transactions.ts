import { z } from "zod";
import { Command, howToSend, send } from "./command.ts";
import { connectorId, identity, jsonObject, moment, searchText, transactionId } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../http/list.ts";
import { notFound } from "../http/problem.ts";
import { ok, type Route, route } from "../http/route.ts";

const tag = "Transactions";
const state = z.enum(["active", "ended"]);
const outcome = z.enum(["ended", "conflict", "inferred", "orphan"]);

/** The path parameter of one transaction. */
const params = z.strictObject({ transactionId });

const Transaction = z.object({
  transactionId: z.int(),
  chargePoint: z.string(),
  connectorId: z.int(),
  idTag: z.string(),
  state,
  meterStart: z.int().meta({ description: "Wh" }),
  meterStop: z.int().nullable().meta({ description: "Wh" }),
  energyWh: z.int().nullable(),
  reason: z.string().nullable(),
  startedAt: moment.meta({ description: "By the charge point's clock" }),
  startReceivedAt: moment,
  stoppedAt: moment.nullable().meta({ description: "By the charge point's clock" }),
  stopReceivedAt: moment.nullable(),
  stopIdTag: z.string().nullable(),
  idTagInfo: jsonObject.meta({ description: "idTagInfo in the confirmation of StartTransaction" }),
  reservationId: z.int().nullable(),
  flags: z.array(z.string()).meta({
    description: "Irregularities, such as `clockSkew`; the transaction was recorded all the same",
  }),
}).meta({ id: "Transaction" });

const TransactionStop = z.object({
  id: z.int(),
  chargePoint: z.string(),
  reportedTransactionId: z.number(),
  transactionId: z.int().nullable(),
  outcome,
  idTag: z.string().nullable(),
  meterStop: z.int().meta({ description: "Wh" }),
  stoppedAt: moment,
  receivedAt: moment,
  reason: z.string().nullable(),
  flags: z.array(z.string()),
}).meta({ id: "TransactionStop" });

/** Charging transactions. Only a charge point starts one. */
export const transactionRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/transactions",
    access: "viewer",
    tag,
    summary: "All transactions, newest first",
    query: listQuery({
      chargePoint: identity.optional(),
      connectorId: connectorId.optional(),
      idTag: searchText.optional(),
      state: state.optional(),
      from: moment.optional().meta({ description: "Started at this time or later" }),
      to: moment.optional().meta({ description: "Started before this time" }),
      sort,
    }),
    answers: { 200: listOf(Transaction) },
    csv: Transaction,
    handle: async ({ query, app }) => {
      const { page, filter: { sort, ...filter } } = pageAndFilter(query);
      return ok(await app.store.transactions.list(filter, page, sort));
    },
  }),
  route({
    method: "get",
    path: "/v1/transactions/{transactionId}",
    access: "viewer",
    tag,
    summary: "One transaction",
    params,
    answers: { 200: Transaction },
    handle: async ({ params: { transactionId }, app }) => {
      const found = await app.store.transactions.find(transactionId);
      if (!found) throw notFound(`There is no transaction ${transactionId}`);
      return ok(found);
    },
  }),
  route({
    method: "post",
    path: "/v1/transactions/{transactionId}/stop",
    access: "operator",
    tag,
    summary: "Sends RemoteStopTransaction to the transaction's charge point",
    description:
      "The command is also sent for a transaction that has ended here: the charge point decides. The response is the command, as for all commands.",
    params,
    query: howToSend,
    body: z.strictObject({}),
    answers: { 200: Command, 202: Command },
    handle: async ({ params: { transactionId }, ...asked }) => {
      const found = await asked.app.store.transactions.find(transactionId);
      if (!found) throw notFound(`There is no transaction ${transactionId}`);
      return await send(asked, found.chargePoint, "RemoteStopTransaction", { transactionId });
    },
  }),
  route({
    method: "get",
    path: "/v1/transaction-stops",
    access: "viewer",
    tag,
    summary: "Every received StopTransaction, newest first",
    description:
      "The list includes those that belong to no known transaction (`orphan`) and those that differ from the first one (`conflict`).",
    query: listQuery({ chargePoint: identity.optional(), outcome: outcome.optional(), sort }),
    answers: { 200: listOf(TransactionStop) },
    handle: async ({ query, app }) => {
      const { page, filter: { sort, ...filter } } = pageAndFilter(query);
      return ok(await app.store.transactions.listStops(filter, page, sort));
    },
  }),
];
