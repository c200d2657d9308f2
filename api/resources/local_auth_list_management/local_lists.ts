/** Local lists that charge points share by a label: edited at one place, part of the desired list of each of them. */
import { z } from "zod";
import { moment, nothing } from "../../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../../http/list.ts";
import { notFound } from "../../http/problem.ts";
import { created, done, ok, type Route, route } from "../../http/route.ts";
import { listEntries } from "./list_entries.ts";

const tag = "Local lists";

const name = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits and ._-")
  .meta({ example: "harbour-drivers" });
const label = z.string().regex(/^[^=]{1,64}(=.{0,255})?$/, "`name` or `name=value`")
  .meta({ description: "Charge points with it share the list: `name` or `name=value`", example: "site=harbour" });

const params = z.strictObject({ name });

const SharedList = z.object({ name, label, entries: listEntries, createdAt: moment, updatedAt: moment })
  .meta({ id: "SharedLocalList" });

const missing = (name: string) => notFound(`There is no shared local list ${name}`);

/** The shared lists. */
export const sharedLocalListRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/local-lists",
    access: "viewer",
    tag,
    summary: "All shared local lists, without their entries",
    query: listQuery({}),
    answers: { 200: listOf(SharedList.omit({ entries: true }).extend({ entryCount: z.int() })) },
    handle: async ({ query, app }) => ok(await app.store.desiredLocalLists.list(pageAndFilter(query).page)),
  }),
  route({
    method: "get",
    path: "/v1/local-lists/{name}",
    access: "viewer",
    tag,
    summary: "One shared local list",
    params,
    answers: { 200: SharedList },
    handle: async ({ params: { name }, app }) => {
      const found = await app.store.desiredLocalLists.find(name);
      if (!found) throw missing(name);
      return ok(found);
    },
  }),
  route({
    method: "put",
    path: "/v1/local-lists/{name}",
    access: "operator",
    tag,
    summary: "Creates or replaces a shared local list",
    params,
    body: z.strictObject({ label, entries: listEntries }).meta({ id: "SharedLocalListPut" }),
    example: { label: "site=harbour", entries: [{ idTag: "04A2B3C4" }] },
    answers: { 200: SharedList, 201: SharedList },
    handle: async ({ params: { name }, body: { label, entries }, app }) => {
      const { list, labelBefore } = await app.store.desiredLocalLists.put(name, label, entries, app.clock.now());
      app.localLists.edited({ labels: labelBefore === undefined ? [label] : [label, labelBefore] });
      return labelBefore === undefined ? created(list, `/v1/local-lists/${name}`) : ok(list);
    },
  }),
  route({
    method: "delete",
    path: "/v1/local-lists/{name}",
    access: "operator",
    tag,
    summary: "Removes a shared local list; its entries are not desired any more",
    params,
    answers: { 204: nothing },
    handle: async ({ params: { name }, app }) => {
      const removed = await app.store.desiredLocalLists.remove(name);
      if (!removed) throw missing(name);
      app.localLists.edited({ labels: [removed.label] });
      return done;
    },
  }),
];
