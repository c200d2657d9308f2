import { z } from "zod";
import type { Action } from "../../ocpp/action.ts";
import { actionNames, findAction, type FromCentralSystem, isFromCentralSystem } from "../../ocpp/registry.ts";
import { params } from "./charge_points.ts";
import { Command, commandState, howToSend, send, viewOf } from "./command.ts";
import { identity, searchText } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter, sort } from "../http/list.ts";
import { notFound, Problem } from "../http/problem.ts";
import { ok, type Route, route } from "../http/route.ts";

const tag = "Commands";
const oneCommand = z.strictObject({ id: z.uuid() });

/** The route of one action, generated from its definition in the registry: the API has no list of actions of its own. */
function sendRoute(name: FromCentralSystem): Route {
  const { summary, spec, profile, request, example } = findAction(name) as Action;
  return route({
    method: "post",
    path: `/v1/charge-points/{identity}/commands/${name}`,
    access: "operator",
    tag: `${tag}: ${profile}`,
    summary,
    description:
      `OCPP 1.6, ${spec}. The body is exactly ${name}.req. The response is 200 when the command ended within the wait, else 202.`,
    params,
    query: howToSend,
    body: request,
    example: example.request,
    answers: { 200: Command, 202: Command },
    handle: (asked) => send(asked, asked.params.identity, name, asked.body as object),
  });
}

/** A route for each action that a Central System sends, then the commands themselves. */
export const commandRoutes: readonly Route[] = [
  ...actionNames.filter(isFromCentralSystem).map(sendRoute),
  route({
    method: "get",
    path: "/v1/commands",
    access: "viewer",
    tag,
    summary: "All commands, newest first",
    query: listQuery({
      chargePoint: identity.optional(),
      action: searchText.optional(),
      state: commandState.optional(),
      sort,
    }),
    answers: { 200: listOf(Command) },
    handle: async ({ query, app }) => {
      const { page, filter: { sort, ...filter } } = pageAndFilter(query);
      const { items, next } = await app.store.commands.list(filter, page, sort);
      return ok({ items: items.map(viewOf), next });
    },
  }),
  route({
    method: "get",
    path: "/v1/commands/{id}",
    access: "viewer",
    tag,
    summary: "One command in its present state",
    params: oneCommand,
    answers: { 200: Command },
    handle: async ({ params: { id }, app }) => {
      const found = await app.store.commands.find(id);
      if (!found) throw notFound(`There is no command ${id}`);
      return ok(viewOf(found));
    },
  }),
  route({
    method: "delete",
    path: "/v1/commands/{id}",
    access: "operator",
    tag,
    summary: "Cancels a command that is still queued",
    params: oneCommand,
    answers: { 200: Command },
    handle: async ({ params: { id }, app }) => {
      const cancelled = await app.chargePoints.commands.cancel(id);
      if (cancelled) return ok(viewOf(cancelled));
      const found = await app.store.commands.find(id);
      if (!found) throw notFound(`There is no command ${id}`);
      throw new Problem("command-not-queued", `The command is ${found.state}; only a queued command can be cancelled`);
    },
  }),
];
