import { z } from "zod";
import { moment, searchText, transactionId } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../http/list.ts";
import { notFound } from "../http/problem.ts";
import { ok, type Route, route } from "../http/route.ts";

const MeterValue = z.object({
  sampledAt: moment,
  receivedAt: moment,
  connectorId: z.int(),
  value: z.string().meta({ description: "The text exactly as the charge point sent it" }),
  measurand: z.string(),
  phase: z.string().nullable(),
  location: z.string(),
  context: z.string(),
  unit: z.string().nullable(),
  format: z.string(),
}).meta({ id: "MeterValue", description: "A SampledValue of OCPP; absent fields have OCPP's defaults" });

/** The meter values of a transaction. */
export const meterValueRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/transactions/{transactionId}/meter-values",
    access: "viewer",
    tag: "Transactions",
    summary: "The meter values of a transaction, oldest first",
    params: z.strictObject({ transactionId }),
    query: listQuery({ measurand: searchText.optional().meta({ example: "Energy.Active.Import.Register" }) }),
    answers: { 200: listOf(MeterValue) },
    csv: MeterValue,
    handle: async ({ params: { transactionId }, query, app: { store } }) => {
      const { filter, page } = pageAndFilter(query);
      const listed = await store.meterValues.list(transactionId, filter, page);
      if (listed.items.length === 0 && !await store.transactions.find(transactionId)) {
        throw notFound(`There is no transaction ${transactionId}`);
      }
      return ok(listed);
    },
  }),
];
